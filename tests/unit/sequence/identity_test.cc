// What is part of a sequence's identity, and what is not.
#include <gtest/gtest.h>

#include "common/sequence/detector.h"
#include "common/sequence/lane_recorder.h"
#include "tests/stream_builder.h"

namespace gt::testing {
namespace {

using sequence::Difference;
using sequence::History;
using sequence::Instance;
using sequence::KindCatalog;
using sequence::LaneRecorder;
using sequence::Origin;
using sequence::Unit;

/// Records what a StreamBuilder wrote.
class Recording {
 public:
  void record(StreamBuilder& builder) {
    for (protocol::KindDefinition& definition : std::exchange(builder.kinds, {})) {
      if (kinds_.size() <= definition.id) kinds_.resize(definition.id + 1);
      kinds_[definition.id] = resolve(definition.kind);
      catalog.define(definition.id, kinds_[definition.id]);
    }
    InstructionReader reader(InstructionForm::planned,
                             std::span<const std::uint64_t>(builder.words),
                             [this](KindId id) { return &kinds_[id]; });
    for (Instruction instruction; reader.next(instruction);)
      recorder.take(instruction, instruction.first_output);
    builder.words.clear();
  }
  [[nodiscard]] Unit unit(std::uint64_t begin, std::uint32_t length) const {
    return make_unit(history, catalog, {begin, length, length, 0});
  }

  History history{4096};
  KindCatalog catalog;
  LaneRecorder recorder{history, catalog};

