#include "common/graph/print.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/graph/builder.h"

namespace gt::graph {
namespace {

using ::testing::HasSubstr;

Graph example() {
  GraphBuilder builder;
  const ValueRef weight = builder.add_input({DType::kFloat32, {4, 3}, {}}, {.dies = true});
  const ValueRef gradient = builder.add_input({DType::kFloat32, {4, 3}, {}});
  const ValueRef made = builder.add_instruction(Op::sub, {weight, gradient},
                                                make_attributes(Op::sub, ScalarValue(0.5)))[0];
  builder.carry(weight, made);
  builder.mark_output(
      builder.add_instruction(Op::max_dim, {made}, make_attributes(Op::max_dim, 1, true))[1]);
  return std::move(builder).finish();
}

TEST(ToText, ShowsOneLineANode) {
  EXPECT_THAT(to_text(example()), HasSubstr("  %0 = input 0 : float32[4, 3], carried from 0, dies\n"
                                            "  %1 = input 1 : float32[4, 3]\n"
                                            "  %2 = sub(%0, %1, alpha=#0) : float32[4, 3]\n"
                                            "  %3.0, %3.1 = max_dim(%2, dim=1, keepdim=true) : "
                                            "float32[4, 1], int64[4, 1]\n"
                                            "  return %2, %3.1\n"));
}

TEST(ToText, ShowsListsAndDtypes) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {4, 3}, {}});
  builder.add_instruction(Op::sum, {x}, make_attributes(Op::sum, Shape{0, 1}, false, kNoDType));
  EXPECT_THAT(to_text(builder.graph()),
              HasSubstr("sum(%0, dim=[0, 1], keepdim=false, dtype=none)"));
}

TEST(ToDot, ShowsEdgesWithTheirTypes) {
  EXPECT_THAT(to_dot(example()), HasSubstr("n0 -> n2 [label=\"float32[4, 3]\"];"));
}

TEST(ToJson, ShowsNodesInputsAndOutputs) {
  const nlohmann::json json = to_json(example());
  EXPECT_EQ(json["nodes"][3]["op"], "max_dim");
  EXPECT_EQ(json["inputs"][0]["carried_output"], 0);
  EXPECT_EQ(json["outputs"], nlohmann::json({"%2", "%3.1"}));
  EXPECT_EQ(json["nodes"][2]["words"][1], nlohmann::json({{"binding", 0}}));
}

}  // namespace
}  // namespace gt::graph
