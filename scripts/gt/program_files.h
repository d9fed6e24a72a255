// The cache of compiled programs as files: what `gt cache` lists and removes.
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

namespace gt::tool {

/// An entry of the cache: the file `<hash>.gtp`.
struct ProgramFile {
  std::filesystem::path path;
  std::string hash;
  std::uint64_t bytes = 0;
  std::time_t last_use = 0;  ///< when it was read or written last, as far as the file system tells
};

/// The entries in the folder, the last used first; none if there is no folder. Other files are
/// passed over. Throws std::filesystem::filesystem_error if the folder cannot be read.
[[nodiscard]] std::vector<ProgramFile> list_programs(const std::filesystem::path& folder);

/// Removes entries; returns how many were still there.
std::size_t remove_programs(const std::vector<ProgramFile>& programs);
/// Removes what the folder holds beside programs: what units of programs leave alive.
void remove_notes(const std::filesystem::path& folder);

/// One line an entry, at most `limit` of them, and a line with their number and size altogether.
[[nodiscard]] std::string program_table(const std::vector<ProgramFile>& programs,
                                        std::size_t limit);

}  // namespace gt::tool
