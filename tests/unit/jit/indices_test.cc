// Rows that go by index, and cross entropy, which becomes such rows.
#include <gtest/gtest.h>

#include <algorithm>
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

std::vector<DType> compiled_floats() {
  std::vector<DType> dtypes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16};
  if (is_compiled(DType::kFloat16)) dtypes.push_back(DType::kFloat16);
  return dtypes;
}

Value indices(const Shape& shape, std::vector<std::int64_t> values, DType dtype = DType::kInt64) {
  const TensorMeta meta{DType::kInt64, shape, {}};
  const Value wide = test_engine().from_host(meta, std::as_bytes(std::span(values)));
  if (dtype == DType::kInt64) return wide;
  EngineOperand operand;
  operand.value = &wide;
  const TensorMeta narrow{dtype, shape, {}};
  return test_engine()
      .execute({row_of(Op::to), std::span(&operand, 1), make_attributes(Op::to, dtype),
                std::span(&narrow, 1)})
      .front();
}

Value drawn(const Shape& shape, std::int64_t first, std::int64_t end, std::uint64_t seed,
            DType dtype = DType::kInt64) {
  std::mt19937_64 generator(seed);
  std::uniform_int_distribution<std::int64_t> draw(first, end - 1);
  std::vector<std::int64_t> values(static_cast<std::size_t>(element_count(shape)));
  for (std::int64_t& value : values) value = draw(generator);
  return indices(shape, std::move(values), dtype);
}

/// What kernels of this target cannot hold stays a call of the engine.
class Indices : public testing::Test {
 protected:
  void SetUp() override {
    if (!test_compiler().goes_by_index()) GTEST_SKIP() << "no kernel of this target goes by index";
  }
};
using CrossEntropy = Indices;

/// A row over a table and indices, then an addition, by kernels alone.
struct LookUp {
  Op op = Op::embedding;
  Attributes attributes;
  Shape table, index, result;
};
std::vector<LookUp> look_ups() {
  const auto along = [](Op op, std::int64_t dim) { return make_attributes(op, dim); };
  return {
      {Op::embedding,
       make_attributes(Op::embedding, std::int64_t{-1}),
       {9, 200},
       {3, 5},
       {3, 5, 200}},
      {Op::embedding, make_attributes(Op::embedding, std::int64_t{-1}), {9, 3}, {300}, {300, 3}},
      {Op::index_select, along(Op::index_select, 0), {9, 70}, {37}, {37, 70}},
      {Op::index_select, along(Op::index_select, 1), {5, 9, 33}, {37}, {5, 37, 33}},
      {Op::index_select, along(Op::index_select, -1), {5, 9}, {333}, {5, 333}},
      {Op::index_select, along(Op::index_select, 0), {9}, {1000}, {1000}},
      {Op::gather, along(Op::gather, 1), {40, 9}, {40, 77}, {40, 77}},
      {Op::gather, along(Op::gather, 0), {9, 300}, {40, 300}, {40, 300}},
      {Op::gather, along(Op::gather, 1), {40, 9}, {40, 1}, {40, 1}},
      {Op::index, {}, {9, 70}, {3, 4}, {3, 4, 70}},
  };
}

TEST_F(Indices, LookUpWhatTheEngineLooksUp) {
  for (const LookUp& look_up : look_ups())
    for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kBFloat16, DType::kInt16})
      for (DType index_dtype : {DType::kInt64, DType::kInt32}) {
        SCOPED_TRACE(std::string(row_of(look_up.op).name) + " " + std::string(short_name(dtype)) +
                     " of " + to_string(look_up.table) + " at " + to_string(look_up.index));
        GraphBuilder builder;
        const ValueRef table = builder.add_input({dtype, look_up.table, {}});
        const ValueRef index = builder.add_input({index_dtype, look_up.index, {}});
        const ValueRef other = builder.add_input({dtype, look_up.result, {}});
        const ValueRef found =
            builder.add_instruction(look_up.op, {table, index}, look_up.attributes)[0];
        builder.mark_output(found);
        builder.mark_output(builder.add_instruction(Op::add, {found, other},
                                                    make_attributes(Op::add, ScalarValue(1)))[0]);
        const std::int64_t least = look_up.op == Op::index ? -9 : 0;
        const Value inputs[] = {special_numbers(dtype, look_up.table, 1),
                                drawn(look_up.index, least, 9, 2, index_dtype),
                                special_numbers(dtype, look_up.result, 3)};
        const graph::Graph graph = std::move(builder).finish();
        for (const RunOptions& options :
             {RunOptions{}, RunOptions{.fuses = false}, RunOptions{.one_unit_a_call = true},
              RunOptions{.overwrites = true}}) {
          ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, inputs, options));
        }
        const CompiledGraph compiled(graph, inputs);
        EXPECT_EQ(compiled.kernel_count(), 1u) << to_text(graph, compiled.plan());
      }
}

