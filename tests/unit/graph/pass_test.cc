#include "common/graph/pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/print.h"

namespace gt::graph {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const TensorMeta kMatrix{DType::kFloat32, {4, 3}, {}};

/// The text of a graph that `build` makes of one float32[4, 3], after all passes.
template <class Build>
std::string simplified(Build&& build) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  const ValueRef start = builder.add_instruction(Op::exp, {x})[0];
  const ValueRef made = build(builder, start);
  builder.mark_output(builder.add_instruction(Op::tanh, {made})[0]);
  return to_text(run_passes(std::move(builder).finish()).graph);
}

/// x op number, where the number and alpha are guarded.
ValueRef with_number(GraphBuilder& builder, Op op, ValueRef x, double number) {
  builder.guard_next(0);
  builder.guard_next(1);
  const bool has_alpha = op == Op::add || op == Op::sub;
  return builder.add_instruction(op, {x, ScalarValue(number)},
                                 has_alpha ? make_attributes(op, ScalarValue(1)) : Attributes())[0];
}

TEST(Simplify, RemovesAProductWithOne) {
  EXPECT_THAT(
      simplified([](auto& builder, ValueRef x) { return with_number(builder, Op::mul, x, 1); }),
      HasSubstr("%2 = tanh(%1)"));
}

TEST(Simplify, KeepsAProductWithANumberOfTheProgram) {
  EXPECT_THAT(simplified([](auto& builder, ValueRef x) {
                return builder.add_instruction(Op::mul, {x, ScalarValue(1.0)})[0];
              }),
              HasSubstr("mul(%1, #0)"));
}

TEST(Simplify, KeepsASumWithZero) {
  EXPECT_THAT(
      simplified([](auto& builder, ValueRef x) { return with_number(builder, Op::add, x, 0); }),
      HasSubstr("add("));
}

TEST(Simplify, RemovesADifferenceWithZero) {
  EXPECT_THAT(
      simplified([](auto& builder, ValueRef x) { return with_number(builder, Op::sub, x, 0); }),
      Not(HasSubstr("sub(")));
}

TEST(Simplify, MakesAProductOfASquare) {
  EXPECT_THAT(
      simplified([](auto& builder, ValueRef x) { return with_number(builder, Op::pow, x, 2); }),
      HasSubstr("mul(%1, %1)"));
}

TEST(Simplify, RemovesADoubleNegation) {
  EXPECT_THAT(simplified([](auto& builder, ValueRef x) {
                const ValueRef inner = builder.add_instruction(Op::neg, {x})[0];
                return builder.add_instruction(Op::neg, {inner})[0];
              }),
              Not(HasSubstr("neg(")));
}

ValueRef permuted(GraphBuilder& builder, ValueRef x) {
  return builder.add_instruction(Op::permute, {x}, make_attributes(Op::permute, Shape{1, 0}))[0];
}

TEST(Simplify, RemovesAPairOfTranspositions) {
  EXPECT_THAT(
      simplified([](auto& builder, ValueRef x) { return permuted(builder, permuted(builder, x)); }),
      Not(HasSubstr("permute(")));
}

TEST(Simplify, MergesReshapes) {
  EXPECT_THAT(simplified([](auto& builder, ValueRef x) {
                const ValueRef flat = builder.add_instruction(
                    Op::reshape, {x}, make_attributes(Op::reshape, Shape{12}))[0];
                return builder.add_instruction(Op::reshape, {flat},
                                               make_attributes(Op::reshape, Shape{2, 6}))[0];
              }),
              AllOf(HasSubstr("%2 = reshape(%1, shape=[2, 6])"), HasSubstr("%3 = tanh(%2)")));
}

TEST(Simplify, KeepsACopyWhoseLayoutReachesALibrary) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input({DType::kFloat32, {3, 3}, {}});
  const ValueRef copy = builder.add_instruction(Op::clone, {permuted(builder, x)})[0];
  builder.mark_output(builder.add_instruction(Op::mm, {copy, copy})[0]);
  EXPECT_THAT(to_text(run_passes(std::move(builder).finish()).graph), HasSubstr("clone("));
}

