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

void add_cache(CLI::App& app, Action& action) {
  const auto all = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("cache", "List or remove compiled programs");
  command->require_subcommand(0, 1);
  command->callback([command] {
    if (command->get_subcommands().empty()) throw CLI::RequiredError("ls or clear");
  });
  command->footer(kFooter);
  CLI::App* ls = command->add_subcommand("ls", "List them, the last used first");
  ls->add_flag("--all", *all, fmt::format("More than {} of them", kMostLines));
  ls->callback([all, &action] { action = [all] { return list(*all); }; });
  command->add_subcommand("clear", "Remove them")->callback([&action] { action = clear; });
}

}  // namespace gt::tool
