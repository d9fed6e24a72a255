#include "tests/bench/compile_time.h"

#include <gt/gt.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/bench/cluster.h"
#include "tests/bench/compile_events.h"
#include "tests/bench/compiled_side.h"
#include "tests/bench/mlp_training.h"
#include "tests/bench/setting.h"
#include "tests/bench/temporary_folder.h"

namespace gt::bench {
namespace {

constexpr int kHotSteps = 12;  // a sequence is hot after ten
constexpr double kPatienceSeconds = 20;

/// A cluster that compiles the step once, with what is in `cache`.
double milliseconds_to_compile(const std::string& cache) {
  const TemporaryFolder folder;
  const Setting log("GT_INSTRUCTION_LOG", folder.path("log"));
  const Setting cache_folder("GT_CACHE_DIR", cache);
  const TrainingProblem problem(128);
  const OneWorker cluster;
  Compiled<MlpTraining> training(problem);
  for (int k = 0; k < kHotSteps; ++k) training.step();
  synchronize();
  CompileEventReader events(folder.path("log"));
  for (const Stopwatch watch; watch.seconds() < kPatienceSeconds;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const CompileEvents& seen = events.read();
    if (seen.started > 0 && seen.complete == seen.started) return seen.seconds * 1e3;
    training.step();  // a worker tells with its next instructions what has become of it
    synchronize();
  }
  throw std::runtime_error("the step was not compiled");
}

double cold_milliseconds() {
  const TemporaryFolder cache;
  return milliseconds_to_compile(cache.path("cache"));
}

/// The second time that a program is started.
class SecondStart {
 public:
  SecondStart() { milliseconds(); }
  double milliseconds() const { return milliseconds_to_compile(cache_.path("cache")); }

 private:
  TemporaryFolder cache_;
};

}  // namespace

Comparison compile_cold(int pairs) {
  const SecondStart second;
  return compare(cold_milliseconds, [&] { return second.milliseconds(); }, pairs);
}

Comparison compile_disk(int pairs) {
  const SecondStart second;
  return compare([&] { return second.milliseconds(); }, cold_milliseconds, pairs);
}

}  // namespace gt::bench
