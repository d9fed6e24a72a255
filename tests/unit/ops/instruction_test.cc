// Kinds and instructions: what is written is read back, and nothing malformed gets through.
#include "common/ops/instruction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/unit/ops/random_instructions.h"

namespace gt::testing {
namespace {

constexpr std::uint64_t kSeed = 20240607;
constexpr int kRounds = 20;

Kind make_kind(const OpRow& row, RandomInstructions& random, const Attributes& attributes,
               Attributes::Words& bindings) {
  Kind kind;
  kind.op = row.op;
  kind.signal = static_cast<std::uint16_t>(random.number(0, 3));
  kind.operands = random.operand_types(row);
  split_attributes(row, attributes, kind.statics, bindings);
  return kind;
}

std::vector<std::uint64_t> random_words(RandomInstructions& random, std::size_t count) {
  std::vector<std::uint64_t> words(count);
  for (std::uint64_t& word : words) word = static_cast<std::uint64_t>(random.integer(true));
  return words;
}

/// The kProtocol message of what is thrown; empty if nothing is.
std::string protocol_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const CommonError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kProtocol) << error.what();
    return error.what();
  }
  return {};
}

TEST(Attributes, of_every_row_survive_the_split_into_statics_and_bindings) {
  RandomInstructions random(kSeed);
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  for (const OpRow& row : op_table())
    for (int round = 0; round < kRounds; ++round) {
      const Attributes attributes = random.attributes(row, true);
      Attributes::Words bindings;
      const Kind kind = make_kind(row, random, attributes, bindings);
      const ResolvedKind resolved = resolve(kind);
      EXPECT_EQ(resolved.binding_words, bindings.size()) << row.name;
      EXPECT_EQ(merge_attributes(resolved, bindings).words(), attributes.words()) << row.name;
    }
}

TEST(Kinds, that_are_equal_have_equal_hashes) {
  RandomInstructions random(kSeed);
  for (const OpRow& row : op_table()) {
    Attributes::Words bindings;
    const Kind kind = make_kind(row, random, random.attributes(row, true), bindings);
    EXPECT_EQ(KindHash()(kind), KindHash()(Kind(kind))) << row.name;
  }
}

TEST(Kinds, differ_by_a_static_attribute) {
  Kind sum{Op::sum, 0, {{OperandMeta::Form::tensor, DType::kFloat32, 2}}, {1, 0, 0, ~0ull}};
  Kind other = sum;
  other.statics[1] = 1;
  EXPECT_FALSE(sum == other);
  EXPECT_NE(KindHash()(sum), KindHash()(other));
}

TEST(Kinds, do_not_depend_on_values) {
  std::vector<std::uint64_t> one;
  std::vector<std::uint64_t> two;
  Attributes::Words bindings;
  split_attributes(row_of(Op::add), make_attributes(Op::add, ScalarValue(1.5)), one, bindings);
  split_attributes(row_of(Op::add), make_attributes(Op::add, ScalarValue(2.5)), two, bindings);
  EXPECT_EQ(one, two);
}

class InstructionForms : public ::testing::TestWithParam<InstructionForm> {};
INSTANTIATE_TEST_SUITE_P(Both, InstructionForms,
                         ::testing::Values(InstructionForm::client, InstructionForm::planned),
                         [](const auto& test) {
                           return test.param == InstructionForm::client ? "client" : "planned";
                         });

