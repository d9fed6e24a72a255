#include "common/process/stop_watcher.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "common/error.h"

namespace gt::process {
namespace {

constexpr std::chrono::seconds kGrace{5};
/// What a shell reports for a program that Ctrl-C ended.
constexpr int kInterruptedStatus = 130;

int require(int descriptor, const char* what) {
  if (descriptor < 0)
    throw CommonError(ErrorKind::kInternal, std::string(what) + ": " + std::strerror(errno));
  return descriptor;
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

/// Reads what is there; true at the end of file or when the descriptor is no good.
bool is_at_end(int lifeline) {
  char bytes[64];
  const ssize_t count = read(lifeline, bytes, sizeof bytes);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

void take_signal(int descriptor) {
  signalfd_siginfo info;
  [[maybe_unused]] const ssize_t count = read(descriptor, &info, sizeof info);
}

}  // namespace

StopWatcher::StopWatcher(int lifeline) {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Peers that are gone and files that may not grow are errors of the calls that write.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  signals_ = require(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
  end_ = require(eventfd(0, EFD_CLOEXEC), "eventfd");
  if (lifeline >= 0 && fcntl(lifeline, F_GETFD) < 0)
    throw CommonError(ErrorKind::kInvalidArgument,
                      "lifeline descriptor " + std::to_string(lifeline) + " is not open");
  thread_ = std::thread([this, lifeline] { watch(lifeline); });
}

StopWatcher::~StopWatcher() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t count = write(end_, &one, sizeof one);
  thread_.join();
  close(signals_);
  close(end_);
}

void StopWatcher::on_stop(std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  action_ = std::move(action);
  if (stopped_ && action_) action_();
}

void StopWatcher::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (action_) action_();
}

void StopWatcher::watch(int lifeline) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point deadline;
  for (;;) {
    pollfd descriptors[] = {{end_, POLLIN, 0}, {signals_, POLLIN, 0}, {lifeline, POLLIN, 0}};
    int timeout = -1;
    if (stopped_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) std::_Exit(EXIT_FAILURE);
      timeout = static_cast<int>(left.count());
    }
    if (poll(descriptors, 3, timeout) < 0 && errno != EINTR) std::_Exit(EXIT_FAILURE);
    if (descriptors[0].revents != 0) return;
    bool stops = false;
    if (descriptors[1].revents != 0) {
      take_signal(signals_);
      if (stopped_) std::_Exit(kInterruptedStatus);
      stops = true;
    }
    if (descriptors[2].revents != 0 && is_at_end(lifeline)) {
      lifeline = -1;
      stops = true;
    }
    if (!stops || stopped_) continue;
    deadline = Clock::now() + kGrace;
    stop();
  }
}

}  // namespace gt::process