TEST_F(Indices, OfStridedTablesAndIndicesAreFollowed) {
  for (std::int64_t dim : {0, 1}) {
    GraphBuilder builder;
    const ValueRef table = builder.add_input({DType::kFloat32, {50, 40}, {}});
    const ValueRef index = builder.add_input({DType::kInt64, {30, 60}, {}});
    const ValueRef turned =
        builder.add_instruction(Op::permute, {table}, make_attributes(Op::permute, Shape{1, 0}))[0];
    const ValueRef column =
        builder.add_instruction(Op::select, {index}, make_attributes(Op::select, 1, 7))[0];
    builder.mark_output(builder.add_instruction(Op::index_select, {turned, column},
                                                make_attributes(Op::index_select, dim))[0]);
    const Value inputs[] = {special_numbers(DType::kFloat32, {50, 40}, 1),
                            drawn({30, 60}, 0, 40, 2)};
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(builder).finish(), inputs));
  }
}

TEST_F(Indices, AreFollowedInFoldsOfRowsAndColumns) {
  for (const Shape& dims : {Shape{1}, Shape{0}}) {
    GraphBuilder builder;
    const ValueRef table = builder.add_input({DType::kFloat32, {9, 700}, {}});
    const ValueRef index = builder.add_input({DType::kInt64, {130}, {}});
    const ValueRef found = builder.add_instruction(
        Op::embedding, {table, index}, make_attributes(Op::embedding, std::int64_t{-1}))[0];
    const ValueRef sum = builder.add_instruction(Op::sum, {found},
                                                 make_attributes(Op::sum, dims, true, kNoDType))[0];
    builder.mark_output(sum);
    if (dims[0] == 1) builder.mark_output(builder.add_instruction(Op::mul, {found, sum})[0]);
    const Value inputs[] = {special_numbers(DType::kFloat32, {9, 700}, 1), drawn({130}, 0, 9, 2)};
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(std::move(builder).finish(), inputs));
  }
}

/// By another one, or by their sum.
class OneOfEachRow : public Indices, public testing::WithParamInterface<std::tuple<Op, DType>> {};
INSTANTIATE_TEST_SUITE_P(Rows, OneOfEachRow,
                         testing::Combine(testing::Values(Op::scatter, Op::scatter_add),
                                          testing::Values(DType::kFloat32, DType::kFloat64,
                                                          DType::kBFloat16, DType::kInt64,
                                                          DType::kInt8, DType::kBool)),
                         [](const auto& named) {
                           return std::string(row_of(std::get<0>(named.param)).name) + "_" +
                                  std::string(short_name(std::get<1>(named.param)));
                         });

TEST_P(OneOfEachRow, IsReplaced) {
  const auto [row, dtype] = GetParam();
  for (const Shape& shape : {Shape{33, 70}, Shape{2, 3, 300}, Shape{1000, 3}, Shape{5}})
    for (bool expands : {false, true}) {
      SCOPED_TRACE(to_string(shape));
      Shape rows = shape;
      rows[rows.size() - 1] = 1;
      Shape given = rows;
      if (expands) given = Shape(rows.size(), 1);
      GraphBuilder builder;
      const ValueRef self = builder.add_input({dtype, shape, {}});
      const ValueRef index = builder.add_input({DType::kInt64, given, {}});
      const ValueRef source = builder.add_input({dtype, rows, {}});
      const ValueRef spread =
          builder.add_instruction(Op::expand, {index}, make_attributes(Op::expand, rows))[0];
      const ValueRef replaced = builder.add_instruction(row, {self, spread, source},
                                                        make_attributes(row, std::int64_t{-1}))[0];
      builder.mark_output(replaced);
      builder.mark_output(builder.add_instruction(Op::mul, {replaced, replaced})[0]);
      const Value inputs[] = {special_numbers(dtype, shape, 1),
                              drawn(given, 0, shape[shape.size() - 1], 2),
                              special_numbers(dtype, rows, 3)};
      const graph::Graph graph = std::move(builder).finish();
      ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, inputs));
      ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, inputs, {.overwrites = true}));
      EXPECT_EQ(CompiledGraph(graph, inputs).kernel_count(), 1u);
    }
}

