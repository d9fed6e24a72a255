// What is added to a product, where a kernel reads the sum.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/graph/builder.h"
#include "common/graph/memory/buffers.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/random_graph.h"
#include "tests/unit/graph/run_graph.h"

namespace gt::graph {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A product with an addend, to which a test adds what reads it.
class Product {
 public:
  Product(const Shape& a, const Shape& b, const Shape& addend, DType dtype = DType::kFloat32,
          double alpha = 1, bool guarded = true) {
    const ValueRef inputs[] = {builder.add_input({dtype, addend, {}}, {.dies = true}),
                               builder.add_input({dtype, a, {}}),
                               builder.add_input({dtype, b, {}})};
    if (guarded)
      for (std::size_t factor = 0; factor < 2; ++factor) builder.guard_next(factor);
    const Op op = a.size() == 2 ? Op::addmm : Op::baddbmm;
    sum = builder.add_instruction(op, {inputs[0], inputs[1], inputs[2]},
                                  make_attributes(op, ScalarValue(1.0), ScalarValue(alpha)))[0];
  }
  ValueRef add(Op op, ValueRef x, const Attributes& attributes = {}) {
    return builder.add_instruction(op, {x}, attributes)[0];
  }
  ValueRef reshape(const Shape& shape) {
    return add(Op::reshape, sum, make_attributes(Op::reshape, shape));
  }
  Graph finish(ValueRef output) {
    builder.mark_output(output);
    return std::move(builder).finish();
  }
  /// What the passes make of it where it is read by relu.
  std::string read_by_relu() && { return to_text(run_passes(finish(add(Op::relu, sum))).graph); }

