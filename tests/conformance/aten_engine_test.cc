// The engine of the CUDA plugin, run over the CPU: every row through ATen, on memory of LibTorch.
// What it needs of a GPU beyond that is tested in tests/gpu.
#include <gtest/gtest.h>

#include "tests/conformance/aten_over_cpu.h"
#include "tests/conformance/run_case.h"

namespace gt::conformance {
namespace {

constexpr int kStandardCases = 60;

std::vector<const OpRow*> judged_rows() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table())
    if (row.sampling != Sampling::none) rows.push_back(&row);
  return rows;
}

class AtenEngine : public testing::TestWithParam<const OpRow*> {};

TEST_P(AtenEngine, GivesDtypesAndShapesThatWereInferred) {
  const auto engine = make_engine_over_cpu();
  for (int k = 0; k < case_count(kStandardCases); ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    const Case sample = find_sampler(*GetParam())(*GetParam(), draw);
    const Verdict verdict = judge_case(*engine, sample, draw);
    ASSERT_NE(verdict.outcome, Verdict::Outcome::differs)
        << describe(sample) << "\n"
        << verdict.explanation << "\nseed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, AtenEngine, testing::ValuesIn(judged_rows()),
                         [](const auto& instance) { return std::string(instance.param->name); });

TEST(AtenEngineMemory, RefusesResultsBeyondTheLimit) {
  const auto engine = make_engine_over_cpu(1000);
  const TensorMeta meta{DType::kFloat32, Shape{1000}, {}};
  const Attributes attributes = make_attributes(Op::full, meta.shape, ScalarValue(1), meta.dtype);
  EXPECT_THROW((void)engine->execute({row_of(Op::full), {}, attributes, {&meta, 1}}),
               worker::OutOfMemory);
}

TEST(AtenEngineIndices, RefusesPositionsOutsideBeforeAtenSeesThem) {
  const auto engine = make_engine_over_cpu();
  const Case sample{&row_of(Op::embedding),
                    {make_tensor(DType::kFloat32, Shape{2, 1}, std::vector<double>{1, 2}),
                     make_index(Shape{1}, std::vector<std::int64_t>{2})},
                    make_attributes(Op::embedding, -1)};
  Draw draw(1);
  try {
    (void)run(*engine, sample, infer_results(sample), draw);
    FAIL() << "index 2 of a table with 2 rows was accepted";
  } catch (const CommonError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIndex);
  }
}

}  // namespace
}  // namespace gt::conformance
