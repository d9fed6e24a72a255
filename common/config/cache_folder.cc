#include "common/config/cache_folder.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace gt::config {

namespace fs = std::filesystem;

fs::path cache_folder(const Environment& environment) {
  if (environment.is_set(Variable::cache_dir)) return environment.text(Variable::cache_dir);
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0')
    return fs::path(cache) / "gt";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".cache" / "gt";
  return {};
}

fs::path program_folder(const Environment& environment) {
  const fs::path folder = cache_folder(environment);
  return folder.empty() ? folder : folder / "programs";
}

std::string obstacle_to_writing(fs::path folder) {
  std::error_code error;
  while (folder.has_relative_path() && !fs::exists(folder, error) && !error)
    folder = folder.parent_path();
  if (!error && !fs::is_directory(folder, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (!error && ::access(folder.c_str(), W_OK | X_OK) != 0)
    error = {errno, std::generic_category()};
  return error ? folder.string() + ": " + error.message() : std::string();
}

}  // namespace gt::config
