// The `gt` program: server and workers of a cluster, and tools around them.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "common/config/version.h"
#include "common/error.h"
#include "scripts/gt/commands.h"

namespace {

constexpr int kUsageError = 2;

constexpr const char* kFooter = R"(
Examples:
  gt up --workers 4                                start a cluster on this machine
  GT_ADDRESS=tcp://127.0.0.1:7070 ./my_program     run a program on it
  gt down                                          end it

  gt server --address tcp://127.0.0.1:7070         the same by hand: a server, and
  gt worker --connect tcp://127.0.0.1:7070         as many workers as you like, at any time

  gt stats                                         who computes what at this moment
  gt bench                                         how fast it is
  gt cache ls                                      compiled programs that are kept
  gt doctor                                        what this installation consists of

A program without GT_ADDRESS needs none of this: it starts a cluster of its own and ends it.
`gt COMMAND --help` tells more about a command.)";

int report(const std::string& message, int status) {
  fmt::print(stderr, "gt: {}\n", message);
  return status;
}

int status_of(gt::ErrorKind kind) {
  return kind == gt::ErrorKind::kInvalidArgument ? kUsageError : EXIT_FAILURE;
}

/// `gt cache`, as far as the words were understood.
std::string command_at_hand(const CLI::App& app) {
  std::string names = app.get_name();
  for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
    command = command->get_subcommands().front();
    names += " " + command->get_name();
  }
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("GT: a distributed tensor runtime.", "gt");
  app.set_version_flag("--version", fmt::format("gt {}", gt::library_version()));
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  gt::tool::Action action;
  gt::tool::add_server(app, action);
  gt::tool::add_worker(app, action);
  gt::tool::add_up(app, action);
  gt::tool::add_down(app, action);
  gt::tool::add_stats(app, action);
  gt::tool::add_bench(app, action);
  gt::tool::add_cache(app, action);
  gt::tool::add_doctor(app, action);
  try {
    app.parse(argc, argv);
    if (!action) throw CLI::RequiredError("A subcommand");
    return action();
  } catch (const CLI::Success& request) {
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    return report(fmt::format("{} (see {} --help)", error.what(), command_at_hand(app)),
                  kUsageError);
  } catch (const gt::CommonError& error) {
    return report(error.what(), status_of(error.kind()));
  } catch (const std::exception& error) {
    return report(error.what(), EXIT_FAILURE);
  }
}
