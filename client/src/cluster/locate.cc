#include "client/src/cluster/locate.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "common/error.h"

namespace gt::client {
namespace {

namespace fs = std::filesystem;

bool is_executable(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

/// Directory of the library (or, linked statically, the program) that holds this function.
fs::path own_directory() {
  Dl_info info{};
  std::error_code ignored;
  if (dladdr(reinterpret_cast<void*>(&find_executable), &info) == 0 || info.dli_fname == nullptr)
    return {};
  return fs::weakly_canonical(info.dli_fname, ignored).parent_path();
}

std::vector<fs::path> candidates() {
  std::vector<fs::path> places;
  std::error_code ignored;
  if (const fs::path library = own_directory(); !library.empty())
    places.push_back(library.parent_path() / "bin" / "gt");
  if (const fs::path program = fs::read_symlink("/proc/self/exe", ignored); !program.empty()) {
    places.push_back(program.parent_path() / "gt");
    places.push_back(program.parent_path().parent_path() / "bin" / "gt");
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (!folder.empty()) places.push_back(fs::path(folder) / "gt");
  return places;
}

}  // namespace

std::string find_executable(const config::Environment& environment) {
  if (environment.is_set(config::Variable::executable)) {
    const std::string& named = environment.text(config::Variable::executable);
    if (is_executable(named)) return named;
    throw CommonError(ErrorKind::kInternal,
                      fmt::format("GT_EXECUTABLE={}: there is no executable file", named));
  }
  std::vector<std::string> tried;
  for (const fs::path& place : candidates()) {
    if (is_executable(place)) return place.string();
    tried.push_back(place.string());
  }
  throw CommonError(ErrorKind::kInternal,
                    fmt::format("cannot start a cluster: the program `gt` was not found at {}; set "
                                "GT_EXECUTABLE to it, or GT_ADDRESS to a running cluster",
                                fmt::join(tried, ", ")));
}

}  // namespace gt::client
