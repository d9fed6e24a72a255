#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "common/config/environment.h"
#include "common/error.h"
#include "common/log/logging.h"
#include "common/process/descriptor_limit.h"
#include "common/process/heap.h"
#include "scripts/gt/commands.h"
#include "scripts/gt/member_options.h"
#include "worker/worker.h"

namespace gt::tool {
namespace {

using config::Environment;
using config::Variable;

struct Options {
  std::string address;
  std::string device;
  std::string backend;
  int threads = 0;
  std::string memory_limit;
  std::string name;
  MemberOptions member;
};

constexpr const char* kFooter = R"(
Examples:
  gt worker --connect tcp://127.0.0.1:7070
  gt worker --connect tcp://127.0.0.1:7070 --device cuda:0 --memory-limit 8GiB

The server need not be there yet. When it goes away, the worker waits for the next one.
Ctrl-C ends it.)";

std::size_t memory_limit(const Options& options, const Environment& environment) {
  if (options.memory_limit.empty())
    return environment.is_set(Variable::memory_limit) ? environment.bytes(Variable::memory_limit)
                                                      : 0;
  const auto bytes = config::parse_bytes(options.memory_limit);
  if (!bytes)
    throw CommonError(ErrorKind::kInvalidArgument,
                      "--memory-limit " + options.memory_limit +
                          ": not a valid value; accepted: bytes, or a size such as 8GiB");
  return *bytes;
}

int threads(const Options& options, const Environment& environment) {
  if (options.threads > 0) return options.threads;
  if (environment.is_set(Variable::worker_threads))
    return static_cast<int>(environment.count(Variable::worker_threads));
  return available_cores();
}

/// All is in order when a worker ends, and LibTorch's static destructors would take a tenth of a
/// second, and meet what is still being compiled. Where leaks are looked for, they run.
#ifdef GT_SANITIZED_FOR_LEAKS
constexpr bool kRunsDestructors = true;
#else
constexpr bool kRunsDestructors = false;
#endif
/// A program that has ended does not wait longer for code that the next start may need.
constexpr std::chrono::milliseconds kCompilePatience{500};

int leave(int status) {
  if (kRunsDestructors) return status;
  std::fflush(nullptr);
  std::_Exit(status);
}

int run(const Options& options) {
  const Environment& environment = Environment::process();
  logging::set_up(logging::Component::worker, environment);
  process::keep_freed_memory();
  process::raise_descriptor_limit();
  worker::WorkerOptions worker;
  std::string address = options.address;
  if (address.empty()) address = environment.text(Variable::address);
  if (address.empty()) address = kDefaultAddress;
  worker.address = checked_address(address, options.member.insecure);
  worker.engine.device =
      options.device.empty() ? environment.text(Variable::device) : options.device;
  worker.engine.backend =
      options.backend.empty() ? environment.text(Variable::backend) : options.backend;
  worker.engine.threads = threads(options, environment);
  worker.engine.memory_limit = memory_limit(options, environment);
  worker.lifeline = options.member.lifeline;
  worker.name = options.name;
  if (!kRunsDestructors) worker.compile_patience = kCompilePatience;
  const int status = worker::run_worker(worker);
  remove_owned_directory(options.member);
  return leave(status);
}

}  // namespace

void add_worker(CommandLine& line) {
  const auto options = std::make_shared<Options>();
  Command command = line.add_command("worker", "Run a worker: it holds tensors and computes");
  command.add_option("--connect", options->address,
                     "Address of the server (else GT_ADDRESS, else tcp://127.0.0.1:7070)");
  command.add_option("--device", options->device, "cpu or cuda:N (else GT_DEVICE, else cpu)");
  command.add_option("--backend", options->backend,
                     "default or reference (else GT_BACKEND, else default)");
  command.add_option("--threads", options->threads,
                     "Compute threads (else GT_WORKER_THREADS, else all cores)",
                     Range<int>{1, 4096});
  command.add_option("--memory-limit", options->memory_limit,
                     "Most memory for tensors, such as 8GiB (else GT_MEMORY_LIMIT, else 80% of "
                     "what is free)");
  command.add_option("--name", options->name, "Name in logs (default: host and process)");
  add_member_options(command, options->member);
  command.set_footer(kFooter);
  command.set_action([options] { return run(*options); });
}

}  // namespace gt::tool
