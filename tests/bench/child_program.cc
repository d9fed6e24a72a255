#include "tests/bench/child_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace gt::bench {
namespace {

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  [[nodiscard]] posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

}  // namespace

ChildProgram::ChildProgram(const std::string& name, std::vector<std::string> arguments)
    : name_(name) {
  std::string path = name;
  if (path.find('/') == std::string::npos)
    path = std::filesystem::read_symlink("/proc/self/exe").replace_filename(name);
  arguments.insert(arguments.begin(), path);
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);

  int ends[2], inputs[2];
  if (pipe2(ends, O_CLOEXEC) != 0 || pipe2(inputs, O_CLOEXEC) != 0)
    throw std::runtime_error("cannot make a pipe");
  SpawnActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), inputs[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), ends[1], STDOUT_FILENO);
  const int error =
      posix_spawn(&process_, path.c_str(), actions.get(), nullptr, raw.data(), environ);
  close(ends[1]);
  close(inputs[0]);
  input_ = inputs[1];
  output_ = ends[0];
  if (error != 0) {
    close(input_);
    close(output_);
    throw std::runtime_error(fmt::format("cannot start {}: {}", path, std::strerror(error)));
  }
}

ChildProgram::ChildProgram(ChildProgram&& other) noexcept
    : name_(std::move(other.name_)),
      process_(std::exchange(other.process_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)) {}

ChildProgram::~ChildProgram() {
  if (input_ >= 0) close(input_);
  if (output_ >= 0) close(output_);
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

void ChildProgram::write_line(const std::string& line) {
  const std::string text = line + "\n";
  if (write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error(fmt::format("{} takes no input", name_));
}

std::string ChildProgram::read_line(int patience) {
  std::string line;
  while (true) {
    pollfd ready{output_, POLLIN, 0};
    if (poll(&ready, 1, patience) == 0)
      throw std::runtime_error(
          fmt::format("{} printed nothing within {} seconds", name_, patience / 1000));
    char character = 0;
    if (read(output_, &character, 1) != 1)
      throw std::runtime_error(fmt::format("{} ended before it printed a line", name_));
    if (character == '\n') return line;
    line.push_back(character);
  }
}

void ChildProgram::wait() {
  int status = 0;
  waitpid(std::exchange(process_, -1), &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(fmt::format("{} failed (status {})", name_, status));
}

}  // namespace gt::bench
