#include "tests/bench/pointwise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <stdexcept>
#include <string>

#include "tests/bench/engine_program.h"
#include "tests/bench/operations_libtorch.h"
#include "tests/bench/pointwise_cases_libtorch.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

constexpr std::int64_t kSides[] = {8, 64, 256, 1024, 4096};
constexpr std::int64_t kHalfSide = 256;
constexpr double kBatchSeconds = 5e-4;  ///< what one measurement takes at least
constexpr double kRowSeconds = 0.4;     ///< when a row ends, if it has enough pairs by then
constexpr double kLeastSmall = 0.1, kLargest = 2.0;

/// Draws operands with the engine's own generator.
class Operands {
 public:
  Operands(worker::Engine& engine, std::int64_t side, DType dtype)
      : engine_(engine), side_(side), dtype_(dtype) {}

  worker::Value draw(Input input) {
    switch (input) {
      case Input::matrix:
        return uniform({side_, side_}, -kLargest);
      case Input::positive_matrix:
        return uniform({side_, side_}, kLeastSmall);
      case Input::condition_matrix:
        return compute(Op::gt, {Argument::input(0), Argument::number(0)}, make_attributes(Op::gt),
                       {uniform({side_, side_}, -kLargest)});
      case Input::transposed_matrix: {
        worker::Value value = uniform({side_, side_}, -kLargest);
        std::swap(value.strides[0], value.strides[1]);
        return value;
      }
      case Input::row:
        return uniform({side_}, -kLargest);
      case Input::column:
        return uniform({side_, 1}, -kLargest);
      case Input::mean:
        return uniform({side_, 1}, -kLargest, DType::kFloat32);
      case Input::deviation:
        return uniform({side_, 1}, kLeastSmall, DType::kFloat32);
      case Input::one:
        return compute(Op::full, {}, make_attributes(Op::full, Shape{}, ScalarValue(1.0), dtype_),
                       {});
      case Input::labels:
        return compute(
            Op::randint, {},
            make_attributes(Op::randint, Shape{side_}, 0, side_, DType::kInt64, 7, ++draws_), {});
    }
    throw std::logic_error("unknown input");
  }

 private:
  worker::Value compute(Op op, const std::vector<Argument>& arguments, const Attributes& attributes,
                        std::vector<worker::Value> inputs) {
    EngineProgram program(engine_, std::move(inputs));
    program.add(op, arguments, attributes);
    return program.result();
  }
  worker::Value uniform(const Shape& shape, double least) { return uniform(shape, least, dtype_); }
  worker::Value uniform(const Shape& shape, double least, DType dtype) {
    return compute(Op::uniform, {},
                   make_attributes(Op::uniform, shape, least, kLargest, dtype, 7, ++draws_), {});
  }

  worker::Engine& engine_;
  std::int64_t side_;
  DType dtype_;
  int draws_ = 0;
};

/// How far results may be from LibTorch's, as LibtorchSide::distance tells.
double tolerance(const PointwiseCase& pointwise_case, DType dtype) {
  if (pointwise_case.is_random) return 6;
  return dtype == DType::kFloat32 ? 2e-4 : 6e-2;
}

/// Calls that fill a measurement.
template <class Call>
int calls_of_a_batch(const Call& call) {
  call(1);
  const Stopwatch watch;
  call(1);
  return std::clamp(static_cast<int>(kBatchSeconds / std::max(watch.seconds(), 1e-8)), 1, 20'000);
}

Comparison measure(const PointwiseCase& pointwise_case, std::int64_t side, DType dtype, int pairs) {
  prepare_libtorch();
  const auto engine = worker::make_engine({});
  Operands operands(*engine, side, dtype);
  std::vector<worker::Value> inputs;
  for (Input input : pointwise_case.inputs) inputs.push_back(operands.draw(input));
  const LibtorchSide libtorch(pointwise_case, inputs);
  EngineProgram program(*engine, inputs);
  pointwise_case.add_to(program);
  const double distance = libtorch.distance(program.result());
  if (!(distance <= tolerance(pointwise_case, dtype)))
    throw std::runtime_error(fmt::format("the results differ by {}", distance));
  const auto run_ours = [&](int count) {
    for (int k = 0; k < count; ++k) program.run();
  };
  const int count = calls_of_a_batch([&](int calls) { libtorch.run(calls); });
  const auto timed = [count](const auto& call) {
    const Stopwatch watch;
    call(count);
    return watch.seconds() / count * 1e6;
  };
  return compare_briefly([&] { return timed(run_ours); },
                         [&] { return timed([&](int calls) { libtorch.run(calls); }); }, pairs,
                         kRowSeconds);
}

}  // namespace

std::vector<Benchmark> pointwise_benchmarks() {
  static std::deque<std::string> names;  // the rows hold views of them
  std::vector<Benchmark> rows;
  const auto add_row = [&](const PointwiseCase& pointwise_case, std::int64_t side, DType dtype) {
    names.push_back(fmt::format("pointwise_{}_{}{}", pointwise_case.name, side * side,
                                dtype == DType::kBFloat16 ? "_bfloat16" : ""));
    Benchmark row{names.back(), "us", "the same in LibTorch, one thread",
                  [&pointwise_case, side, dtype](int pairs) {
                    return measure(pointwise_case, side, dtype, pairs);
                  }};
    row.is_brief = true;
    rows.push_back(std::move(row));
  };
  for (const PointwiseCase& pointwise_case : pointwise_cases()) {
    for (std::int64_t side : kSides) add_row(pointwise_case, side, DType::kFloat32);
    add_row(pointwise_case, kHalfSide, DType::kBFloat16);
  }
  return rows;
}

}  // namespace gt::bench
