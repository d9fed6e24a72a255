#include "tests/bench/dispatch.h"

#include <gt/gt.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/process/time_slice.h"
#include "common/protocol/messages.h"
#include "common/transport/transport.h"
#include "tests/bench/child_program.h"
#include "tests/bench/cluster.h"
#include "tests/bench/ping_pong.h"
#include "tests/bench/processes.h"
#include "tests/bench/setting.h"
#include "tests/bench/stopwatch.h"
#include "tests/bench/temporary_folder.h"

namespace gt::bench {
namespace {

constexpr int kAdds = 200'000;
constexpr int kRoundTrips = 1000;
/// Words of one addition as a client sends it: header, two operands, the factor.
constexpr std::size_t kAddBytes = 4 * sizeof(std::uint64_t);

/// A process that passes batches on unread, from one connection of this process to another.
class Forwarder {
 public:
  Forwarder()
      : address_("ipc://" + folder_.path("forwarder")), child_("gt_bench_forwarder", {address_}) {
    if (child_.read_line() != "ready") throw std::runtime_error("the forwarder did not start");
    process_ = child_with("gt_bench_forwarder");
    source_ = transport::connect(address_);
    sink_ = transport::connect(address_);
    send(*sink_, std::vector<std::byte>(1));
    // Until the sink is known, what the source sends is lost.
    for (send(*source_, std::vector<std::byte>(2)); !sink_->receive(kStep);)
      send(*source_, std::vector<std::byte>(2));
    while (sink_->receive(kStep)) {
    }
  }

  /// The processor time that so many batches of `size` bytes cost it, in seconds.
  double forward(std::size_t batches, std::size_t size) {
    const double before = processor_seconds(process_);
    std::size_t sent = 0, received = 0;
    while (received < batches) {
      for (; sent < batches && sent - received < kInFlight; ++sent)
        send(*source_, std::vector<std::byte>(size));
      if (!sink_->receive(kPatience)) throw std::runtime_error("the forwarder forwards nothing");
      ++received;
    }
    return processor_seconds(process_) - before;
  }

 private:
  static constexpr std::chrono::milliseconds kStep{20};
  static constexpr std::chrono::milliseconds kPatience{5000};
  static constexpr std::size_t kInFlight = 32;

  static void send(transport::Endpoint& endpoint, std::vector<std::byte> bytes) {
    if (!endpoint.send(transport::kServer, transport::Lane::control, std::move(bytes)))
      throw std::runtime_error("the forwarder takes nothing");
  }

  TemporaryFolder folder_;
  std::string address_;
  ChildProgram child_;
  pid_t process_ = -1;
  std::unique_ptr<transport::Endpoint> source_;
  std::unique_ptr<transport::Endpoint> sink_;
};

Comparison compare_dispatch(int pairs) {
  const OneWorker cluster;
  Forwarder forwarder;
  const Tensor a = ones({8}), b = ones({8});
  if (!add(a, b).equal(full({8}, 2.0))) throw std::runtime_error("1 + 1 is not 2");
  const pid_t dispatcher = child_with(" server ");
  const auto ours = [&] {
    synchronize();
    const double before = processor_seconds(dispatcher);
    Tensor sum;
    for (int k = 0; k < kAdds; ++k) sum = add(a, b);
    synchronize();
    return (processor_seconds(dispatcher) - before) / kAdds * 1e9;
  };
  const auto baseline = [&] {
    const std::size_t batches = kAdds * kAddBytes / protocol::kBatchBytes;
    return forwarder.forward(batches, protocol::kBatchBytes) / kAdds * 1e9;
  };
  return compare(ours, baseline, pairs);
}

/// The 99th percentile of many calls, in microseconds.
template <class Call>
double p99_of(const Call& call) {
  std::vector<double> times;
  for (int k = 0; k < kRoundTrips; ++k) {
    const Stopwatch watch;
    call();
    times.push_back(watch.seconds() * 1e6);
  }
  const auto p99 = times.begin() + kRoundTrips * 99 / 100;
  std::nth_element(times.begin(), p99, times.end());
  return *p99;
}

}  // namespace

Comparison dispatch_cost(int pairs) { return compare_dispatch(pairs); }

Comparison dispatch_cost_zmq(int pairs) {
  const Setting transport("GT_TRANSPORT", "zmq");
  return compare_dispatch(pairs);
}

Comparison neighbour_p99(int pairs) {
  const OneWorker cluster;
  const std::string address = argument_of(child_with(" server "), "--address");
  Tensor count = zeros({});
  double expected = 0;
  const auto round_trip = [&] {
    count = count + 1;
    if (count.item<double>() != ++expected) throw std::runtime_error("the count is wrong");
  };
  const auto ours = [&] {
    ChildProgram neighbour("gt_bench_flood", {address});
    if (neighbour.read_line() != "flooding") throw std::runtime_error("nobody floods");
    return p99_of(round_trip);
  };
  return compare(ours, [&] { return p99_of(round_trip); }, pairs);
}

Comparison neighbour_bound(int pairs) {
  EndpointPingPong ping_pong;
  const auto own_slice = process::set_time_slice(process::kShortSlice);
  const auto exchange = [&] { ping_pong.exchange(); };
  const auto beside_others = [&] {
    ChildProgram first("gt_bench_busy", {}), second("gt_bench_busy", {});
    if (first.read_line() != "busy" || second.read_line() != "busy")
      throw std::runtime_error("nobody is busy");
    return p99_of(exchange);
  };
  Comparison result = compare(beside_others, [&] { return p99_of(exchange); }, pairs);
  process::set_time_slice(own_slice);
  return result;
}

}  // namespace gt::bench
