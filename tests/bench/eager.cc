#include "tests/bench/eager.h"

#include <gt/gt.h>

#include <stdexcept>
#include <vector>

#include "tests/bench/cluster.h"
#include "tests/bench/operations_libtorch.h"
#include "tests/bench/ping_pong.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

constexpr int kAdds = 100'000;
constexpr int kRoundTrips = 200;
constexpr int kRows = 60'000;
constexpr int kColumns = 64;

/// Median of single calls, in microseconds.
template <class Call>
double median_of_calls(const Call& call) {
  std::vector<double> times;
  for (int k = 0; k < kRoundTrips; ++k) {
    const Stopwatch watch;
    call();
    times.push_back(watch.seconds() * 1e6);
  }
  return median(std::move(times));
}

/// Round trips through GT on the cluster, against those through bare processes.
template <class Cluster, class PingPong>
Comparison compare_round_trips(int pairs) {
  const Cluster cluster;
  PingPong ping_pong;
  Tensor count = zeros({});
  double expected = 0;
  const auto ours = [&] {
    return median_of_calls([&] {
      count = count + 1;
      if (count.item<double>() != ++expected) throw std::runtime_error("the count is wrong");
    });
  };
  return compare(ours, [&] { return median_of_calls([&] { ping_pong.exchange(); }); }, pairs);
}

}  // namespace

Comparison eager_rate(int pairs) {
  const OneWorker cluster;
  prepare_libtorch();
  const Tensor a = ones({8}), b = ones({8});
  const auto ours = [&] {
    synchronize();
    const Stopwatch watch;
    Tensor sum;
    for (int k = 0; k < kAdds; ++k) sum = add(a, b);
    synchronize();
    return kAdds / watch.seconds();
  };
  const auto baseline = [] {
    const Stopwatch watch;
    add_in_libtorch(kAdds);
    return kAdds / watch.seconds();
  };
  if (!add(a, b).equal(full({8}, 2.0))) throw std::runtime_error("1 + 1 is not 2");
  return compare(ours, baseline, pairs);
}

Comparison write_loop(int pairs) {
  const OneWorker cluster;
  prepare_libtorch();
  const double expected = kColumns * (kRows - 1.0) * kRows / 2;
  const auto check = [&](double sum) {
    if (sum != expected) throw std::runtime_error("the sum of the rows is wrong");
  };
  const auto ours = [&] {
    const Stopwatch watch;
    const Tensor x = zeros({kRows, kColumns});
    for (int row = 0; row < kRows; ++row) x[row] = static_cast<double>(row);
    check(x.sum(kDouble).item<double>());
    return watch.seconds() * 1e3;
  };
  const auto baseline = [&] {
    const Stopwatch watch;
    check(write_rows_in_libtorch(kRows, kColumns));
    return watch.seconds() * 1e3;
  };
  return compare(ours, baseline, pairs);
}

Comparison round_trip(int pairs) { return compare_round_trips<OneWorker, EndpointPingPong>(pairs); }

Comparison round_trip_tcp(int pairs) {
  return compare_round_trips<OneWorkerOverTcp, ZmqPingPong>(pairs);
}

}  // namespace gt::bench