ValueRef cast(GraphBuilder& builder, ValueRef x, DType dtype) {
  return builder.add_instruction(Op::to, {x}, make_attributes(Op::to, dtype))[0];
}

TEST(Simplify, RemovesAWideningCastAndBack) {
  EXPECT_THAT(simplified([](auto& builder, ValueRef x) {
                return cast(builder, cast(builder, x, DType::kFloat64), DType::kFloat32);
              }),
              Not(HasSubstr("to(")));
}

TEST(Simplify, KeepsANarrowingCastAndBack) {
  EXPECT_THAT(simplified([](auto& builder, ValueRef x) {
                return cast(builder, cast(builder, x, DType::kBFloat16), DType::kFloat32);
              }),
              HasSubstr("to(%1, dtype=bfloat16)"));
}

TEST(AbsorbCasts, LetsASumReadTheOperandOfACast) {
  EXPECT_THAT(simplified([](auto& builder, ValueRef x) {
                return builder.add_instruction(
                    Op::sum, {cast(builder, x, DType::kFloat64)},
                    make_attributes(Op::sum, Shape{1}, false, kNoDType))[0];
              }),
              HasSubstr("sum(%1, dim=[1], keepdim=false, dtype=float64)"));
}

TEST(FoldConstants, MakesAFillOfACastFillWhichBothDtypesHold) {
  GraphBuilder builder;
  builder.guard_next(2);
  const ValueRef fill = builder.add_instruction(
      Op::full, {}, make_attributes(Op::full, Shape{2, 2}, ScalarValue(0.5), DType::kFloat32))[0];
  builder.mark_output(cast(builder, fill, DType::kBFloat16));
  EXPECT_THAT(to_text(run_passes(std::move(builder).finish()).graph),
              HasSubstr("full(size=[2, 2], fill_value=0.5, dtype=bfloat16)"));
}

TEST(FoldConstants, KeepsACastOfAFillThatRounds) {
  GraphBuilder builder;
  builder.guard_next(2);
  const ValueRef fill = builder.add_instruction(
      Op::full, {}, make_attributes(Op::full, Shape{2, 2}, ScalarValue(0.1), DType::kFloat32))[0];
  builder.mark_output(cast(builder, fill, DType::kFloat64));
  EXPECT_THAT(to_text(run_passes(std::move(builder).finish()).graph), HasSubstr("to("));
}

TEST(CommonSubexpressions, MergesEqualRows) {
  EXPECT_THAT(simplified([](auto& builder, ValueRef x) {
                const ValueRef a = builder.add_instruction(Op::sigmoid, {x})[0];
                const ValueRef b = builder.add_instruction(Op::sigmoid, {x})[0];
                return builder.add_instruction(Op::mul, {a, b})[0];
              }),
              HasSubstr("mul(%2, %2)"));
}

TEST(CommonSubexpressions, NeverMergesTwoBindings) {
  EXPECT_THAT(simplified([](auto& builder, ValueRef x) {
                const ValueRef a = builder.add_instruction(Op::mul, {x, ScalarValue(0.1)})[0];
                const ValueRef b = builder.add_instruction(Op::mul, {x, ScalarValue(0.1)})[0];
                return builder.add_instruction(Op::mul, {a, b})[0];
              }),
              AllOf(HasSubstr("mul(%1, #0)"), HasSubstr("mul(%1, #1)")));
}

TEST(CommonSubexpressions, NeverMergesRandomRows) {
  GraphBuilder builder;
  for (int i = 0; i < 2; ++i) {
    for (std::size_t binding = 1; binding < 5; ++binding) builder.guard_next(binding);
    builder.mark_output(builder.add_instruction(
        Op::uniform, {},
        make_attributes(Op::uniform, Shape{3}, 0.0, 1.0, DType::kFloat32, 1, 2))[0]);
  }
  EXPECT_EQ(run_passes(std::move(builder).finish()).graph.nodes().size(), 2u);
}

