#include "tests/bench/transfer.h"

#include <gt/gt.h>

#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

#include "tests/bench/bare_transfer.h"
#include "tests/bench/cluster.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

constexpr std::int64_t kElements = 16 << 20;
constexpr double kBytes = static_cast<double>(kElements * sizeof(float));

double gigabytes_a_second(const Stopwatch& watch) { return kBytes / watch.seconds() / 1e9; }

/// Copies between two buffers that have been touched.
class Copy {
 public:
  double operator()() {
    source_[0] += 1;
    const Stopwatch watch;
    std::memcpy(target_.data(), source_.data(), source_.size() * sizeof(float));
    const double rate = gigabytes_a_second(watch);
    if (target_[0] != source_[0]) throw std::runtime_error("memcpy did not copy");
    return rate;
  }

 private:
  std::vector<float> source_ = std::vector<float>(kElements, 1.0f);
  std::vector<float> target_ = std::vector<float>(kElements, 0.0f);
};

Comparison compare_uploads(int pairs) {
  std::vector<float> values(kElements, 1.0f);
  Copy copy;
  const auto ours = [&] {
    values.back() += 1;
    synchronize();
    const Stopwatch watch;
    const Tensor tensor = from_blob(values.data(), {kElements}, kFloat);
    synchronize();
    const double rate = gigabytes_a_second(watch);
    if (tensor[-1].add(1).item<float>() != values.back() + 1)
      throw std::runtime_error("the upload did not arrive");
    return rate;
  };
  return compare(ours, [&] { return copy(); }, pairs);
}

Comparison compare_fetches(int pairs) {
  Tensor tensor = zeros({kElements});
  float expected = 0;
  Copy copy;
  const auto ours = [&] {
    tensor = tensor + 1;
    synchronize();
    const Stopwatch watch;
    const float* values = tensor.const_data_ptr<float>();
    const double rate = gigabytes_a_second(watch);
    if (values[kElements - 1] != ++expected)
      throw std::runtime_error("the fetch gave wrong values");
    return rate;
  };
  return compare(ours, [&] { return copy(); }, pairs);
}

/// Through bare processes over tcp.
Comparison compare_bare_transfers(int pairs) {
  const std::vector<float> values(kElements, 1.0f);
  BareTransfer transfer;
  Copy copy;
  const auto bare = [&] {
    const Stopwatch watch;
    transfer.send(std::as_bytes(std::span(values)));
    return gigabytes_a_second(watch);
  };
  return compare(bare, [&] { return copy(); }, pairs);
}

}  // namespace

Comparison upload(int pairs) {
  const OneWorker cluster;
  return compare_uploads(pairs);
}

Comparison fetch(int pairs) {
  const OneWorker cluster;
  return compare_fetches(pairs);
}

Comparison upload_tcp(int pairs) {
  const OneWorkerOverTcp cluster;
  return compare_uploads(pairs);
}

Comparison fetch_tcp(int pairs) {
  const OneWorkerOverTcp cluster;
  return compare_fetches(pairs);
}

Comparison tcp_bound(int pairs) { return compare_bare_transfers(pairs); }

}  // namespace gt::bench
