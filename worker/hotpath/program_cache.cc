#include "worker/hotpath/program_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/log/logging.h"
#include "common/process/descriptor.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gt::worker::hotpath {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMagic = 0x31505447;  // GTP1
constexpr std::uint32_t kFileVersion = 1;

/// What a file begins with; then the size of each object, then the objects.
struct Header {
  std::uint32_t magic = kMagic;
  std::uint32_t version = kFileVersion;
  std::uint64_t key_high = 0;
  std::uint64_t key_low = 0;
  std::uint64_t checksum = 0;  ///< of what follows
  std::uint64_t objects = 0;
};

/// Whether nobody but this user can have written the file: it will be executed.
bool is_own(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// The bytes of the user's own file, which has been used just now. The path may name another file
/// at any time, so that all is asked of the descriptor.
std::optional<std::vector<std::byte>> read_own_file(const fs::path& path,
                                                    std::uint64_t most_bytes) {
  // Without O_NONBLOCK a pipe would wait for a writer.
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const process::Descriptor file(::open(path.c_str(), kFlags));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !is_own(status)) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > most_bytes) return std::nullopt;
  std::vector<std::byte> bytes(size);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  static_cast<void>(::futimens(file.get(), nullptr));
  return bytes;
}

std::error_code last_error() { return {errno, std::generic_category()}; }

/// Makes a file that nobody else can read or write, in the place of one that a killed process left.
std::error_code write_new_file(const fs::path& path, std::span<const std::byte> bytes) {
  static_cast<void>(::unlink(path.c_str()));
  const process::Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.is_open()) return last_error();
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_error();
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

void append(std::vector<std::byte>& out, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  out.insert(out.end(), bytes, bytes + size);
}

std::vector<std::byte> write_file(const sequence::Hash128& key, const ProgramObjects& objects) {
  std::vector<std::byte> body;
  for (const auto& object : objects) {
    const std::uint64_t size = object.size();
    append(body, &size, sizeof size);
  }
  for (const auto& object : objects) append(body, object.data(), object.size());
  Header header;
  header.key_high = key.high;
  header.key_low = key.low;
  header.checksum = checksum_of(body);
  header.objects = objects.size();
  std::vector<std::byte> file;
  append(file, &header, sizeof header);
  append(file, body.data(), body.size());
  return file;
}

std::optional<ProgramObjects> read_file(const sequence::Hash128& key,
                                        std::span<const std::byte> file) {
  Header header;
  if (file.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, file.data(), sizeof header);
  std::span<const std::byte> body = file.subspan(sizeof header);
  if (header.magic != kMagic || header.version != kFileVersion || header.key_high != key.high ||
      header.key_low != key.low || header.checksum != checksum_of(body) ||
      header.objects > body.size() / sizeof(std::uint64_t))
    return std::nullopt;
  std::vector<std::uint64_t> sizes(header.objects);
  std::memcpy(sizes.data(), body.data(), sizes.size() * sizeof(std::uint64_t));
  body = body.subspan(sizes.size() * sizeof(std::uint64_t));
  ProgramObjects objects;
  for (std::uint64_t size : sizes) {
    if (size > body.size()) return std::nullopt;
    objects.emplace_back(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    body = body.subspan(size);
  }
  return body.empty() ? std::optional(std::move(objects)) : std::nullopt;
}

}  // namespace

fs::path ProgramCache::path_of(const sequence::Hash128& key, Content content) const {
  return folder_ / (to_hex(key) + (content == Content::program ? ".gtp" : ".gtn"));
}

std::optional<ProgramObjects> ProgramCache::load(const sequence::Hash128& key,
                                                 Content content) const {
  if (folder_.empty()) return std::nullopt;
  const fs::path path = path_of(key, content);
  const auto file = read_own_file(path, most_bytes_);
  if (!file) return std::nullopt;
  auto objects = read_file(key, *file);
  std::error_code ignored;
  if (!objects) fs::remove(path, ignored);
  return objects;
}

void ProgramCache::store(const sequence::Hash128& key, const ProgramObjects& objects,
                         Content content) const {
  if (folder_.empty()) return;
  const std::vector<std::byte> file = write_file(key, objects);
  if (file.size() > most_bytes_) return;
  const std::error_code error = put(key, content, file);
  if (!error || has_complained_->exchange(true)) return;
  logging::error(
      fmt::format("compiled programs are not kept on disk: {}: {}; GT_CACHE_DIR must name a folder "
                  "that can be written to",
                  folder_.string(), error.message()));
}

std::error_code ProgramCache::put(const sequence::Hash128& key, Content content,
                                  std::span<const std::byte> file) const {
  static std::atomic<std::uint64_t> counter{0};
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return error;
  make_room(file.size());
  const fs::path beside = folder_ / (to_hex(key) + "." + std::to_string(getpid()) + "." +
                                     std::to_string(counter.fetch_add(1)) + ".tmp");
  error = write_new_file(beside, file);
  if (!error) fs::rename(beside, path_of(key, content), error);
  std::error_code ignored;
  if (error) fs::remove(beside, ignored);
  return error;
}

/// Removes the files that were used least recently until `bytes` more fit. Files that somebody else
/// removes meanwhile, or left half-written long ago, are no trouble.
void ProgramCache::make_room(std::uint64_t bytes) const {
  struct File {
    fs::path path;
    fs::file_time_type used;
    std::uint64_t size = 0;
  };
  std::vector<File> files;
  std::uint64_t total = bytes;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const std::uint64_t size = it->file_size(gone);
    const fs::file_time_type used = gone ? fs::file_time_type() : it->last_write_time(gone);
    if (gone) continue;
    files.push_back({it->path(), used, size});
    total += size;
  }
  if (total <= most_bytes_) return;
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.used < b.used; });
  for (const File& file : files) {
    if (total <= most_bytes_) return;
    if (fs::remove(file.path, error)) total -= file.size;
  }
}

}  // namespace gt::worker::hotpath
