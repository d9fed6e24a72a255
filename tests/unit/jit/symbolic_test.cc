// Kernels that are compiled for a batch of any size: what they make of other batches has the bits
// of the engine.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/run_graph.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::GraphBuilder;
using graph::RecordedOperand;
using graph::ValueRef;

constexpr std::int64_t kRecorded = 64;

Value drawn(const Shape& shape, std::int64_t end, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::vector<std::int64_t> values(static_cast<std::size_t>(element_count(shape)));
  for (std::int64_t& value : values)
    value = static_cast<std::int64_t>(generator() % static_cast<std::uint64_t>(end));
  return test_engine().from_host({DType::kInt64, shape, {}}, std::as_bytes(std::span(values)));
}

/// A graph whose batches may have any size.
class Batches : public testing::Test {
 protected:
  void SetUp() override {
    if (!test_compiler().goes_by_index()) GTEST_SKIP() << "no kernel of this target goes by index";
  }
  /// An input whose first dim is the batch.
  ValueRef input(DType dtype, Shape shape) {
    shape[0] = kRecorded;
    const ValueRef made = builder_.add_input({dtype, shape, {}});
    builder_.set_symbolic(made, 0, {batch_, 1, 0});
    return made;
  }
  ValueRef fixed(const Shape& shape) { return builder_.add_input({DType::kFloat32, shape, {}}); }
  ValueRef add(Op op, std::initializer_list<RecordedOperand> operands,
               const Attributes& attributes = {}) {
    return builder_.add_instruction(op, operands, attributes)[0];
  }
  void outputs(std::initializer_list<ValueRef> values) {
    for (ValueRef value : values) builder_.mark_output(value);
  }

  /// `values(n)` are inputs of a batch of n; all of the graph is to be kernels and views.
  void expect_bits(const std::function<std::vector<Value>(std::int64_t)>& values) {
    const graph::Graph whole = std::move(builder_).finish();
    const graph::Graph rows = graph::run_passes(whole).graph;
    const CompiledGraph compiled(rows, values(kRecorded));
    for (const graph::Group& group : compiled.plan().groups)
      EXPECT_NE(group.kind, graph::Group::Kind::call) << to_text(rows, compiled.plan());
    for (std::int64_t n : {2, 3, 64, 128, 256, 4099}) {
      SCOPED_TRACE(n);
      const std::vector<Value> inputs = values(n);
      std::vector<std::uint64_t> bindings = sample_bindings(whole);
      for (std::size_t b = 0; b < bindings.size(); ++b)
        if (whole.bindings()[b].size != graph::kNoIndex)
          bindings[b] = static_cast<std::uint64_t>(n);
      const auto expected = run_graph(test_engine(), whole, inputs, bindings);
      ASSERT_NO_FATAL_FAILURE(expect_outputs(compiled, rows, inputs, bindings, expected));
    }
  }

  GraphBuilder builder_;
  graph::SymbolIndex batch_ = builder_.add_symbol("batch", kRecorded);
};

class BatchesOfClasses : public Batches, public testing::WithParamInterface<std::int64_t> {};

TEST_P(BatchesOfClasses, HaveCrossEntropyAndItsGradient) {
  const std::int64_t reduction = GetParam();
  const ValueRef logits = input(DType::kFloat32, {0, 10});
  const ValueRef targets = input(DType::kInt64, {0});
  const ValueRef grad = reduction == 0 ? input(DType::kFloat32, {0}) : fixed({});
  builder_.guard_next(1);
  const auto loss = builder_.add_instruction(
      Op::cross_entropy, std::initializer_list<RecordedOperand>{logits, targets, RecordedOperand()},
      make_attributes(Op::cross_entropy, reduction, std::int64_t{-100}, 0.0));
  builder_.guard_next(1);
  const auto gradient = builder_.add_instruction(
      Op::cross_entropy_backward,
      std::initializer_list<RecordedOperand>{grad, logits, targets, loss[1], RecordedOperand()},
      make_attributes(Op::cross_entropy_backward, reduction, std::int64_t{-100}, 0.0));
  outputs({loss[0], loss[1], gradient[0]});
  expect_bits([&](std::int64_t n) {
    return std::vector<Value>{
        special_numbers(DType::kFloat32, {n, 10}, 1), drawn({n}, 10, 2),
        special_numbers(DType::kFloat32, reduction == 0 ? Shape{n} : Shape{}, 3)};
  });
}
INSTANTIATE_TEST_SUITE_P(Reductions, BatchesOfClasses, testing::Values(0, 1, 2));

TEST_F(Batches, AreEmbedded) {
  const ValueRef table = fixed({30, 10});
  const ValueRef found = add(Op::embedding, {table, input(DType::kInt64, {0, 4})},
                             make_attributes(Op::embedding, std::int64_t{-1}));
  const ValueRef sum = add(Op::sum, {found}, make_attributes(Op::sum, Shape{2}, false, kNoDType));
  outputs({add(Op::relu, {found}), sum});
  expect_bits([](std::int64_t n) {
    return std::vector<Value>{special_numbers(DType::kFloat32, {30, 10}, 1), drawn({n, 4}, 30, 2)};
  });
}

TEST_F(Batches, GatherAndScatter) {
  const ValueRef x = input(DType::kFloat32, {0, 9});
  const ValueRef index = input(DType::kInt64, {0, 1});
  const ValueRef many = input(DType::kInt64, {0, 5});
  const ValueRef found = add(Op::gather, {x, index}, make_attributes(Op::gather, 1));
  const ValueRef others = add(Op::gather, {x, many}, make_attributes(Op::gather, 1));
  const ValueRef replaced =
      add(Op::scatter, {x, index, found}, make_attributes(Op::scatter, std::int64_t{-1}));
  const ValueRef added =
      add(Op::scatter_add, {x, index, found}, make_attributes(Op::scatter_add, std::int64_t{-1}));
  outputs({add(Op::exp, {others}), add(Op::relu, {replaced}), add(Op::neg, {added})});
  expect_bits([](std::int64_t n) {
    return std::vector<Value>{special_numbers(DType::kFloat32, {n, 9}, 1), drawn({n, 1}, 9, 2),
                              drawn({n, 5}, 9, 3)};
  });
}

TEST_F(Batches, HaveBatchNormAndItsGradient) {
  const ValueRef x = input(DType::kFloat32, {0, 3, 7, 7});
  const ValueRef weight = fixed({3}), bias = fixed({3});
  const auto norm = builder_.add_instruction(
      Op::native_batch_norm,
      std::initializer_list<RecordedOperand>{x, weight, bias, RecordedOperand(), RecordedOperand()},
      make_attributes(Op::native_batch_norm, true, 1e-5));
  const auto gradient = builder_.add_instruction(
      Op::native_batch_norm_backward,
      std::initializer_list<RecordedOperand>{norm[0], x, norm[1], norm[2], weight},
      make_attributes(Op::native_batch_norm_backward, true));
  outputs({norm[0], norm[1], norm[2], gradient[0], gradient[1], gradient[2]});
  expect_bits([](std::int64_t n) {
    std::vector<Value> values = {special_numbers(DType::kFloat32, {n, 3, 7, 7}, 1)};
    for (std::uint64_t k = 2; k < 4; ++k)
      values.push_back(special_numbers(DType::kFloat32, {3}, k));
    return values;
  });
}

}  // namespace
}  // namespace gt::worker::jit
