#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>

#include "common/config/environment.h"
#include "common/error.h"
#include "scripts/gt/cluster_state.h"
#include "scripts/gt/commands.h"
#include "scripts/gt/probe.h"

namespace gt::tool {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kStartTime = 30s;
constexpr auto kPollPause = 50ms;

struct Options {
  int workers = 1;
  std::string address = kDefaultAddress;
  std::string placement;
  std::string instruction_log;
  std::string device;
  int threads = 0;
  std::string memory_limit;
  bool insecure = false;
};

constexpr const char* kFooter = R"help(
Example:
  eval "$(gt up --workers 4)"     start the cluster, and set GT_ADDRESS in this shell
  ./my_program
  gt down

Logs and the list of processes lie in $XDG_RUNTIME_DIR/gt, else in ~/.cache/gt.)help";

/// In the child: a session of its own, output to the log, then the program. Does not return.
[[noreturn]] void become(const std::vector<std::string>& arguments, const std::string& log) {
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (null < 0 || output < 0) _exit(EXIT_FAILURE);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(3, ~0u, 0);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments)
    pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  execv("/proc/self/exe", pointers.data());
  _exit(EXIT_FAILURE);
}

std::string log_of(const std::string& role) {
  std::string name = role;
  for (char& letter : name)
    if (letter == ' ') letter = '-';
  return (state_folder() / (name + ".log")).string();
}

ClusterProcess start(const std::string& role, const std::vector<std::string>& arguments) {
  const std::string log = log_of(role);
  const pid_t pid = fork();
  if (pid < 0) throw CommonError(ErrorKind::kInternal, "cannot start another process");
  if (pid == 0) become(arguments, log);
  return {role, pid, start_time_of(pid).value_or(0)};
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void require_alive(const ClusterState& state) {
  for (const ClusterProcess& process : state.processes)
    if (!is_alive(process))
      throw CommonError(ErrorKind::kConnection, fmt::format("the {} ended: {}", process.role,
                                                            text_of(log_of(process.role))));
}

void wait_until_ready(const ClusterState& state, std::uint32_t workers) {
  const auto deadline = Clock::now() + kStartTime;
  while (Clock::now() < deadline) {
    require_alive(state);
    if (count_workers(state.address, 1s).value_or(0) >= workers) return;
    std::this_thread::sleep_for(kPollPause);
  }
  throw CommonError(ErrorKind::kTimeout,
                    fmt::format("the cluster at {} was not ready within {} s", state.address,
                                std::chrono::seconds(kStartTime).count()));
}

std::vector<std::string> server_arguments(const Options& options, const std::string& address) {
  std::vector<std::string> arguments{"gt", "server", "--address", address};
  if (!options.placement.empty())
    arguments.insert(arguments.end(), {"--placement", options.placement});
  if (!options.instruction_log.empty())
    arguments.insert(arguments.end(), {"--instruction-log", options.instruction_log});
  if (options.insecure) arguments.push_back("--insecure");
  return arguments;
}

std::vector<std::string> worker_arguments(const Options& options, const std::string& address) {
  const auto& environment = config::Environment::process();
  std::vector<std::string> arguments{"gt", "worker", "--connect", address};
  if (!options.device.empty()) arguments.insert(arguments.end(), {"--device", options.device});
  int threads = options.threads;
  if (threads == 0 && !environment.is_set(config::Variable::worker_threads))
    threads = std::max(1, available_cores() / options.workers);
  if (threads != 0) arguments.insert(arguments.end(), {"--threads", std::to_string(threads)});
  if (!options.memory_limit.empty())
    arguments.insert(arguments.end(), {"--memory-limit", options.memory_limit});
  if (options.insecure) arguments.push_back("--insecure");
  return arguments;
}

void require_no_cluster() {
  const auto state = load_state();
  if (!state) return;
  for (const ClusterProcess& process : state->processes)
    if (is_alive(process))
      throw CommonError(ErrorKind::kInvalidArgument,
                        fmt::format("a cluster is up at {}; end it with gt down", state->address));
  remove_state();
}

int run(const Options& options) {
  const std::string address = checked_address(options.address, options.insecure);
  require_no_cluster();
  if (count_workers(address, 200ms))
    throw CommonError(ErrorKind::kInvalidArgument,
                      fmt::format("a server that gt up did not start is at {}", address));
  ClusterState state{address, {}};
  try {
    state.processes.push_back(start("server", server_arguments(options, address)));
    for (int k = 0; k < options.workers; ++k)
      state.processes.push_back(
          start(fmt::format("worker {}", k), worker_arguments(options, address)));
    save_state(state);
    wait_until_ready(state, static_cast<std::uint32_t>(options.workers));
  } catch (...) {
    end_processes(state.processes);
    remove_state();
    throw;
  }
  fmt::print("export GT_ADDRESS={}\n", address);
  return EXIT_SUCCESS;
}

}  // namespace

void add_up(CommandLine& line) {
  const auto options = std::make_shared<Options>();
  Command command = line.add_command("up", "Start a server and workers in the background");
  command.add_option("--workers", options->workers, "Number of workers (default 1)",
                     Range<int>{1, 1024});
  command.add_option("--address", options->address, "Where the server listens");
  command.add_option("--placement", options->placement, "home or spread");
  command.add_option("--instruction-log", options->instruction_log,
                     "File for a line of every instruction");
  command.add_option("--device", options->device,
                     "Device of the workers (else GT_DEVICE, else cpu)");
  command.add_option("--threads", options->threads,
                     "Compute threads of each worker (else GT_WORKER_THREADS, else a fair share)",
                     Range<int>{1, 4096});
  command.add_option("--memory-limit", options->memory_limit,
                     "Most memory for the tensors of each worker, such as 8GiB");
  command.add_flag("--insecure", options->insecure,
                   "Allow addresses that other machines can reach, without keys");
  command.set_footer(kFooter);
  command.set_action([options] { return run(*options); });
}

}  // namespace gt::tool
