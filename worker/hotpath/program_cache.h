// Compiled code on disk, so that the second start of a program compiles nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "common/sequence/hash.h"

namespace gt::worker::hotpath {

/// The machine code of one program: an object for each segment, empty for one without kernels.
using ProgramObjects = std::vector<std::vector<std::byte>>;

/// One file a program, named by its key: `<32 hex>.gtp`, and one for each thing that earlier starts
/// found out and that decides what is compiled, `<32 hex>.gtn`. Many processes may use one folder:
/// files are written beside and renamed, read whole, and believed only if they are this user's own,
/// and if version, key and checksum fit. What goes wrong with the disk costs a compilation and, if
/// nothing can be written, one line on standard error.
class ProgramCache {
 public:
  /// Bytes that a folder may hold; the files that were not used for longest go first.
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

  /// The folder is made with the first program. An empty path caches nothing.
  explicit ProgramCache(std::filesystem::path folder, std::uint64_t most_bytes = kMostBytes)
      : folder_(std::move(folder)), most_bytes_(most_bytes) {}

  enum class Content : std::uint8_t { program, note };
  [[nodiscard]] std::optional<ProgramObjects> load(const sequence::Hash128& key,
                                                   Content content = Content::program) const;
  void store(const sequence::Hash128& key, const ProgramObjects& objects,
             Content content = Content::program) const;

 private:
  [[nodiscard]] std::filesystem::path path_of(const sequence::Hash128& key, Content content) const;
  [[nodiscard]] std::error_code put(const sequence::Hash128& key, Content content,
                                    std::span<const std::byte> file) const;
  void make_room(std::uint64_t bytes) const;

  std::filesystem::path folder_;
  std::uint64_t most_bytes_;
  /// Whether the line was written; copies of the cache share it.
  std::shared_ptr<std::atomic<bool>> has_complained_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace gt::worker::hotpath
