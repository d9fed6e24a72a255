// Every row that a kernel can hold, compiled by itself, compared with LibTorch; with 16-bit floats,
// broadcasting, strides and reused operands as the samplers draw them.
#include <gtest/gtest.h>

#include "tests/conformance/compiled_engine.h"
#include "tests/conformance/run_case.h"

namespace gt::conformance {
namespace {

constexpr int kStandardCases = 25;

CompiledEngine& compiled_engine() {
  static CompiledEngine engine(worker::make_engine({.memory_limit = std::size_t{1} << 30}));
  return engine;
}

std::vector<const OpRow*> compilable_rows() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table()) {
    const bool is_candidate =
        row.op_class == OpClass::pointwise || row.op_class == OpClass::reduction ||
        row.op_class == OpClass::indexing || row.op_class == OpClass::composite;
    if (is_candidate && row.sampling != Sampling::none) rows.push_back(&row);
  }
  return rows;
}

class CompiledRows : public testing::TestWithParam<const OpRow*> {};

TEST_P(CompiledRows, AgreeWithLibTorch) {
  for (int k = 0; k < case_count(kStandardCases); ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    const Case sample = find_sampler(*GetParam())(*GetParam(), draw);
    const Verdict verdict = judge_case(compiled_engine(), sample, draw);
    ASSERT_NE(verdict.outcome, Verdict::Outcome::differs)
        << describe(sample) << "\n"
        << verdict.explanation << "\nseed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, CompiledRows, testing::ValuesIn(compilable_rows()),
                         [](const auto& instance) { return std::string(instance.param->name); });

TEST(CompiledRowsTogether, MostPointwiseRowsRunByAKernel) {
  int rows = 0;
  int compiled = 0;
  for (const OpRow* row : compilable_rows()) {
    if (row->op_class != OpClass::pointwise) continue;
    ++rows;
    const int before = compiled_engine().compiled_calls();
    for (int k = 0; k < 5; ++k) {
      Draw draw(base_seed() + static_cast<std::uint64_t>(k));
      const Case sample = find_sampler(*row)(*row, draw);
      static_cast<void>(judge_case(compiled_engine(), sample, draw));
    }
    if (compiled_engine().compiled_calls() > before) ++compiled;
  }
  EXPECT_GE(compiled * 10, rows * 9) << compiled << " of " << rows;
}

}  // namespace
}  // namespace gt::conformance