 private:
  std::vector<ResolvedKind> kinds_;
};

Operand tensor(ValueId id, bool dies = false) { return Operand::tensor(id, 1, dies); }

/// w = w * x + fill, twice, with what surrounds it as `extras` says.
Unit step(bool extras, double fill = 1.0, std::int64_t size = 8) {
  Recording recording;
  StreamBuilder builder(InstructionForm::planned);
  ValueId next = 100, w = 50;
  for (int round = 0; round < 2; ++round) {
    ValueId x = 51;
    if (extras) builder.upload(x = next++, {size}, 3);
    const ValueId filled = next++;
    builder.full(filled, {size}, fill);
    const ValueId product = next++;
    builder.add(Op::mul, product, {tensor(w, extras), tensor(x)}, Attributes{}, extras ? 9 : 0);
    if (extras) builder.fetch(tensor(product), 1);
    w = next++;
    builder.add_tensors(w, tensor(product), tensor(filled));
    if (extras) builder.add(Op::release, 0, {tensor(x, true)}, Attributes{});
  }
  recording.record(builder);
  return recording.unit(3, 3);
}

TEST(SequenceHash, is_the_same_in_every_process) {
  EXPECT_EQ(to_hex(step(false).structure), "f4dbdffbd1028d9fbae2722956f1f49b");
}
TEST(SequenceHash, leaves_out_uploads_fetches_frees_sites_and_values) {
  EXPECT_EQ(step(true, 2.0).structure, step(false, 1.0).structure);
}
TEST(SequenceHash, leaves_out_extents) {
  EXPECT_EQ(step(false, 1.0, 16).structure, step(false, 1.0, 8).structure);
}

TEST(SequenceHash, differs_for_another_static_attribute) {
  const auto sum = [](std::int64_t dim) {
    Recording recording;
    StreamBuilder builder(InstructionForm::planned);
    builder.add(Op::sum, 100, {Operand::tensor(1, 2)},
                make_attributes(Op::sum, Shape{dim}, false, kNoDType));
    recording.record(builder);
    return recording.unit(0, 1).structure;
  };
  EXPECT_NE(sum(0), sum(1));
  EXPECT_EQ(sum(1), sum(1));
}

TEST(SequenceHash, differs_for_another_data_flow) {
  const auto product = [](ValueId b) {
    Recording recording;
    StreamBuilder builder(InstructionForm::planned);
    builder.add(Op::mul, 100, {tensor(1), tensor(b)}, Attributes{});
    recording.record(builder);
    return recording.unit(0, 1).structure;
  };
  EXPECT_NE(product(1), product(2));
  EXPECT_EQ(product(2), product(3));
}

TEST(Operands, are_inside_carried_or_external) {
  const Unit unit = step(false);
  ASSERT_EQ(unit.length(), 3u);
  const auto product = unit.operands_of(unit.elements[1]);
  EXPECT_EQ(product[0].origin, Origin::carried);
  EXPECT_EQ(unit.slots[product[0].index].result, 2u);
  EXPECT_EQ(product[1].origin, Origin::external);
  const auto sum = unit.operands_of(unit.elements[2]);
  EXPECT_EQ(sum[0].origin, Origin::inside);
  EXPECT_EQ(sum[0].index, 1u);
  EXPECT_EQ(sum[1].index, 2u);
}

TEST(Results, that_die_inside_need_not_be_stored) {
  Recording recording;
  StreamBuilder builder(InstructionForm::planned);
  for (ValueId round = 0; round < 2; ++round) {
    const ValueId first = 100 + 4 * round;
    builder.add(Op::relu, first, {tensor(1)}, Attributes{});
    builder.add(Op::relu, first + 1, {tensor(first, true)}, Attributes{});
    builder.add(Op::relu, first + 2, {tensor(first + 1)}, Attributes{});
    builder.add(Op::relu, first + 3, {tensor(first + 1)}, Attributes{}).drop_result();
    if (round == 0) builder.fetch(tensor(first + 2, true), 1);
  }
  recording.record(builder);
  const Unit unit = recording.unit(0, 4);
  EXPECT_EQ(unit.results[0].dies_at, 1u);
  EXPECT_FALSE(unit.results[0].is_stored());
  EXPECT_TRUE(unit.results[1].is_stored()) << "it is still alive";
  EXPECT_TRUE(unit.results[2].is_observed);
  EXPECT_FALSE(unit.results[3].is_stored()) << "it is never named";
}

TEST(Units, name_neither_creations_nor_uploads) {
  Recording recording;
  StreamBuilder builder(InstructionForm::planned);
  builder.upload(100, {4}, 1);
  builder.full(101, {4}, 0.0);
  builder.add(Op::mul, 102, {tensor(100), tensor(101)}, Attributes{});
  builder.add(Op::relu, 103, {tensor(102)}, Attributes{});
  recording.record(builder);
  EXPECT_EQ(describe(recording.unit(0, 3), recording.catalog), "mul -> relu");
}

TEST(Units, name_repeated_ops_once_with_their_number) {
  Recording recording;
  StreamBuilder builder(InstructionForm::planned);
  for (ValueId k = 0; k < 4; ++k) builder.add(Op::relu, 101 + k, {tensor(100 + k)}, Attributes{});
  for (ValueId k = 4; k < 6; ++k) builder.add(Op::exp, 101 + k, {tensor(100 + k)}, Attributes{});
  recording.record(builder);
  EXPECT_EQ(describe(recording.unit(0, 6), recording.catalog), "4 x relu -> exp -> exp");
  EXPECT_EQ(describe(recording.unit(0, 6), recording.catalog, 1), "4 x relu -> ... (2 more)");
}

TEST(KindDifferences, are_told_by_name) {
  const auto kind = [](Op op, DType dtype, std::uint8_t rank, std::vector<std::uint64_t> statics) {
    Kind made;
    made.op = op;
    made.operands = {{OperandMeta::Form::tensor, dtype, rank}};
    made.statics = std::move(statics);
    return sequence::identify(resolve(std::move(made)));
  };
  const auto difference = [](const sequence::KindIdentity& a, const sequence::KindIdentity& b) {
    return compare(a, b).difference;
  };
  const auto relu = kind(Op::relu, DType::kFloat32, 2, {});
  EXPECT_EQ(difference(relu, kind(Op::exp, DType::kFloat32, 2, {})), Difference::op);
  EXPECT_EQ(difference(relu, kind(Op::relu, DType::kFloat64, 2, {})), Difference::dtype);
  EXPECT_EQ(difference(relu, kind(Op::relu, DType::kFloat32, 3, {})), Difference::rank);
  const auto topk = kind(Op::topk, DType::kFloat32, 2, {0, 1, 1});
  const auto other = kind(Op::topk, DType::kFloat32, 2, {1, 1, 1});
  const auto attribute = compare(topk, other);
  EXPECT_EQ(attribute.difference, Difference::attribute);
  EXPECT_EQ(row_of(Op::topk).attributes.specs[attribute.index].name, "dim");
}

TEST(Memory, of_a_history_is_bounded) {
  History history(8192);
  const std::uint64_t hash = 1;
  for (ValueId id = 1; id <= 1'000'000; ++id) {
    const ValueId operands[] = {id - 1, make_value_id(3, id)};
    history.record({0, hash, operands, id, 1, 0, {}, {}});
  }
  EXPECT_EQ(history.capacity(), 4096u);
  EXPECT_LT(history.known_values(), 100'000u);
  history.remember(1'000'000);
  EXPECT_EQ(history.capacity(), 8192u);
}

}  // namespace
}  // namespace gt::testing