TEST_P(InstructionForms, of_every_row_are_read_as_they_were_written) {
  RandomInstructions random(kSeed);
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::vector<ResolvedKind> kinds;
  std::vector<std::vector<std::uint64_t>> operands;
  std::vector<Attributes::Words> bindings;
  std::vector<std::vector<bool>> dead;
  std::vector<std::uint64_t> dead_results;
  std::vector<std::uint64_t> batch;
  InstructionWriter writer(GetParam(), batch);
  for (const OpRow& row : op_table()) {
    Attributes::Words words;
    const Kind kind = make_kind(row, random, random.attributes(row, true), words);
    kinds.push_back(resolve(kind));
    bindings.push_back(words);
    operands.push_back(random_words(random, kinds.back().operand_words));
    const std::size_t number = kinds.size() - 1;
    const std::size_t header =
        writer.append(static_cast<KindId>(number), kinds.back(), static_cast<SiteId>(number * 7),
                      number * 11, operands.back(), words);
    dead_results.push_back(
        static_cast<std::uint64_t>(random.number(0, (std::int64_t{1} << row.results) - 1)));
    InstructionWriter::mark_results_dead(batch, header, dead_results.back());
    dead.emplace_back(kind.operands.size());
    for (std::size_t k = 0; k < kind.operands.size(); ++k) {
      dead.back()[k] = random.number(0, 1) == 1;
      if (dead.back()[k]) InstructionWriter::mark_dead(batch, header, k);
    }
  }
  const auto kind_of = [&](KindId id) { return id < kinds.size() ? &kinds[id] : nullptr; };
  InstructionReader reader(GetParam(), batch, kind_of);
  for (std::size_t number = 0; number < kinds.size(); ++number) {
    const std::optional<Instruction> read = reader.next();
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->kind, &kinds[number]);
    EXPECT_EQ(read->site, number * 7);
    if (GetParam() == InstructionForm::planned) {
      EXPECT_EQ(read->first_output, number * 11);
    }
    EXPECT_TRUE(std::ranges::equal(read->operand_words, operands[number]));
    EXPECT_TRUE(std::ranges::equal(read->binding_words, bindings[number]));
    for (std::size_t k = 0; k < dead[number].size(); ++k)
      EXPECT_EQ(read->dies(k), dead[number][k]) << "operand " << k;
    EXPECT_EQ(read->dead_result_bits, dead_results[number]);
  }
  EXPECT_FALSE(reader.next().has_value());
}

TEST_P(InstructionForms, cut_short_are_protocol_errors) {
  const OperandType vector{OperandMeta::Form::tensor, DType::kFloat32, 1};
  const ResolvedKind kind =
      resolve({Op::add, 0, {vector, vector}, {static_cast<std::uint64_t>(DType::kInt64)}});
  std::vector<std::uint64_t> batch;
  InstructionWriter writer(GetParam(), batch);
  writer.append(0, kind, 0, 5, std::vector<std::uint64_t>{1, 2}, std::vector<std::uint64_t>{1});
  for (std::size_t size = 1; size < batch.size(); ++size)
    EXPECT_EQ(protocol_error([&] {
                InstructionReader reader(GetParam(), std::span(batch).first(size),
                                         [&](KindId) { return &kind; });
                (void)reader.next();
              }),
              "batch ends within an instruction");
}

TEST(Instructions, that_name_an_unknown_kind_are_protocol_errors) {
  const std::vector<std::uint64_t> batch{7};
  EXPECT_EQ(protocol_error([&] {
              InstructionReader reader(InstructionForm::client, batch,
                                       [](KindId) -> const ResolvedKind* { return nullptr; });
              (void)reader.next();
            }),
            "instruction names kind 7, which was not defined");
}

TEST(Instructions, that_end_a_result_they_do_not_make_are_protocol_errors) {
  const OperandType vector{OperandMeta::Form::tensor, DType::kFloat32, 1};
  const ResolvedKind kind = resolve({Op::relu, 0, {vector}, {}});
  std::vector<std::uint64_t> batch;
  const std::size_t header = InstructionWriter(InstructionForm::client, batch)
                                 .append(0, kind, 0, 0, std::vector<std::uint64_t>{1}, {});
  InstructionWriter::mark_results_dead(batch, header, 2);
  EXPECT_EQ(protocol_error([&] {
              InstructionReader reader(InstructionForm::client, batch,
                                       [&](KindId) { return &kind; });
              (void)reader.next();
            }),
            "instruction relu ends a result that it does not make");
}

struct MalformedKind {
  const char* name;
  Kind kind;
  const char* words;
};
class MalformedKinds : public ::testing::TestWithParam<MalformedKind> {};

TEST_P(MalformedKinds, are_protocol_errors) {
  EXPECT_EQ(protocol_error([] { (void)resolve(GetParam().kind); }), GetParam().words);
}

const OperandType kMatrix{OperandMeta::Form::tensor, DType::kFloat32, 2};
const OperandType kNumber{OperandMeta::Form::scalar, DType::kFloat64, 0};
const std::uint64_t kNone = ~0ull;