TEST_F(Indices, ThatNameNothingAreRefused) {
  for (const LookUp& look_up : look_ups()) {
    SCOPED_TRACE(std::string(row_of(look_up.op).name) + " at " + to_string(look_up.index));
    GraphBuilder builder;
    const ValueRef table = builder.add_input({DType::kFloat32, look_up.table, {}});
    const ValueRef index = builder.add_input({DType::kInt64, look_up.index, {}});
    builder.mark_output(builder.add_instruction(look_up.op, {table, index}, look_up.attributes)[0]);
    const Value numbers = special_numbers(DType::kFloat32, look_up.table, 1);
    const Value sound[] = {numbers, drawn(look_up.index, 0, 9, 2)};
    const CompiledGraph compiled(std::move(builder).finish(), sound);
    const auto count = static_cast<std::size_t>(element_count(look_up.index));
    for (std::int64_t wrong : {std::int64_t{9}, std::int64_t{-10}, std::int64_t{1} << 40})
      for (std::size_t place : {std::size_t{0}, count / 2, count - 1}) {
        std::vector<std::int64_t> values(count, 3);
        values[place] = wrong;
        const Value inputs[] = {numbers, indices(look_up.index, values)};
        EXPECT_THROW(static_cast<void>(compiled.run(inputs, {})), CommonError) << wrong;
      }
    EXPECT_NO_THROW(static_cast<void>(compiled.run(sound, {})));
  }
}

/// Rounds of cross entropy and its gradient.
struct Entropy {
  DType dtype = DType::kFloat32;
  std::int64_t rows = 5, classes = 10;
  std::int64_t reduction = 1;
  bool weighted = false;
  std::int64_t ignored = -100;
  DType target = DType::kInt64;
};

std::string describe(const Entropy& entropy) {
  return std::string(short_name(entropy.dtype)) + " " + std::to_string(entropy.rows) + " x " +
         std::to_string(entropy.classes) + ", reduction " + std::to_string(entropy.reduction) +
         (entropy.weighted ? ", weighted" : "") + ", ignores " + std::to_string(entropy.ignored);
}

graph::Graph graph_of(const Entropy& entropy) {
  GraphBuilder builder;
  const ValueRef logits = builder.add_input({entropy.dtype, {entropy.rows, entropy.classes}, {}});
  const ValueRef targets = builder.add_input({entropy.target, {entropy.rows}, {}});
  const RecordedOperand weight =
      entropy.weighted ? RecordedOperand(builder.add_input({entropy.dtype, {entropy.classes}, {}}))
                       : RecordedOperand();
  const Shape grad_shape = entropy.reduction == 0 ? Shape{entropy.rows} : Shape{};
  const ValueRef grad_loss = builder.add_input({entropy.dtype, grad_shape, {}});
  builder.guard_next(1);
  const auto loss = builder.add_instruction(
      Op::cross_entropy, std::initializer_list<RecordedOperand>{logits, targets, weight},
      make_attributes(Op::cross_entropy, entropy.reduction, entropy.ignored, 0.0));
  builder.guard_next(1);
  const auto grad = builder.add_instruction(
      Op::cross_entropy_backward,
      std::initializer_list<RecordedOperand>{grad_loss, logits, targets, loss[1], weight},
      make_attributes(Op::cross_entropy_backward, entropy.reduction, entropy.ignored, 0.0));
  for (ValueRef value : {loss[0], loss[1], grad[0]}) builder.mark_output(value);
  return std::move(builder).finish();
}

