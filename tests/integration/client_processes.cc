#include "tests/integration/client_processes.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace gt::testing {
namespace {

namespace fs = std::filesystem;

struct Status {
  char state = '?';
  pid_t parent = 0;
};

std::optional<Status> status_of(pid_t process) {
  const std::string text = text_of("/proc/" + std::to_string(process) + "/stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Status status;
  fields >> status.state >> status.parent;
  return status;
}

}  // namespace

std::string text_of(const fs::path& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<pid_t> children_of(pid_t parent, const std::string& part) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto process = static_cast<pid_t>(std::stol(name));
    const auto status = status_of(process);
    if (!status || status->parent != parent || status->state == 'Z') continue;
    const std::string command = text_of(entry.path() / "cmdline");
    if (command.find(part, command.find('\0')) != std::string::npos) found.push_back(process);
  }
  return found;
}

bool is_alive(pid_t process) {
  const auto status = status_of(process);
  return status && status->state != 'Z' && status->state != 'X';
}

std::optional<fs::path> cluster_directory_of(pid_t owner) {
  const std::string scheme = "ipc://";
  for (const pid_t child : children_of(owner, scheme)) {
    const std::string command = text_of("/proc/" + std::to_string(child) + "/cmdline");
    const std::size_t begin = command.find(scheme);
    if (begin == std::string::npos) continue;
    const std::string address = command.substr(begin + scheme.size());
    return fs::path(address.substr(0, address.find('\0'))).parent_path();
  }
  return std::nullopt;
}

bool becomes_true(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

Role::Role(const std::string& test, const Environment& environment) {
  std::string name = (fs::temp_directory_path() / "gt-test-role-XXXXXX").string();
  const int output = mkstemp(name.data());
  output_ = name;
  pid_ = fork();
  if (pid_ == 0) {
    for (const auto& [variable, value] : environment) setenv(variable.c_str(), value.c_str(), 1);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    const std::string filter = "--gtest_filter=" + test;
    execl("/proc/self/exe", "role", filter.c_str(), "--gtest_also_run_disabled_tests",
          static_cast<char*>(nullptr));
    _exit(127);
  }
  close(output);
}

Role::~Role() {
  if (!status_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove(output_, ignored);
}

void Role::signal(int number) const { kill(pid_, number); }

std::optional<int> Role::wait(std::chrono::milliseconds limit) {
  int status = 0;
  if (!becomes_true([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, limit))
    return std::nullopt;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return status_;
}

std::string Role::output() const { return text_of(output_); }

}  // namespace gt::testing
