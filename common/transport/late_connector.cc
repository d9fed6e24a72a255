#include "common/transport/late_connector.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "common/process/background_thread.h"

namespace gt::transport {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxWaiting = std::size_t{1} << 16;
/// A listener that is being started comes soon; one that does not may take its time.
constexpr std::chrono::milliseconds kSoon{1};
constexpr std::chrono::milliseconds kLater{20};
constexpr std::chrono::seconds kImpatience{2};
/// For the listener to come, when the connector closes with messages that wait.
constexpr std::chrono::milliseconds kLinger{250};
constexpr std::chrono::microseconds kLongestWait = std::chrono::hours(24);

}  // namespace

LateConnector::LateConnector(std::string address, Connect connect)
    : address_(std::move(address)),
      connect_(std::move(connect)),
      thread_(process::start_background_thread([this] { run(); })) {}

LateConnector::~LateConnector() {
  {
    std::unique_lock lock(mutex_);
    end_.wait_for(lock, kLinger, [&] { return endpoint_ || failure_ || waiting_.empty(); });
    is_ending_ = true;
    end_.notify_all();
  }
  thread_.join();
}

void LateConnector::run() {
  const auto start = Clock::now();
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    lock.unlock();
    const bool is_done = try_connect();
    lock.lock();
    if (is_done) break;
    end_.wait_for(lock, Clock::now() - start < kImpatience ? kSoon : kLater);
  }
}

bool LateConnector::try_connect() {
  std::unique_ptr<Endpoint> endpoint;
  std::unique_ptr<CommonError> failure;
  try {
    endpoint = connect_();
    if (!endpoint) return false;
  } catch (const CommonError& error) {
    failure = std::make_unique<CommonError>(error);
  }
  const std::lock_guard lock(mutex_);
  for (Message& message : std::exchange(waiting_, {})) {
    if (!endpoint || !endpoint->send(kServer, message.lane, std::move(message.bytes),
                                     std::move(message.attachment)))
      break;
  }
  if (endpoint && is_dropped_) endpoint->drop(kServer);
  failure_ = std::move(failure);
  endpoint_ = std::move(endpoint);
  current_ = endpoint_.get();
  changed_.raise();
  end_.notify_all();
  return true;
}

bool LateConnector::send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
                         SharedBlockRef attachment) {
  if (!endpoint()) {
    const std::lock_guard lock(mutex_);
    if (!endpoint_) {
      if (peer != kServer || is_dropped_ || failure_ || waiting_.size() >= kMaxWaiting)
        return false;
      waiting_.push_back({lane, std::move(bytes), std::move(attachment)});
      return true;
    }
  }
  return endpoint()->send(peer, lane, std::move(bytes), std::move(attachment));
}

bool LateConnector::shares_memory(PeerId peer) const {
  return endpoint() && endpoint()->shares_memory(peer);
}

std::optional<Incoming> LateConnector::try_receive() {
  if (endpoint()) return endpoint()->try_receive();
  const std::lock_guard lock(mutex_);
  if (failure_) throw CommonError(*failure_);
  return std::nullopt;
}

bool LateConnector::wait(std::chrono::microseconds timeout) {
  if (endpoint()) return endpoint()->wait(timeout);
  std::array items{pollfd{wake_.descriptor(), POLLIN, 0}, pollfd{changed_.descriptor(), POLLIN, 0}};
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(
      std::clamp(timeout, std::chrono::microseconds(0), kLongestWait));
  if (::poll(items.data(), items.size(), static_cast<int>(time.count())) < 0) return true;
  if (wake_.clear()) return false;
  return changed_.clear();
}

void LateConnector::wake() {
  wake_.raise();
  if (endpoint()) endpoint()->wake();
}

void LateConnector::drop(PeerId peer) {
  if (endpoint()) return endpoint()->drop(peer);
  const std::lock_guard lock(mutex_);
  if (endpoint_) return endpoint_->drop(peer);
  is_dropped_ = is_dropped_ || peer == kServer;
}

}  // namespace gt::transport
