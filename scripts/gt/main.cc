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
  return kind == gt::ErrorKind::kInvalidArgument ? gt::tool::kUsageError : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    gt::tool::CommandLine line("GT: a distributed tensor runtime.", "gt",
                               fmt::format("gt {}", gt::library_version()), kFooter);
    gt::tool::add_server(line);
    gt::tool::add_worker(line);
    gt::tool::add_up(line);
    gt::tool::add_down(line);
    gt::tool::add_stats(line);
    gt::tool::add_bench(line);
    gt::tool::add_cache(line);
    gt::tool::add_doctor(line);
    return line.run(argc, argv);
  } catch (const gt::CommonError& error) {
    return report(error.what(), status_of(error.kind()));
  } catch (const std::exception& error) {
    return report(error.what(), EXIT_FAILURE);
  }
}
