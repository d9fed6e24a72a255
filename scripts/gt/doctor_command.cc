#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <iterator>

#include "scripts/gt/commands.h"
#include "scripts/gt/doctor_checks.h"

namespace gt::tool {
namespace {

int run() {
  std::vector<Finding> findings;
  for (auto* check : {check_versions, check_processor, check_memory, check_transport, check_plugins,
                      check_cuda, check_cache, check_environment}) {
    try {
      std::vector<Finding> found = check();
      std::move(found.begin(), found.end(), std::back_inserter(findings));
    } catch (const std::exception& error) {
      findings.push_back({"check", error.what(), true});
    }
  }
  bool has_problem = false;
  for (const Finding& finding : findings) {
    fmt::print("{:<18} {}{}\n", finding.what, finding.is_problem ? "PROBLEM: " : "", finding.state);
    has_problem = has_problem || finding.is_problem;
  }
  return has_problem ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace

void add_doctor(CommandLine& line) {
  Command command = line.add_command(
      "doctor", "Print the versions of everything that matters, and what is wrong with them");
  command.set_footer("\nThe exit status is 1 if something that gt needs is missing.");
  command.set_action(run);
}

}  // namespace gt::tool
