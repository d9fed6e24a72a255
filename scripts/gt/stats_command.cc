#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "common/config/environment.h"
#include "common/error.h"
#include "scripts/gt/commands.h"
#include "scripts/gt/probe.h"
#include "scripts/gt/statistics_report.h"

namespace gt::tool {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Shorter than what a server takes for silence, so that a monitor is never taken for dead.
constexpr double kLongestInterval = 2.0;
constexpr milliseconds kAnswerTime{5000};

struct Options {
  std::string address;
  double interval = 1.0;
  bool watches = false;
  bool json = false;
};

constexpr const char* kFooter = R"help(
Examples:
  gt stats                        workers and sessions of the cluster at GT_ADDRESS
  gt stats --watch                the same again and again, until Ctrl-C
  gt stats --json                 one JSON object, for scripts

Rates are measured over the interval; `in flight` counts batches that a worker has
not acknowledged, `bytes` is the size of a session's live values. `sequences` are
hot, `compiled` of them run as programs: `executions` by programs took `compiled s`
instead of `eager s` (an estimate by measured means), and did not materialise
`saved` of results. `ended` stands for all sessions that have ended.)help";

std::string address_of(const Options& options) {
  if (!options.address.empty()) return options.address;
  const auto& environment = config::Environment::process();
  return environment.is_set(config::Variable::address)
             ? std::string(environment.text(config::Variable::address))
             : kDefaultAddress;
}

protocol::Statistics ask(Probe& probe, const std::string& address) {
  auto answer = probe.ask<protocol::Statistics>(protocol::StatisticsRequest{}, kAnswerTime);
  if (!answer)
    throw CommonError(ErrorKind::kTimeout, fmt::format("no server answered at {} within {} s",
                                                       address, kAnswerTime.count() / 1000));
  return std::move(*answer);
}

int run(const Options& options) {
  const std::string address = address_of(options);
  Probe probe(address);
  protocol::Statistics before = ask(probe, address);
  auto asked = Clock::now();
  do {
    std::this_thread::sleep_for(std::chrono::duration<double>(options.interval));
    protocol::Statistics after = ask(probe, address);
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - std::exchange(asked, now)).count();
    if (options.watches && !options.json && isatty(STDOUT_FILENO) != 0) fmt::print("\033[H\033[J");
    fmt::print("{}", options.json ? statistics_json(before, after, seconds)
                                  : statistics_table(before, after, seconds));
    std::fflush(stdout);
    before = std::move(after);
  } while (options.watches);
  return EXIT_SUCCESS;
}

}  // namespace

void add_stats(CommandLine& line) {
  const auto options = std::make_shared<Options>();
  Command command =
      line.add_command("stats", "Print sessions, workers, rates, memory and queues of a cluster");
  command.add_option(
      "--address", options->address,
      "Address of the server (else GT_ADDRESS, else " + std::string(kDefaultAddress) + ")");
  command.add_option("--interval", options->interval, "Seconds over which rates are measured",
                     Range<double>{0.01, kLongestInterval});
  command.add_flag("--watch", options->watches, "Print again after every interval");
  command.add_flag("--json", options->json, "One JSON object a line instead of tables");
  command.set_footer(kFooter);
  command.set_action([options] { return run(*options); });
}

}  // namespace gt::tool
