#include "common/config/cache_folder.h"

#include <cstdlib>

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

}  // namespace gt::config
