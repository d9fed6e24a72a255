#include "tests/bench/torch_compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/bench/child_program.h"
#include "tests/bench/cluster.h"
#include "tests/bench/compiled_side.h"
#include "tests/bench/convolutional_training.h"
#include "tests/bench/mlp_training.h"
#include "tests/bench/normalised_training.h"
#include "tests/bench/setting.h"
#include "tests/bench/temporary_folder.h"
#include "tests/bench/trainings_libtorch.h"
#include "tests/bench/transformer_training.h"

namespace gt::bench {
namespace {

/// Training by torch.compile in a process of its own, from where `baseline` begins.
class TorchCompiled {
 public:
  TorchCompiled(const std::string& program, const std::string& problem,
                const LibtorchTraining& baseline)
      : program_(start(program, problem, baseline)),
        loss_(std::stod(program_.read_line(kPatience))) {}

  /// Its loss after as many steps as `check_same_result` makes.
  [[nodiscard]] double loss() const noexcept { return loss_; }
  /// Microseconds a step.
  [[nodiscard]] double time_steps(int steps) {
    program_.write_line(std::to_string(steps));
    return std::stod(program_.read_line());
  }

 private:
  static constexpr int kPatience = 600'000;  // milliseconds: it compiles C++

  ChildProgram start(const std::string& program, const std::string& problem,
                     const LibtorchTraining& baseline) {
    const std::string path = folder_.path("tensors");
    baseline.write(path);
    // As `prepare_libtorch` has it.
    const Setting mapped("MALLOC_MMAP_MAX_", "0"), kept("MALLOC_TRIM_THRESHOLD_", "2000000000"),
        padding("MALLOC_TOP_PAD_", std::to_string(64 << 20));
    return ChildProgram(program, {problem, path});
  }

  TemporaryFolder folder_;
  ChildProgram program_;
  double loss_;
};

template <class Ours>
Comparison compare_with_best(const std::string& program, const std::string& problem,
                             Compiled<Ours>& ours, LibtorchTraining& baseline, int steps,
                             int pairs) {
  TorchCompiled compiled(program, problem, baseline);
  check_same_result(ours, baseline);
  const double loss = baseline.loss();
  if (!(std::abs(compiled.loss() - loss) <= 1e-3 * std::abs(loss)))
    throw std::runtime_error(
        fmt::format("the loss is {} in LibTorch, and by torch.compile {}", loss, compiled.loss()));
  ours.settle();
  return compare([&] { return time_steps(ours, steps, false); },
                 [&] {
                   const double eager = time_steps(baseline, steps, false);
                   return std::min(eager, compiled.time_steps(steps));
                 },
                 pairs);
}

Comparison mlp_best(const std::string& program, int pairs) {
  const TrainingProblem problem(128);
  const OneWorker cluster;
  Compiled<MlpTraining> ours(problem);
  const auto baseline = libtorch_mlp(problem);
  return compare_with_best(program, "mlp", ours, *baseline, 60, pairs);
}

Comparison transformer_best(const std::string& program, int pairs) {
  const OneWorker cluster;
  Compiled<TransformerTraining> ours(TransformerOptimizer::sgd);
  const auto baseline = libtorch_transformer(TransformerOptimizer::sgd);
  return compare_with_best(program, "transformer", ours, *baseline, 2, pairs);
}

Comparison compare_cnn_with_best(const std::string& program, const std::string& problem,
                                 const ConvolutionalWidths& widths, int steps, int pairs) {
  const OneWorker cluster;
  Compiled<ConvolutionalTraining> ours(widths);
  const auto baseline = libtorch_convolutional(widths);
  return compare_with_best(program, problem, ours, *baseline, steps, pairs);
}

Comparison cnn_best(const std::string& program, int pairs) {
  return compare_cnn_with_best(program, "cnn", kNarrow, 20, pairs);
}

Comparison cnn_wide_best(const std::string& program, int pairs) {
  return compare_cnn_with_best(program, "cnn_wide", kWide, 4, pairs);
}

Comparison pointwise_best(const std::string& program, int pairs) {
  const OneWorker cluster;
  Compiled<NormalisedTraining> ours;
  const auto baseline = libtorch_normalised();
  return compare_with_best(program, "pointwise", ours, *baseline, 20, pairs);
}

}  // namespace

std::vector<Benchmark> torch_compile_benchmarks(const std::string& program) {
  constexpr std::string_view kBaseline = "the faster of LibTorch C++ and torch.compile";
  const auto row = [&](std::string_view name, Comparison (*run)(const std::string&, int)) {
    return Benchmark{name, "us", kBaseline, [=](int pairs) { return run(program, pairs); }};
  };
  return {row("compiled_mlp_best", mlp_best), row("compiled_transformer_best", transformer_best),
          row("compiled_cnn_best", cnn_best), row("compiled_cnn_wide_best", cnn_wide_best),
          row("compiled_pointwise", pointwise_best)};
}

}  // namespace gt::bench
