#include "tests/bench/processes.h"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace gt::bench {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

pid_t parent_of(const std::filesystem::path& process) {
  const std::string text = contents(process / "stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return -1;
  std::istringstream fields(text.substr(name_end + 1));
  char state = '?';
  pid_t parent = -1;
  fields >> state >> parent;
  return parent;
}

}  // namespace

pid_t child_with(const std::string& part) {
  pid_t found = -1;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (parent_of(entry.path()) != getpid()) continue;
    std::string command = contents(entry.path() / "cmdline");
    for (char& character : command)
      if (character == '\0') character = ' ';
    if (command.find(part) == std::string::npos) continue;
    if (found >= 0) throw std::runtime_error(fmt::format("two children run '{}'", part));
    found = static_cast<pid_t>(std::stol(name));
  }
  if (found < 0) throw std::runtime_error(fmt::format("no child runs '{}'", part));
  return found;
}

std::string argument_of(pid_t process, const std::string& option) {
  std::istringstream command(contents(fmt::format("/proc/{}/cmdline", process)));
  for (std::string argument; std::getline(command, argument, '\0');)
    if (argument == option && std::getline(command, argument, '\0')) return argument;
  throw std::runtime_error(fmt::format("process {} has no {}", process, option));
}

double processor_seconds(pid_t process) {
  clockid_t clock = 0;
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0)
    throw std::runtime_error(fmt::format("process {} is not there", process));
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace gt::bench
