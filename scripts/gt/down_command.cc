#include <fmt/format.h>

#include <cstdlib>

#include "common/error.h"
#include "scripts/gt/cluster_state.h"
#include "scripts/gt/commands.h"

namespace gt::tool {
namespace {

int run() {
  const auto state = load_state();
  if (!state) throw CommonError(ErrorKind::kInvalidArgument, "no cluster is up that gt up started");
  end_processes(state->processes);
  remove_state();
  return EXIT_SUCCESS;
}

}  // namespace

void add_down(CommandLine& line) {
  line.add_command("down", "End the cluster that gt up started").set_action(run);
}

}  // namespace gt::tool
