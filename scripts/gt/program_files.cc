#include "scripts/gt/program_files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "scripts/gt/statistics_report.h"

namespace gt::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".gtp";
constexpr std::string_view kNoteExtension = ".gtn";

bool is_hash(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string total_text(const std::vector<ProgramFile>& programs) {
  std::uint64_t bytes = 0;
  for (const ProgramFile& program : programs) bytes += program.bytes;
  return fmt::format("{} program{}, {}", programs.size(), programs.size() == 1 ? "" : "s",
                     bytes_text(double(bytes)));
}

}  // namespace

namespace {

std::vector<ProgramFile> list_files(const fs::path& folder, std::string_view extension) {
  std::vector<ProgramFile> programs;
  if (!fs::exists(folder)) return programs;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string hash = entry.path().stem().string();
    if (entry.path().extension() != extension || !is_hash(hash)) continue;
    struct stat status{};
    // A worker may replace or remove it meanwhile; links are not ours.
    if (::lstat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    programs.push_back({entry.path(), hash, static_cast<std::uint64_t>(status.st_size),
                        std::max(status.st_atim.tv_sec, status.st_mtim.tv_sec)});
  }
  std::sort(programs.begin(), programs.end(), [](const ProgramFile& a, const ProgramFile& b) {
    return a.last_use != b.last_use ? a.last_use > b.last_use : a.hash < b.hash;
  });
  return programs;
}

}  // namespace

std::vector<ProgramFile> list_programs(const fs::path& folder) {
  return list_files(folder, kExtension);
}

void remove_notes(const fs::path& folder) {
  for (const ProgramFile& note : list_files(folder, kNoteExtension)) fs::remove(note.path);
}

std::size_t remove_programs(const std::vector<ProgramFile>& programs) {
  std::size_t removed = 0;
  for (const ProgramFile& program : programs) removed += fs::remove(program.path) ? 1 : 0;
  return removed;
}

std::string program_table(const std::vector<ProgramFile>& programs, std::size_t limit) {
  std::string text;
  auto out = std::back_inserter(text);
  const std::size_t shown = std::min(limit, programs.size());
  for (std::size_t k = 0; k < shown; ++k) {
    std::tm local{};
    ::localtime_r(&programs[k].last_use, &local);
    fmt::format_to(out, "{:<32}{:>12}  {:%Y-%m-%d %H:%M}\n", programs[k].hash,
                   bytes_text(double(programs[k].bytes)), local);
  }
  if (shown != programs.size())
    fmt::format_to(out, "... and {} that were used longer ago\n", programs.size() - shown);
  fmt::format_to(out, "{}\n", total_text(programs));
  return text;
}

}  // namespace gt::tool