std::vector<Value> values_for(const Entropy& entropy, std::uint64_t seed) {
  std::vector<Value> values = {
      special_numbers(entropy.dtype, {entropy.rows, entropy.classes}, seed),
      drawn({entropy.rows}, 0, entropy.classes, seed + 1, entropy.target)};
  if (entropy.weighted) values.push_back(special_numbers(entropy.dtype, {entropy.classes}, seed));
  values.push_back(special_numbers(
      entropy.dtype, entropy.reduction == 0 ? Shape{entropy.rows} : Shape{}, seed + 2));
  return values;
}

TEST(CrossEntropyOfOtherTargets, StaysWhole) {
  const graph::Graph rows = graph::run_passes(graph_of({DType::kFloat32, 64, 256}),
                                              {.disabled = {}, .goes_by_index = false})
                                .graph;
  const auto count = [&](Op op) {
    return std::count_if(rows.nodes().begin(), rows.nodes().end(), [op](const graph::Node& node) {
      return !node.is_input() && node.op == op;
    });
  };
  EXPECT_EQ(count(Op::cross_entropy), 1);
  EXPECT_EQ(count(Op::cross_entropy_backward), 1);
  EXPECT_EQ(count(Op::gather), 0);
}

TEST_F(CrossEntropy, OfClassesGivesTheBitsOfTheEngine) {
  std::vector<Entropy> all;
  for (DType dtype : compiled_floats())
    for (std::int64_t reduction : {0, 1, 2})
      for (bool weighted : {false, true})
        for (std::int64_t ignored : {-100, 2})
          all.push_back({dtype, 65, 70, reduction, weighted, ignored, DType::kInt64});
  for (std::int64_t classes : {2, 16, 1000, 5000}) all.push_back({DType::kFloat32, 130, classes});
  all.push_back({DType::kFloat32, 1, 10, 1, false, 3});
  all.push_back({DType::kFloat32, 7, 10, 1, false, 3, DType::kUInt8});
  for (const Entropy& entropy : all) {
    SCOPED_TRACE(describe(entropy));
    const std::vector<Value> inputs = values_for(entropy, 7);
    const graph::Graph whole = graph_of(entropy);
    const std::vector<std::uint64_t> bindings = sample_bindings(whole);
    const graph::Graph rows = graph::run_passes(whole).graph;
    for (const graph::Node& node : rows.nodes())
      ASSERT_TRUE(node.is_input() ||
                  (node.op != Op::cross_entropy && node.op != Op::cross_entropy_backward));
    const auto expected = run_graph(test_engine(), whole, inputs, bindings);
    const CompiledGraph compiled(rows, inputs);
    ASSERT_NO_FATAL_FAILURE(expect_outputs(compiled, rows, inputs, bindings, expected));
  }
}

TEST_F(CrossEntropy, WithItsGradientIsOneKernelOfRows) {
  const graph::Graph rows = graph::run_passes(graph_of({DType::kFloat32, 64, 256})).graph;
  const graph::FusionPlan plan = plan_fusion(rows);
  std::size_t wide = 0;
  for (const graph::Group& group : plan.groups) {
    EXPECT_NE(group.kind, graph::Group::Kind::call) << to_text(rows, plan);
    wide += group.kind == graph::Group::Kind::kernel &&
            group.loops.front().space.extents.back().size == 256;
  }
  EXPECT_EQ(wide, 1u) << to_text(rows, plan);
}

TEST_F(CrossEntropy, OfATargetThatIsNoClassIsRefused) {
  const Entropy entropy{DType::kFloat32, 40, 10};
  const graph::Graph rows = graph::run_passes(graph_of(entropy)).graph;
  std::vector<Value> inputs = values_for(entropy, 3);
  const CompiledGraph compiled(rows, inputs);
  const std::vector<std::uint64_t> bindings = sample_bindings(rows);
  for (std::int64_t wrong : {10, -1, -99}) {
    std::vector<std::int64_t> targets(40, 3);
    targets[20] = wrong;
    inputs[1] = indices({40}, targets);
    EXPECT_THROW(static_cast<void>(compiled.run(inputs, bindings)), CommonError) << wrong;
    targets[20] = -100;
    inputs[1] = indices({40}, targets);
    EXPECT_NO_THROW(static_cast<void>(compiled.run(inputs, bindings)));
  }
}

}  // namespace
}  // namespace gt::worker::jit
