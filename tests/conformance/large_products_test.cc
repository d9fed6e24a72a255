// Matrix products around the size from which on another library may compute them, compared with
// LibTorch. The rows of the table are drawn much smaller.
#include <gtest/gtest.h>

#include <memory>

#include "tests/conformance/run_case.h"

namespace gt::conformance {
namespace {

constexpr int kCases = 40;

ScalarValue draw_factor(Draw& draw) { return draw.pick({0.0, 1.0, 1.0, -0.5, 1.75}); }

Case draw_product(Op op, Draw& draw) {
  const bool is_batched = op == Op::bmm || op == Op::baddbmm;
  const bool is_added = op == Op::addmm || op == Op::baddbmm;
  const auto shape_of = [&, batch = draw.integer(1, 6)](std::int64_t rows, std::int64_t columns) {
    return is_batched ? Shape{batch, rows, columns} : Shape{rows, columns};
  };
  const auto draw_size = [&] {
    return draw.chance(0.2) ? draw.integer(1, 16) : draw.integer(64, 200);
  };
  const std::int64_t m = draw_size(), k = draw_size(), n = draw_size();
  const DType dtype = draw.pick({DType::kFloat32, DType::kFloat32, DType::kFloat64});
  const OpRow& row = row_of(op);
  Case sample{&row, {}, {}};
  if (is_added)
    sample.operands.emplace_back(
        draw.tensor(dtype, draw.broadcastable(shape_of(m, n)), row.domain));
  sample.operands.emplace_back(draw.tensor(dtype, shape_of(m, k), row.domain));
  sample.operands.emplace_back(draw.tensor(dtype, shape_of(k, n), row.domain));
  sample.attributes =
      is_added ? make_attributes(op, draw_factor(draw), draw_factor(draw)) : make_attributes(op);
  return sample;
}

class LargeProducts : public testing::TestWithParam<Op> {};

TEST_P(LargeProducts, AgreeWithLibTorchHoweverTheyLie) {
  worker::EngineOptions options;
  options.memory_limit = std::size_t{1} << 30;
  const std::unique_ptr<worker::Engine> engine = worker::make_engine(options);
  for (int k = 0; k < case_count(kCases); ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    const Case sample = draw_product(GetParam(), draw);
    const Verdict verdict = judge_case(*engine, sample, draw);
    ASSERT_EQ(verdict.outcome, Verdict::Outcome::agrees)
        << describe(sample) << "\n"
        << verdict.explanation << "\ncase " << k << ", seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, LargeProducts,
                         testing::Values(Op::mm, Op::bmm, Op::addmm, Op::baddbmm),
                         [](const auto& parameter) {
                           return std::string(row_of(parameter.param).name);
                         });

}  // namespace
}  // namespace gt::conformance
