// Attention of a size from which its products may be computed in blocks, compared with LibTorch.
// The rows of the table are drawn much smaller.
#include <gtest/gtest.h>

#include <memory>

#include "tests/conformance/run_case.h"
#include "tests/judge/judge.h"

namespace gt::conformance {
namespace {

constexpr int kCases = 12;

/// More rows than columns of scores, fewer, and no multiple of what a block has.
Case draw_forward(Draw& draw) {
  const OpRow& row = row_of(Op::scaled_dot_product_attention);
  const bool is_causal = draw.chance(0.6);
  const std::int64_t batch = draw.integer(1, 2), heads = draw.integer(3, 4);
  const std::int64_t rows = draw.integer(70, 140), columns = draw.integer(70, 140);
  const std::int64_t depth = draw.integer(48, 70);
  const DType dtype = draw.pick({DType::kFloat32, DType::kFloat32, DType::kFloat64});
  Case sample{&row, {}, {}};
  for (const std::int64_t length : {rows, columns, columns})
    sample.operands.emplace_back(
        draw.tensor(dtype, Shape{batch, heads, length, depth}, Domain::real));
  if (is_causal || draw.chance(0.5))
    sample.operands.emplace_back();
  else
    sample.operands.emplace_back(draw.tensor(dtype, Shape{rows, columns}, Domain::real));
  sample.attributes = make_attributes(row.op, is_causal, draw.real(0.05, 0.2));
  return sample;
}

Case draw_backward(Draw& draw) {
  const Case inner = draw_forward(draw);
  const OpRow& row = row_of(Op::scaled_dot_product_attention_backward);
  const auto results = judge::judge_forward(*inner.row, inner.operands, inner.attributes);
  return {&row,
          {draw.tensor(results[0].dtype, results[0].shape, Domain::real), inner.operands[0],
           inner.operands[1], inner.operands[2], results[0], results[1], inner.operands[3]},
          make_attributes(row.op, inner.attributes.boolean(*inner.row, 0),
                          inner.attributes.real(*inner.row, 1))};
}

void expect_agreement(Case (*draw_case)(Draw&)) {
  worker::EngineOptions options;
  options.memory_limit = std::size_t{1} << 30;
  const std::unique_ptr<worker::Engine> engine = worker::make_engine(options);
  for (int k = 0; k < case_count(kCases); ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    const Case sample = draw_case(draw);
    const Verdict verdict = judge_case(*engine, sample, draw);
    ASSERT_EQ(verdict.outcome, Verdict::Outcome::agrees)
        << describe(sample) << "\n"
        << verdict.explanation << "\ncase " << k << ", seed " << seed;
  }
}

TEST(LargeAttention, AgreesWithLibTorchHoweverItLies) { expect_agreement(draw_forward); }
TEST(LargeAttention, HasTheGradientsOfLibTorch) { expect_agreement(draw_backward); }

}  // namespace
}  // namespace gt::conformance
