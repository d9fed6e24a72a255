#include "tests/bench/torch_compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/bench/child_program.h"
#include "tests/bench/cluster.h"
#include "tests/bench/compiled_side.h"
#include "tests/bench/convolutional_libtorch.h"
#include "tests/bench/convolutional_training.h"
#include "tests/bench/mlp_training.h"
#include "tests/bench/normalised_libtorch.h"
#include "tests/bench/normalised_training.h"
#include "tests/bench/temporary_folder.h"
#include "tests/bench/training_libtorch.h"
#include "tests/bench/transformer_libtorch.h"
#include "tests/bench/transformer_training.h"

namespace gt::bench {
namespace {

/// Training by torch.compile in a process of its own, from where `baseline` begins.
class TorchCompiled {
 public:
  template <class Baseline>
  TorchCompiled(const std::string& program, const std::string& problem, const Baseline& baseline)
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

  template <class Baseline>
  ChildProgram start(const std::string& program, const std::string& problem,
                     const Baseline& baseline) {
    const std::string path = folder_.path("tensors");
    baseline.write(path);
    return ChildProgram(program, {problem, path});
  }

  TemporaryFolder folder_;
  ChildProgram program_;
  double loss_;
};

template <class Ours, class Baseline>
Comparison compare_with_best(const std::string& program, const std::string& problem,
                             Compiled<Ours>& ours, Baseline& baseline, int steps, int pairs) {
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
  LibtorchTraining baseline(problem);
  return compare_with_best(program, "mlp", ours, baseline, 60, pairs);
}

Comparison transformer_best(const std::string& program, int pairs) {
  const OneWorker cluster;
  Compiled<TransformerTraining> ours(TransformerOptimizer::sgd);
  LibtorchTransformer baseline(TransformerOptimizer::sgd);
  return compare_with_best(program, "transformer", ours, baseline, 2, pairs);
}

Comparison cnn_best(const std::string& program, int pairs) {
  const OneWorker cluster;
  Compiled<ConvolutionalTraining> ours;
  LibtorchConvolutional baseline;
  return compare_with_best(program, "cnn", ours, baseline, 20, pairs);
}

Comparison pointwise_best(const std::string& program, int pairs) {
  const OneWorker cluster;
  Compiled<NormalisedTraining> ours;
  LibtorchNormalised baseline;
  return compare_with_best(program, "pointwise", ours, baseline, 20, pairs);
}

}  // namespace

std::vector<Benchmark> torch_compile_benchmarks(const std::string& program) {
  constexpr std::string_view kBaseline = "the faster of LibTorch C++ and torch.compile";
  const auto row = [&](std::string_view name, Comparison (*run)(const std::string&, int)) {
    return Benchmark{name, "us", kBaseline, [=](int pairs) { return run(program, pairs); }};
  };
  return {row("compiled_mlp_best", mlp_best), row("compiled_transformer_best", transformer_best),
          row("compiled_cnn_best", cnn_best), row("compiled_pointwise", pointwise_best)};
}

}  // namespace gt::bench
