#include "common/transport/shared_connection.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace gt::transport {
namespace {

/// Messages handled before the thread looks after its own affairs.
constexpr int kMostInARow = 64;

}  // namespace

/// The receive role of this thread, from its taking to the end of the scope.
class SharedConnection::Role {
 public:
  /// Takes the role, which is free. The lock on role_mutex_ is released.
  Role(SharedConnection& connection, std::unique_lock<std::mutex>& lock) : connection_(connection) {
    connection_.is_role_taken_ = true;
    lock.unlock();
  }
  Role(const Role&) = delete;
  Role& operator=(const Role&) = delete;
  ~Role() {
    const std::lock_guard lock(connection_.role_mutex_);
    connection_.is_role_taken_ = false;
    connection_.is_in_endpoint_ = false;
    if (has_handled) connection_.changes_.fetch_add(1, std::memory_order_release);
    if (connection_.sleepers_ > 0) connection_.role_changed_.notify_all();
  }

  bool has_handled = true;  ///< also if the handler throws

 private:
  SharedConnection& connection_;
};

SharedConnection::SharedConnection(std::unique_ptr<Endpoint> endpoint, Handler handler)
    : endpoint_(std::move(endpoint)), handler_(std::move(handler)) {}

bool SharedConnection::send(Lane lane, std::vector<std::byte> bytes, SharedBlockRef attachment) {
  last_sent_ = Clock::now();
  const std::lock_guard lock(endpoint_mutex_);
  return endpoint_->send(kServer, lane, std::move(bytes), std::move(attachment));
}

bool SharedConnection::shares_memory() {
  const std::lock_guard lock(endpoint_mutex_);
  return endpoint_->shares_memory(kServer);
}

void SharedConnection::wait_for_change(std::uint64_t seen, std::chrono::microseconds longest) {
  const auto deadline = Clock::now() + longest;
  std::unique_lock lock(role_mutex_);
  if (changes_ != seen) return;
  if (is_role_taken_) {
    ++sleepers_;
    role_changed_.wait_until(lock, deadline, [&] { return changes_ != seen || !is_role_taken_; });
    --sleepers_;
    if (changes_ != seen || is_role_taken_) return;
  }
  Role role(*this, lock);
  role.has_handled = handle_available() || (wait_in_endpoint(seen, deadline) && handle_available());
}

/// Returns whether there may be a message.
bool SharedConnection::wait_in_endpoint(std::uint64_t seen, Clock::time_point deadline) {
  {
    const std::lock_guard lock(role_mutex_);
    if (changes_ != seen) return false;
    is_in_endpoint_ = true;
  }
  const auto left = std::chrono::ceil<std::chrono::microseconds>(deadline - Clock::now());
  static_cast<void>(endpoint_->wait(std::max(left, std::chrono::microseconds(0))));
  const std::lock_guard lock(role_mutex_);
  is_in_endpoint_ = false;
  return true;
}

bool SharedConnection::receive_available() {
  std::unique_lock lock(role_mutex_);
  if (is_role_taken_) return false;
  Role role(*this, lock);
  return role.has_handled = handle_available();
}

bool SharedConnection::handle_available() {
  const auto take = [this] {
    const std::lock_guard lock(endpoint_mutex_);
    return endpoint_->try_receive();
  };
  for (int count = 0; count < kMostInARow; ++count) {
    std::optional<Incoming> incoming = take();
    if (!incoming) {
      last_looked_ = Clock::now();
      return count > 0;
    }
    last_heard_ = Clock::now();
    if (!handler_(std::move(*incoming))) break;
  }
  return true;
}

void SharedConnection::notify() {
  bool must_wake = false;
  {
    const std::lock_guard lock(role_mutex_);
    changes_.fetch_add(1, std::memory_order_release);
    must_wake = is_in_endpoint_;
    if (sleepers_ > 0) role_changed_.notify_all();
  }
  if (must_wake) endpoint_->wake();
}

SharedConnection::Clock::duration SharedConnection::silence() const noexcept {
  return std::max(last_looked_.load() - last_heard_.load(), Clock::duration::zero());
}

}  // namespace gt::transport
