#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "common/error.h"
#include "scripts/gt/commands.h"

namespace gt::tool {
namespace {

/// Becomes the program beside the plugins that does the work: it is a client, `gt` itself is not.
int run(const std::vector<std::string>& arguments) {
  const auto executable = std::filesystem::read_symlink("/proc/self/exe");
  const std::string program =
      (executable.parent_path().parent_path() / "lib" / "gt" / "gt-bench").string();
  setenv("GT_EXECUTABLE", executable.c_str(), 0);
  std::vector<char*> pointers{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments)
    pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  execv(program.c_str(), pointers.data());
  throw CommonError(ErrorKind::kInternal,
                    fmt::format("cannot start {}: {}", program, std::strerror(errno)));
}

}  // namespace

void add_bench(CommandLine& line) {
  line.add_command("bench", "Measure how fast a cluster is on this machine")
      .set_action_on_rest(run);
}

}  // namespace gt::tool