  GraphBuilder builder;
  ValueRef sum;
};

TEST(SplitAddends, AreAddedWhereAKernelReadsTheSum) {
  EXPECT_THAT(Product({4, 3}, {3, 5}, {5}).read_by_relu(),
              AllOf(HasSubstr("%3 = mm(%1, %2)"), HasSubstr("%4 = add(%3, %0, alpha=1)")));
  EXPECT_THAT(Product({2, 4, 3}, {2, 3, 5}, {4, 1}).read_by_relu(),
              AllOf(HasSubstr("bmm("), HasSubstr("add(")));
}

TEST(SplitAddends, AreAddedInTheShapeInWhichTheSumIsRead) {
  Product product({4, 3}, {3, 5}, {5});
  const ValueRef read =
      product.add(Op::gelu, product.reshape({2, 2, 5}), make_attributes(Op::gelu, 0));
  const Graph graph = run_passes(product.finish(read)).graph;
  EXPECT_THAT(to_text(graph), AllOf(HasSubstr("%4 = reshape(%3, shape=[2, 2, 5])"),
                                    HasSubstr("%5 = add(%4, %0, alpha=1)")));
  EXPECT_THAT(to_text(graph, plan_fusion(graph)), HasSubstr("(kernel): %5=add %6=gelu"));
}

TEST(SplitAddends, StayWhereTheLastDimIsAnotherOne) {
  Product product({4, 3}, {3, 6}, {6});
  const ValueRef read = product.add(Op::relu, product.reshape({8, 3}));
  EXPECT_THAT(to_text(run_passes(product.finish(read)).graph), HasSubstr("addmm("));
}

TEST(SplitAddends, AreAddedToRowsOfAnyLength) {
  for (const Shape& addend : {Shape{100}, Shape{1000, 1}, Shape{1000, 100}, Shape{}})
    EXPECT_THAT(Product({1000, 3}, {3, 100}, addend).read_by_relu(), HasSubstr("= mm("));
}

TEST(SplitAddends, StayWhereNoKernelReadsTheSum) {
  Product product({4, 3}, {3, 5}, {5});
  const ValueRef sum = product.sum;
  EXPECT_THAT(to_text(run_passes(product.finish(sum)).graph), HasSubstr("addmm("));
}

TEST(SplitAddends, StayWhereBitsWouldDiffer) {
  const Shape a{4, 3}, b{3, 5}, addend{5};
  EXPECT_THAT(Product(a, b, addend, DType::kFloat32, 2).read_by_relu(), HasSubstr("addmm("));
  EXPECT_THAT(Product(a, b, addend, DType::kFloat32, 1, false).read_by_relu(), HasSubstr("addmm("));
  EXPECT_THAT(Product(a, b, addend, DType::kBFloat16).read_by_relu(), HasSubstr("addmm("));
}

TEST(SplitAddends, AreNotWrittenOverByTheProduct) {
  Product product({4, 3}, {3, 5}, {4, 5});
  const ValueRef sum = product.sum;
  const Graph graph = product.finish(sum);
  const FusionPlan fusion = plan_fusion(graph);
  const BufferPlan plan = plan_buffers(graph, fusion);
  EXPECT_EQ(plan.placements[graph.value_index(sum)].kind, Placement::Kind::output);
}

worker::Engine& engine(int threads) {
  static std::unique_ptr<worker::Engine> made[] = {
      worker::make_engine({.memory_limit = std::size_t{1} << 30}),
      worker::make_engine({.memory_limit = std::size_t{1} << 30, .threads = 2})};
  return *made[threads - 1];
}

std::vector<worker::Value> numbers(worker::Engine& on, const Graph& graph, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> draw(-3, 3);
  std::vector<worker::Value> values;
  for (const Input& input : graph.inputs()) {
    const TensorMeta& meta = graph.meta({input.node, 0});
    std::vector<std::byte> bytes(meta.byte_count());
    for (std::int64_t i = 0; i < meta.element_count(); ++i) {
      const double wide = draw(generator);
      const auto narrow = static_cast<float>(wide);
      if (meta.dtype == DType::kFloat64)
        std::memcpy(bytes.data() + i * 8, &wide, 8);
      else
        std::memcpy(bytes.data() + i * 4, &narrow, 4);
    }
    values.push_back(on.from_host(meta, bytes));
  }
  return values;
}

/// Sizes on both sides of those from which on another library computes the product.
TEST(SplitAddends, KeepEveryBitOfProductsOfAnySize) {
  if (!has_products()) GTEST_SKIP() << "built without LibTorch";
  constexpr std::int64_t kSizes[][3] = {
      {1, 300, 7},   {7, 400, 400}, {8, 400, 400},  {60, 128, 130}, {61, 128, 130}, {65, 1030, 130},
      {400, 400, 7}, {400, 400, 8}, {257, 33, 511}, {3, 1, 5},      {5, 0, 4}};
  for (const int threads : {1, 2})
    for (const DType dtype : {DType::kFloat32, DType::kFloat64})
      for (const auto& [rows, depth, columns] : kSizes)
        for (const Shape& addend :
             {Shape{columns}, Shape{rows, 1}, Shape{rows, columns}, Shape{}}) {
          SCOPED_TRACE(testing::Message() << rows << " x " << depth << " x " << columns);
          Product product({rows, depth}, {depth, columns}, addend, dtype);
          const Graph graph = product.finish(product.add(Op::relu, product.sum));
          const Graph split = run_passes(graph).graph;
          worker::Engine& on = engine(threads);
          const auto inputs = numbers(on, graph, first_seed());
          const auto bindings = sample_bindings(graph);
          ASSERT_EQ(bits_of(on, run_graph(on, split, inputs, bindings)[0]),
                    bits_of(on, run_graph(on, graph, inputs, bindings)[0]))
              << "seed " << first_seed();
        }
}

TEST(SplitAddends, ServeRunsOfOtherSizes) {
  if (!has_products()) GTEST_SKIP() << "built without LibTorch";
  GraphBuilder builder;
  const SymbolIndex batch = builder.add_symbol("batch", 8);
  const ValueRef bias = builder.add_input({DType::kFloat32, {5}, {}});
  const ValueRef x = builder.add_input({DType::kFloat32, {8, 3}, {}});
  builder.set_symbolic(x, 0, {batch, 1, 0});
  const ValueRef weight = builder.add_input({DType::kFloat32, {3, 5}, {}});
  for (std::size_t factor = 0; factor < 2; ++factor) builder.guard_next(factor);
  const ValueRef sum =
      builder.add_instruction(Op::addmm, {bias, x, weight},
                              make_attributes(Op::addmm, ScalarValue(1.0), ScalarValue(1.0)))[0];
  builder.set_extent(2, {batch, 1, 0});
  const ValueRef read =
      builder.add_instruction(Op::reshape, {sum}, make_attributes(Op::reshape, Shape{1, 8, 5}))[0];
  builder.mark_output(builder.add_instruction(Op::relu, {read})[0]);
  const Graph graph = std::move(builder).finish();
  const Graph split = run_passes(graph).graph;
  ASSERT_THAT(to_text(split), Not(HasSubstr("addmm")));
  for (const std::int64_t size : {2, 7, 300}) {
    std::vector<worker::Value> inputs = numbers(engine(1), graph, first_seed());
    GraphBuilder sized;
    sized.add_input({DType::kFloat32, {size, 3}, {}});
    inputs[1] = numbers(engine(1), std::move(sized).finish(), first_seed())[0];
    std::vector<std::uint64_t> bindings = sample_bindings(graph);
    for (std::size_t b = 0; b < bindings.size(); ++b)
      if (graph.bindings()[b].size != kNoIndex) bindings[b] = static_cast<std::uint64_t>(size);
    EXPECT_EQ(bits_of(engine(1), run_graph(engine(1), split, inputs, bindings)[0]),
              bits_of(engine(1), run_graph(engine(1), graph, inputs, bindings)[0]));
  }
}

}  // namespace
}  // namespace gt::graph
