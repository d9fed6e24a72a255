// Every row of the op table on every engine, compared with LibTorch.
//
// GT_TEST_CASES sets the number of cases a row, GT_TEST_SEED (a number or `random`) the seed.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "tests/conformance/run_case.h"

namespace gt::conformance {
namespace {

constexpr int kStandardCases = 400;

struct Parameter {
  const OpRow* row;
  const char* backend;

  friend void PrintTo(const Parameter& parameter, std::ostream* out) {
    *out << parameter.row->name << " on " << parameter.backend;
  }
};

worker::Engine& engine_of(const std::string& backend) {
  static std::map<std::string, std::unique_ptr<worker::Engine>> engines;
  std::unique_ptr<worker::Engine>& engine = engines[backend];
  if (engine == nullptr) {
    worker::EngineOptions options;
    options.backend = backend;
    options.memory_limit = std::size_t{1} << 30;
    engine = worker::make_engine(options);
  }
  return *engine;
}

/// Rows that an engine computes from values alone.
std::vector<Parameter> judged_rows() {
  std::vector<Parameter> parameters;
  for (const OpRow& row : op_table())
    for (const char* backend : {"default", "reference"})
      if (row.sampling != Sampling::none) parameters.push_back({&row, backend});
  return parameters;
}

std::string test_name(const testing::TestParamInfo<Parameter>& info) {
  return std::string(info.param.row->name) + "_" + info.param.backend;
}

class Forward : public testing::TestWithParam<Parameter> {};

TEST_P(Forward, AgreesWithLibTorch) {
  const OpRow& row = *GetParam().row;
  const Sampler sampler = find_sampler(row);
  ASSERT_NE(sampler, nullptr) << "row " << row.name
                              << " has custom sampling: add a sampler of its name to "
                                 "tests/conformance/samplers_*.cc";
  int judged = 0;
  const int wanted = case_count(kStandardCases);
  for (int k = 0; k < wanted; ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    const Case sample = sampler(row, draw);
    const Verdict verdict = judge_case(engine_of(GetParam().backend), sample, draw);
    ASSERT_NE(verdict.outcome, Verdict::Outcome::differs)
        << describe(sample) << "\n"
        << verdict.explanation << "\ncase " << k << ", seed " << seed;
    if (verdict.outcome == Verdict::Outcome::agrees) ++judged;
  }
  EXPECT_GT(judged * 4, wanted) << "too few cases could be judged; mend the sampler";
}

INSTANTIATE_TEST_SUITE_P(Rows, Forward, testing::ValuesIn(judged_rows()), test_name);

}  // namespace
}  // namespace gt::conformance