const MalformedKind kMalformed[] = {
    {"unknown_op", {static_cast<Op>(1023), 0, {}, {}}, "unknown op number 1023"},
    {"op_beyond_the_table", {static_cast<Op>(65535), 0, {}, {}}, "unknown op number 65535"},
    {"too_few_operands", {Op::mm, 0, {kMatrix}, {}}, "kind of mm: 1 operands, expected 2"},
    {"too_many_operands",
     {Op::mm, 0, {kMatrix, kMatrix, kMatrix}, {}},
     "kind of mm: 3 operands, expected 2"},
    {"endless_list",
     {Op::cat, 0, std::vector<OperandType>(4097, kMatrix), {0}},
     "kind of cat: 4097 operands, at most 4096 are allowed"},
    {"missing_operand", {Op::mm, 0, {kMatrix, {}}, {}}, "kind of mm: operand 1 is missing"},
    {"number_for_a_tensor",
     {Op::mm, 0, {kMatrix, kNumber}, {}},
     "kind of mm: operand 1 must not be a number"},
    {"number_of_a_tensor_dtype",
     {Op::mul, 0, {kMatrix, {OperandMeta::Form::scalar, DType::kInt8, 0}}, {}},
     "kind of mul: operand 1 is a number of neither bool, int64 nor float64"},
    {"unknown_form",
     {Op::mul, 0, {kMatrix, {static_cast<OperandMeta::Form>(9), DType::kInt8, 0}}, {}},
     "kind of mul: operand 1 has the unknown form 9"},
    {"unknown_dtype",
     {Op::mul, 0, {kMatrix, {OperandMeta::Form::tensor, static_cast<DType>(99), 0}}, {}},
     "kind of mul: operand 1 has the unknown dtype 99"},
    {"nine_dimensions",
     {Op::mul, 0, {kMatrix, {OperandMeta::Form::tensor, DType::kInt8, 9}}, {}},
     "kind of mul: operand 1 has 9 dimensions, at most 8 are allowed"},
    {"no_statics", {Op::sum, 0, {kMatrix}, {}}, "kind of sum: the static words end before dim"},
    {"a_list_that_is_cut",
     {Op::sum, 0, {kMatrix}, {3, 0}},
     "kind of sum: the static words end before dim"},
    {"a_list_too_long",
     {Op::sum, 0, {kMatrix}, {9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, kNone}},
     "kind of sum: dim has 9 values, at most 8 are allowed"},
    {"an_endless_list",
     {Op::reshape, 0, {kMatrix}, {kNone}},
     "kind of reshape: shape has 18446744073709551615 values, at most 8 are allowed"},
    {"a_flag_that_is_none",
     {Op::sum, 0, {kMatrix}, {0, 2, kNone}},
     "kind of sum: keepdim is neither false nor true"},
    {"an_unknown_dtype_attribute",
     {Op::sum, 0, {kMatrix}, {0, 1, 12}},
     "kind of sum: dtype is the unknown dtype 12"},
    {"words_too_many",
     {Op::sum, 0, {kMatrix}, {0, 1, kNone, 5}},
     "kind of sum: 1 static words too many"},
    {"a_number_of_unknown_category",
     {Op::add, 0, {kMatrix, kMatrix}, {6}},
     "kind of add: alpha is a number of neither bool, int64 nor float64"},
};
INSTANTIATE_TEST_SUITE_P(Table, MalformedKinds, ::testing::ValuesIn(kMalformed),
                         [](const auto& test) { return test.param.name; });

TEST(RandomKinds, of_random_words_are_refused_or_sound) {
  RandomInstructions random(kSeed);
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  for (int round = 0; round < 20000; ++round) {
    Kind kind;
    kind.op = static_cast<Op>(random.number(0, 1024));
    for (std::int64_t k = random.number(0, 4); k > 0; --k)
      kind.operands.push_back({static_cast<OperandMeta::Form>(random.number(0, 3)),
                               static_cast<DType>(random.number(-1, 16)),
                               static_cast<std::uint8_t>(random.number(0, 10))});
    kind.statics = random_words(random, static_cast<std::size_t>(random.number(0, 6)));
    std::optional<ResolvedKind> resolved;
    const std::string error = protocol_error([&] { resolved = resolve(kind); });
    ASSERT_NE(resolved.has_value(), !error.empty());
    if (!resolved) continue;
    const std::vector<std::uint64_t> bindings = random_words(random, resolved->binding_words);
    EXPECT_FALSE(merge_attributes(*resolved, bindings).words().size() > kMaxAttributeWords);
  }
}

}  // namespace
}  // namespace gt::testing
