#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <memory>

#include "common/config/cache_folder.h"
#include "common/error.h"
#include "scripts/gt/commands.h"
#include "scripts/gt/program_files.h"

namespace gt::tool {
namespace {

constexpr std::size_t kMostLines = 100;

constexpr const char* kFooter = R"help(
Examples:
  gt cache ls                     what lies there: hash, size, time of the last use
  gt cache clear                  remove it; what is needed is compiled again

Compiled programs lie in the folder `programs` of GT_CACHE_DIR, else of
$XDG_CACHE_HOME/gt, else of ~/.cache/gt.)help";

std::filesystem::path folder() {
  std::filesystem::path folder = config::program_folder(config::Environment::process());
  if (folder.empty())
    throw CommonError(ErrorKind::kInvalidArgument,
                      "there is no cache folder: set GT_CACHE_DIR, XDG_CACHE_HOME or HOME");
  if (const auto above = folder.parent_path();
      std::filesystem::exists(above) && !std::filesystem::is_directory(above))
    throw CommonError(
        ErrorKind::kInvalidArgument,
        fmt::format("{} is not a folder; GT_CACHE_DIR must name one", above.string()));
  return folder;
}

int list(bool all) {
  const std::size_t limit = all ? std::numeric_limits<std::size_t>::max() : kMostLines;
  fmt::print("{}", program_table(list_programs(folder()), limit));
  return EXIT_SUCCESS;
}

int clear() {
  const std::size_t removed = remove_programs(list_programs(folder()));
  remove_notes(folder());
  fmt::print("removed {} program{}\n", removed, removed == 1 ? "" : "s");
  return EXIT_SUCCESS;
}

}  // namespace

void add_cache(CommandLine& line) {
  const auto all = std::make_shared<bool>(false);
  Command command = line.add_command("cache", "List or remove compiled programs");
  command.require_command("ls or clear");
  command.set_footer(kFooter);
  Command ls = command.add_command("ls", "List them, the last used first");
  ls.add_flag("--all", *all, fmt::format("More than {} of them", kMostLines));
  ls.set_action([all] { return list(*all); });
  command.add_command("clear", "Remove them").set_action(clear);
}

}  // namespace gt::tool
