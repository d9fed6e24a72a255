// gt_bench_unrepeated: operations over 64 Ki elements in an order in which nothing repeats. Prints
// the processor seconds that they took in this process, the dispatcher and the worker.
#include <fmt/format.h>
#include <gt/gt.h>
#include <unistd.h>

#include <exception>
#include <random>
#include <vector>

#include "tests/bench/processes.h"
#include "tests/bench/programs/end_with_parent.h"

namespace {

using gt::Tensor;

constexpr int kOperations = 20'000;
constexpr int kWarmUp = 500;

class Program {
 public:
  Program() {
    for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{
             {65536}, {256, 256}, {64, 32, 32}, {16, 16, 16, 16}})
      values_.push_back({gt::rand(sizes), gt::rand(sizes), gt::rand(sizes)});
  }
  /// One operation drawn at random over operands drawn at random, of a rank drawn at random: what
  /// comes twice does so by chance, and rarely.
  void step() {
    std::vector<Tensor>& values = values_[draw(values_.size())];
    const Tensor& a = values[draw(values.size())];
    const Tensor& b = values[draw(values.size())];
    values[draw(values.size())] = apply(draw(kKinds), a, b);
  }

 private:
  static constexpr std::size_t kKinds = 14;

  std::size_t draw(std::size_t count) { return random_() % count; }
  static Tensor apply(std::size_t op, const Tensor& a, const Tensor& b) {
    switch (op) {
      case 0:
        return a * b;
      case 1:
        return gt::maximum(a, b);
      case 2:
        return gt::minimum(a, b);
      case 3:
        return a - b;
      case 4:
        return a.relu();
      case 5:
        return a.tanh();
      case 6:
        return a.sigmoid();
      case 7:
        return a.neg();
      case 8:
        return a.abs();
      case 9:
        return a.sin();
      case 10:
        return a.cos();
      case 11:
        return a.mul(0.75);
      case 12:
        return a.softmax(-1);
      default:
        return a.clamp(-1, 1);
    }
  }

  std::mt19937_64 random_{24};
  std::vector<std::vector<Tensor>> values_;
};

double processor_seconds_of_cluster() {
  gt::synchronize();
  return gt::bench::processor_seconds(getpid()) +
         gt::bench::processor_seconds(gt::bench::child_with("gt server")) +
         gt::bench::processor_seconds(gt::bench::child_with("gt worker"));
}

}  // namespace

int main() {
  gt::bench::end_with_parent();
  try {
    gt::ClusterOptions options;
    options.workers = 1;
    options.worker_threads = 1;
    gt::connect(options);
    Program program;
    for (int k = 0; k < kWarmUp; ++k) program.step();
    const double before = processor_seconds_of_cluster();
    for (int k = 0; k < kOperations; ++k) program.step();
    fmt::print("{:.6f}\n", processor_seconds_of_cluster() - before);
  } catch (const std::exception& error) {
    fmt::print(stderr, "gt_bench_unrepeated: {}\n", error.what());
    return 1;
  }
}
