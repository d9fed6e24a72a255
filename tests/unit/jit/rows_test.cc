// Every row that the compiler admits, in every dtype, against the engine.
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "common/ops/inference.h"
#include "tests/unit/graph/run_graph.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::GraphBuilder;
using graph::RecordedOperand;
using graph::ValueRef;

/// All attributes of a row; `choice` selects among those of its static integers, and of its dtypes.
Attributes attributes_for(const OpRow& row, int choice) {
  AttributeWriter writer(row);
  double number = 0.75;
  for (std::size_t k = 0; k < row.attributes.count; ++k) {
    number += 0.5;
    switch (row.attributes.specs[k].type) {
      case AttributeType::scalar:
        writer.add(ScalarValue(number));
        break;
      case AttributeType::real:
        writer.add(number);
        break;
      case AttributeType::integer:
        writer.add(choice % 2);
        break;
      case AttributeType::boolean:
        writer.add(choice % 2 != 0);
        break;
      case AttributeType::dtype:
        writer.add(kAllDTypes[static_cast<std::size_t>(choice) % std::size(kAllDTypes)]);
        break;
      case AttributeType::integers:
        writer.add(Shape{});
        break;
    }
  }
  return writer.finish();
}

bool has_choices(const OpRow& row) {
  for (std::size_t k = 0; k < row.attributes.count; ++k)
    if (row.attributes.specs[k].attribute_class == AttributeClass::statics) return true;
  return false;
}

/// A graph with every point-wise row over inputs of one dtype, whose one dimension is symbolic.
class AllRows {
 public:
  explicit AllRows(DType dtype) : size_(builder_.add_symbol("n", 1000)) {
    for (int k = 0; k < 3; ++k) inputs_.push_back(add_input(dtype));
    condition_ = add_input(DType::kBool);
    number_ = builder_.add_input({dtype, {}, {}});
    for (const OpRow& row : op_table())
      if (row.op_class == OpClass::pointwise) add_row(row);
  }

  graph::Graph finish() && { return eliminate_dead_code(std::move(builder_).finish()).graph; }
  [[nodiscard]] static std::vector<Value> values(DType dtype, std::int64_t n) {
    std::vector<Value> made;
    for (std::uint64_t k = 0; k < 3; ++k) made.push_back(special_numbers(dtype, {n}, k + 1));
    made.push_back(special_numbers(DType::kBool, {n}, 4));
    made.push_back(special_numbers(dtype, {}, 5));
    return made;
  }

 private:
  ValueRef add_input(DType dtype) {
    const ValueRef input = builder_.add_input({dtype, {1000}, {}});
    builder_.set_symbolic(input, 0, {size_, 1, 0});
    return input;
  }
  void add_row(const OpRow& row) {
    const int choices = has_choices(row) ? 2 * static_cast<int>(std::size(kAllDTypes)) : 1;
    for (int choice = 0; choice < choices; ++choice) {
      std::vector<RecordedOperand> tensors;
      for (std::size_t k = 0; k < row.operands.count; ++k) tensors.emplace_back(inputs_[k]);
      if (row.op == Op::where) tensors[0] = condition_;
      if (row.op == Op::masked_fill) tensors[1] = condition_, tensors[2] = number_;
      add(row, tensors, choice);
      for (std::size_t k = 0; k < row.operands.count; ++k) {
        std::vector<RecordedOperand> mixed = tensors;
        mixed[k] = row.operands.specs[k].form == OperandForm::optional
                       ? RecordedOperand()
                       : RecordedOperand(ScalarValue(k == 1 ? 1.7 : -0.3));
        if (row.operands.count > 1) add(row, mixed, choice);
        if (k > 0) mixed[k] = RecordedOperand(number_), add(row, mixed, choice);
      }
    }
  }
  void add(const OpRow& row, std::span<const RecordedOperand> operands, int choice) {
    try {
      const ValueRef made =
          builder_.add_instruction(row.op, operands, attributes_for(row, choice))[0];
      // Others are left to the engine: they refuse zeros.
      const graph::Graph& graph = builder_.graph();
      if (can_fuse(graph, graph.node(made.node))) builder_.mark_output(made);
    } catch (const CommonError&) {
      builder_.forget_next();  // a dtype that the row refuses
    }
  }

  GraphBuilder builder_;
  graph::SymbolIndex size_;
  std::vector<ValueRef> inputs_;
  ValueRef condition_, number_;
};

class RowsOfDType : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (!is_compiled(GetParam())) GTEST_SKIP() << "not on this machine";
  }
};

TEST_P(RowsOfDType, GiveTheBitsOfTheEngine) {
  const DType dtype = GetParam();
  const CompiledGraph compiled(AllRows(dtype).finish(), AllRows::values(dtype, 1000),
                               {.fuses = false});
  EXPECT_GT(compiled.kernel_count(), 20u);
  const graph::Graph& graph = compiled.graph();
  const std::vector<std::uint64_t> bindings = sample_bindings(graph);
  for (std::int64_t n : {2, 7, 64, 1000, 4097}) {
    const std::vector<Value> inputs = AllRows::values(dtype, n);
    const auto expected = run_graph(test_engine(), graph, inputs, bindings);
    const auto actual = compiled.run(inputs, bindings);
    for (std::size_t k = 0; k < actual.size(); ++k)
      EXPECT_EQ(graph::bits_of(test_engine(), actual[k]),
                graph::bits_of(test_engine(), expected[k]))
          << n << " elements of " << graph.node(graph.outputs()[k].node).row().name << ", output "
          << k;
  }
}

INSTANTIATE_TEST_SUITE_P(DTypes, RowsOfDType, testing::ValuesIn(kAllDTypes),
                         [](const auto& tested) { return std::string(short_name(tested.param)); });

TEST(Compiler, AdmitsEveryRowThatCanFuse) {
  for (DType dtype : kAllDTypes) {
    if (!is_compiled(dtype)) continue;
    const graph::Graph graph = AllRows(dtype).finish();
    for (const graph::Node& node : graph.nodes())
      EXPECT_EQ(test_compiler().admits(graph, node), can_fuse(graph, node))
          << node.row().name << " over " << short_name(dtype);
  }
}

}  // namespace
}  // namespace gt::worker::jit
