// Where what outlives processes lies.
#pragma once

#include <filesystem>
#include <string>

#include "common/config/environment.h"

namespace gt::config {

/// The user's folder of GT: GT_CACHE_DIR, else $XDG_CACHE_HOME/gt, else ~/.cache/gt. Empty if none
/// of them is set. It need not exist.
[[nodiscard]] std::filesystem::path cache_folder(const Environment& environment);

/// Its sub-folder of compiled programs, one file `<hash>.gtp` each; empty if there is no folder.
[[nodiscard]] std::filesystem::path program_folder(const Environment& environment);

/// Why no file can be put into a folder, which need not exist yet; empty if it can.
[[nodiscard]] std::string obstacle_to_writing(std::filesystem::path folder);

}  // namespace gt::config
