#include "client/src/cluster/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "client/src/session/background_thread.h"
#include "common/error.h"

namespace gt::client {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTailBytes = 4096;
constexpr int kFirstNumber = 10;

[[noreturn]] void fail(const std::string& what, int error) {
  throw CommonError(ErrorKind::kInternal, what + ": " + std::strerror(error));
}

/// The same file under a number that no redirection of a child's standard descriptors touches.
Descriptor raised(int number) {
  const Descriptor low(number);
  Descriptor high(fcntl(low.get(), F_DUPFD_CLOEXEC, kFirstNumber));
  if (!high.is_open()) fail("cannot make a pipe", errno);
  return high;
}

/// posix_spawn's two descriptions, with their ends.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  void redirect(int lifeline, int output) {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, lifeline, kLifelineNumber);
    posix_spawn_file_actions_addclosefrom_np(&actions, kLifelineNumber + 1);
  }

  void separate() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
};

std::string describe_status(int status) {
  if (WIFEXITED(status)) return fmt::format("exit status {}", WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  const char* name = sigdescr_np(signal);
  return fmt::format("signal {} ({})", signal, name != nullptr ? name : "unknown");
}

}  // namespace

Pipe::Pipe() {
  int numbers[2];
  if (pipe2(numbers, O_CLOEXEC) != 0) fail("cannot make a pipe", errno);
  write = Descriptor(numbers[1]);
  read = raised(numbers[0]);
  Descriptor low = std::move(write);
  write = Descriptor(fcntl(low.get(), F_DUPFD_CLOEXEC, kFirstNumber));
  if (!write.is_open()) fail("cannot make a pipe", errno);
}

ChildProcess::ChildProcess(std::string role, const std::vector<std::string>& arguments,
                           int lifeline, int output)
    : role_(std::move(role)) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments)
    pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  SpawnPlan plan;
  plan.redirect(lifeline, output);
  plan.separate();
  const int error =
      posix_spawn(&pid_, pointers[0], &plan.actions, &plan.attributes, pointers.data(), environ);
  if (error != 0) fail(fmt::format("cannot start {} for the {}", arguments[0], role_), error);
}

const std::optional<std::string>& ChildProcess::ended() {
  if (end_) return end_;
  int status = 0;
  const pid_t result = waitpid(pid_, &status, WNOHANG);
  if (result == pid_)
    end_ = describe_status(status);
  else if (result < 0 && errno == ECHILD && kill(pid_, 0) != 0)
    end_ = "unknown exit status";  // the program waits for all children, or ignores SIGCHLD
  return end_;
}

void ChildProcess::wait_or_kill(std::chrono::steady_clock::time_point deadline) {
  while (!ended() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(2ms);
  if (ended()) return;
  kill(pid_, SIGKILL);
  const auto last = std::chrono::steady_clock::now() + 2s;
  while (!ended() && std::chrono::steady_clock::now() < last) std::this_thread::sleep_for(2ms);
}

ChildOutput::ChildOutput() : thread_(start_background_thread([this] { run(); })) {}

ChildOutput::~ChildOutput() {
  stop_.write.reset();
  thread_.join();
}

std::string ChildOutput::tail() const {
  const std::lock_guard lock(mutex_);
  std::string text = tail_;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void ChildOutput::run() {
  std::array<char, 4096> buffer;
  while (true) {
    std::array<pollfd, 2> waited{{{pipe_.read.get(), POLLIN, 0}, {stop_.read.get(), POLLIN, 0}}};
    if (poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) return;
    if (waited[0].revents == 0) {
      if (waited[1].revents != 0) return;
      continue;
    }
    const ssize_t count = read(pipe_.read.get(), buffer.data(), buffer.size());
    if (count <= 0) return;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) errno = 0;
    const std::lock_guard lock(mutex_);
    tail_ += text;
    if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  }
}

}  // namespace gt::client
