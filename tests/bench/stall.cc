#include <gt/gt.h>
#include <gt/signal.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

#include "tests/bench/cluster.h"
#include "tests/bench/compile_events.h"
#include "tests/bench/compile_time.h"
#include "tests/bench/setting.h"
#include "tests/bench/statistics.h"
#include "tests/bench/stopwatch.h"
#include "tests/bench/temporary_folder.h"
#include "tests/bench/transformer_training.h"

namespace gt::bench {
namespace {

constexpr int kSettlingSteps = 2;  // the first ones come after a program, with other memory
constexpr int kQuietSteps = 6;
constexpr int kMostSteps = 100;

/// Milliseconds of the steps of one round.
struct Round {
  std::vector<double> quiet, compiling, validating;
};

/// Rounds in one session. Every round has a signal of its own, which makes its step another
/// sequence, and forgets the code on disk: so each compiles the same program anew.
class Rounds {
 public:
  Round run() {
    std::filesystem::remove_all(cache_folder());
    Round round;
    for (int k = 0; k < kSettlingSteps; ++k) step();
    for (int k = 0; k < kQuietSteps; ++k) round.quiet.push_back(step());
    const std::string name = "round" + std::to_string(count_++);
    signal::SignalConfig config;
    config.compile.enabled = true;
    signal::register_config(name, config);
    const signal::context context(name);
    const CompileEvents before = events_.read();
    for (int k = 0; k < kMostSteps; ++k) {
      const bool was_complete = events_.read().complete > before.complete;
      const double milliseconds = step();
      const CompileEvents& now = events_.read();
      if (now.validated > before.validated) {
        round.validating.push_back(milliseconds);
        return round;
      }
      if (now.started > before.started && !was_complete) round.compiling.push_back(milliseconds);
    }
    throw std::runtime_error("the step was not compiled");
  }

 private:
  [[nodiscard]] std::string cache_folder() const { return folder_.path("cache"); }
  double step() {
    const Stopwatch watch;
    training_.step();
    static_cast<void>(training_.loss());
    return watch.seconds() * 1e3;
  }

  TemporaryFolder folder_;
  Setting log_{"GT_INSTRUCTION_LOG", folder_.path("log")};
  Setting cache_{"GT_CACHE_DIR", cache_folder()};
  OneWorker cluster_;
  CompileEventReader events_{folder_.path("log")};
  TransformerTraining training_{TransformerOptimizer::adamw};
  int count_ = 0;
};

using Part = std::vector<double> Round::*;

double slowest_hundredth(const std::vector<const Round*>& rounds, Part part) {
  std::vector<double> all;
  for (const Round* round : rounds)
    all.insert(all.end(), (round->*part).begin(), (round->*part).end());
  if (all.empty()) throw std::runtime_error("no step was seen beside a compilation");
  return quantile(all, 0.99);
}

/// Quotient of the slowest hundredths of two parts, and its interval.
FurtherRatio quotient(std::string_view name, const std::vector<Round>& rounds, Part part) {
  const auto of = [&](const std::vector<const Round*>& chosen) {
    return slowest_hundredth(chosen, part) / slowest_hundredth(chosen, &Round::quiet);
  };
  std::vector<const Round*> all;
  for (const Round& round : rounds) all.push_back(&round);
  return {name, of(all), resampled_interval(all, of)};
}

}  // namespace

Comparison stall(int pairs) {
  Rounds rounds;
  rounds.run();
  std::vector<Round> measured;
  for (int k = 0; k < pairs; ++k) measured.push_back(rounds.run());
  std::vector<const Round*> all;
  for (const Round& round : measured) all.push_back(&round);
  const FurtherRatio compiling = quotient("compiling", measured, &Round::compiling);
  return {slowest_hundredth(all, &Round::compiling),
          slowest_hundredth(all, &Round::quiet),
          compiling.ratio,
          compiling.interval,
          {quotient("validating", measured, &Round::validating)}};
}

}  // namespace gt::bench
