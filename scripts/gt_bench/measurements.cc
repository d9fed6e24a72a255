#include "scripts/gt_bench/measurements.h"

#include <fmt/format.h>
#include <gt/gt.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>

namespace gt::cluster_bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr std::int64_t kPayloadFloats = std::int64_t{16} << 20;
constexpr double kPayloadBytes = double(kPayloadFloats) * sizeof(float);

double seconds_of(const std::function<void()>& action) {
  const auto start = Clock::now();
  action();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Median time of the action, after one run to warm up.
double median_seconds(const std::function<void()>& action) {
  action();
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) times.push_back(seconds_of(action));
  return median(std::move(times));
}

std::vector<Measurement> instructions() {
  constexpr int kAdds = 200'000;
  const Tensor a = ones({8});
  const Tensor b = ones({8});
  const double seconds = median_seconds([&] {
    for (int k = 0; k < kAdds; ++k) static_cast<void>(a + b);
    synchronize();
  });
  return {{"instructions", kAdds / seconds / 1e6, "M/s", "additions of 8 floats, executed"}};
}

std::vector<Measurement> round_trip() {
  constexpr std::size_t kTrips = 2000;
  const Tensor a = ones({1});
  std::vector<double> times;
  for (std::size_t k = 0; k < kTrips; ++k)
    times.push_back(seconds_of([&] { static_cast<void>((a + 1).item<float>()); }) * 1e6);
  std::sort(times.begin(), times.end());
  return {{"round trip", times[kTrips / 2], "us", "median of one operation and reading its result"},
          {"round trip p99", times[kTrips * 99 / 100], "us", "one in a hundred takes longer"}};
}

std::vector<Measurement> transfers() {
  std::vector<float> source(static_cast<std::size_t>(kPayloadFloats), 1.0F);
  std::vector<float> copy(source.size());
  const double copying = median_seconds(
      [&] { std::memcpy(copy.data(), source.data(), source.size() * sizeof(float)); });
  const auto remark = [&](double seconds) {
    return fmt::format("64 MiB; a memcpy here makes {:.1f} GB/s ({:.2f} of it)",
                       kPayloadBytes / copying / 1e9, copying / seconds);
  };
  Tensor there;
  const double up = median_seconds([&] {
    there = from_blob(source.data(), {kPayloadFloats}, kFloat32);
    synchronize();
  });
  float sum = copy[0];
  std::vector<double> times;
  for (int round = 0; round <= kRounds; ++round) {
    const Tensor fresh = there.clone();  // what was read before would not travel again
    synchronize();
    times.push_back(seconds_of([&] { sum += fresh.const_data_ptr<float>()[0]; }));
  }
  const double down = median({times.begin() + 1, times.end()});
  return {{"upload", kPayloadBytes / up / 1e9, "GB/s", remark(up)},
          {"fetch", kPayloadBytes / down / 1e9, sum > 0 ? "GB/s" : "", remark(down)}};
}

std::vector<Measurement> memory_bandwidth() {
  const Tensor a = ones({kPayloadFloats});
  const Tensor b = ones({kPayloadFloats});
  const double seconds = median_seconds([&] {
    static_cast<void>(a + b);
    synchronize();
  });
  return {{"addition", 3 * kPayloadBytes / seconds / 1e9, "GB/s",
           "64 MiB and 64 MiB into 64 MiB, on one worker"}};
}

std::vector<Measurement> matrix_product() {
  constexpr std::int64_t kSize = 1024;
  const Tensor a = randn({kSize, kSize});
  const Tensor b = randn({kSize, kSize});
  const double seconds = median_seconds([&] {
    static_cast<void>(a.matmul(b));
    synchronize();
  });
  return {{"matrix product", 2.0 * kSize * kSize * kSize / seconds / 1e9, "GFLOP/s",
           "1024 x 1024 x 1024 in float32, on one worker"}};
}

std::vector<Measurement> training_step() {
  constexpr int kSteps = 50;
  manual_seed(0);
  nn::Sequential model(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10));
  optim::SGD optimizer(model->parameters(), 0.01);
  const Tensor x = randn({128, 784});
  const Tensor labels = randint(10, {128});
  Tensor loss;
  const double seconds = median_seconds([&] {
    for (int step = 0; step < kSteps; ++step) {
      optimizer.zero_grad();
      loss = nn::functional::cross_entropy(model->forward(x), labels);
      loss.backward();
      optimizer.step();
    }
    static_cast<void>(loss.item<float>());
  });
  return {{"training step", seconds / kSteps * 1e3, "ms", "784-256-10 at batch 128, SGD"}};
}

constexpr Benchmark kBenchmarks[] = {
    {"instructions", "small instructions a second", instructions},
    {"round-trip", "time to read a result", round_trip},
    {"transfers", "upload and fetch", transfers},
    {"memory", "a point-wise operation beyond the caches", memory_bandwidth},
    {"matmul", "a matrix product", matrix_product},
    {"training", "a step of a small network", training_step},
};

}  // namespace

std::span<const Benchmark> benchmarks() { return kBenchmarks; }

}  // namespace gt::cluster_bench
