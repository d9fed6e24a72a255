// Directories that belong to a process, and that others remove once it is gone, however it ended.
#pragma once

#include <filesystem>

#include "common/process/descriptor.h"

namespace gt::process {

/// Takes the lock that tells others that the directory has an owner: a file `owner` in it, locked
/// as long as the descriptor is open. Not open if another process has it, or if the directory is
/// gone or cannot be written to (errno says why).
[[nodiscard]] Descriptor lock_owned_directory(const std::filesystem::path& directory);

/// Removes the directory with all that is in it, unless its owner lives. Needs no clock: whoever
/// makes a directory and finds that it was taken for abandoned before it had its lock makes
/// another.
void remove_if_abandoned(const std::filesystem::path& directory) noexcept;

}  // namespace gt::process
