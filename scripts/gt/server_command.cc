#include <cstdlib>
#include <memory>

#include "common/config/environment.h"
#include "common/log/logging.h"
#include "common/process/descriptor_limit.h"
#include "common/process/heap.h"
#include "common/process/stop_watcher.h"
#include "common/transport/transport.h"
#include "dispatcher/server.h"
#include "scripts/gt/commands.h"
#include "scripts/gt/member_options.h"

namespace gt::tool {
namespace {

using config::Environment;
using config::Variable;

struct Options {
  std::string address = kDefaultAddress;
  std::string placement;
  std::string instruction_log;
  MemberOptions member;
};

constexpr const char* kFooter = R"help(
Examples:
  gt server --address tcp://127.0.0.1:7070
  gt server --address ipc:///tmp/gt.sock --instruction-log /tmp/instructions.log

Then start workers with gt worker --connect ADDRESS and programs with GT_ADDRESS=ADDRESS, in any
order. The server says nothing unless GT_VERBOSE=1. Ctrl-C ends it.)help";

dispatcher::Placement placement_of(const std::string& name) {
  return name == "spread" ? dispatcher::Placement::spread : dispatcher::Placement::home;
}

int serve(const Options& options) {
  const Environment& environment = Environment::process();
  logging::set_up(logging::Component::dispatcher, environment);
  process::keep_freed_memory();
  process::raise_descriptor_limit();
  const std::string address = checked_address(options.address, options.member.insecure);
  dispatcher::ServerOptions server_options;
  server_options.core.placement = placement_of(
      options.placement.empty() ? environment.text(Variable::placement) : options.placement);
  server_options.core.connect_timeout_ms =
      static_cast<std::uint64_t>(environment.duration(Variable::connect_timeout).count());
  server_options.instruction_log = options.instruction_log.empty()
                                       ? environment.text(Variable::instruction_log)
                                       : options.instruction_log;
  process::StopWatcher watcher(options.member.lifeline);
  dispatcher::Server server(std::move(server_options), transport::listen(address));
  logging::info("listening at " + server.address());
  watcher.on_stop([&server] { server.stop(); });
  server.run();
  watcher.on_stop({});
  return EXIT_SUCCESS;
}

int run(const Options& options) {
  const int status = serve(options);
  remove_owned_directory(options.member);
  return status;
}

}  // namespace

void add_server(CommandLine& line) {
  const auto options = std::make_shared<Options>();
  Command command = line.add_command("server", "Run the server that programs and workers join");
  command.add_option("--address", options->address,
                     "Where to listen: tcp://HOST:PORT or ipc://PATH");
  command.add_option(
      "--placement", options->placement,
      "Where new tensors are made: home (the worker of their program) or spread (all "
      "workers in turn); else GT_PLACEMENT, else home",
      {"home", "spread"});
  command.add_option("--instruction-log", options->instruction_log,
                     "File for a line of every instruction (else GT_INSTRUCTION_LOG)");
  add_member_options(command, options->member);
  command.set_footer(kFooter);
  command.set_action([options] { return run(*options); });
}

}  // namespace gt::tool