TEST(DeadCode, RemovesWhatNobodyReads) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  builder.add_instruction(Op::exp, {x});
  builder.mark_output(builder.add_instruction(Op::neg, {x})[0]);
  EXPECT_EQ(run_passes(std::move(builder).finish()).graph.nodes().size(), 2u);
}

TEST(DeadCode, KeepsInputs) {
  GraphBuilder builder;
  builder.add_input(kMatrix);
  EXPECT_EQ(run_passes(std::move(builder).finish()).graph.inputs().size(), 1u);
}

TEST(Decompose, LeavesCrossEntropyACall) {
  GraphBuilder builder;
  const ValueRef logits = builder.add_input(kMatrix);
  const ValueRef target = builder.add_input({DType::kInt64, {4}, {}});
  builder.mark_output(builder.add_instruction(Op::cross_entropy,
                                              {logits, target, RecordedOperand()},
                                              make_attributes(Op::cross_entropy, 1, -100, 0.0))[0]);
  EXPECT_THAT(to_text(run_passes(std::move(builder).finish()).graph), HasSubstr("cross_entropy("));
}

TEST(Decompose, ComputesNumbersOfAdamOnceARun) {
  GraphBuilder builder;
  const ValueRef p = builder.add_input(kMatrix);
  builder.mark_output(builder.add_instruction(
      Op::adam_update, {p, p, p, p},
      make_attributes(Op::adam_update, 1e-3, 0.9, 0.999, 1e-8, 0.01, 3, true))[0]);
  EXPECT_THAT(to_text(run_passes(std::move(builder).finish()).graph), HasSubstr("= power(#2, #5)"));
}

TEST(RunPasses, SkipsWhatIsSwitchedOff) {
  GraphBuilder builder;
  const ValueRef x = builder.add_input(kMatrix);
  builder.add_instruction(Op::exp, {x});
  const PassRun run =
      run_passes(std::move(builder).finish(), {.disabled = {"dead_code"}, .rounds = 4});
  EXPECT_EQ(run.graph.nodes().size(), 2u);
}

TEST(RunPasses, NamesThePassesWhereThereIsNoneOfAName) {
  try {
    static_cast<void>(run_passes(Graph(), {.disabled = {"dead"}, .rounds = 4}));
    FAIL();
  } catch (const CommonError& error) {
    EXPECT_THAT(error.what(), HasSubstr("dead_code"));
  }
}

TEST(RunPasses, EveryPassHasANameByWhichItIsSwitchedOff) {
  std::vector<std::string> disabled;
  for (const Pass& pass : all_passes()) disabled.emplace_back(pass.name);
  GraphBuilder builder;
  builder.add_instruction(Op::exp, {builder.add_input(kMatrix)});
  const PassRun run = run_passes(std::move(builder).finish(), {.disabled = disabled});
  EXPECT_TRUE(run.statistics.empty());
  EXPECT_EQ(run.graph.nodes().size(), 2u);
}

TEST(RunPasses, CountsWhatEachPassChanged) {
  GraphBuilder builder;
  builder.add_instruction(Op::exp, {builder.add_input(kMatrix)});
  const PassRun run = run_passes(std::move(builder).finish());
  EXPECT_EQ(run.statistics.back().name, "dead_code");
  EXPECT_EQ(run.statistics.back().changes, 1u);
}

PassResult break_the_graph(const Graph& graph) {
  PassResult result{graph, 1};
  result.graph.append_output({99, 0});
  return result;
}

TEST(RunPassesDeathTest, AbortsWhereAPassBreaksARule) {
  const Pass broken[] = {{"broken", "", &break_the_graph}};
  EXPECT_DEATH(static_cast<void>(run_passes(Graph(), {}, broken)), "after pass broken");
}

}  // namespace
}  // namespace gt::graph
