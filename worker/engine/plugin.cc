#include "worker/engine/plugin.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <system_error>
#include <vector>

#include "common/error.h"

namespace gt::worker {
namespace {

/// GT_PLUGIN_PATH if it is set, else ../lib/gt seen from the executable.
std::filesystem::path plugin_folder() {
  if (const char* folder = std::getenv("GT_PLUGIN_PATH"); folder != nullptr && *folder != '\0')
    return folder;
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  return executable.parent_path().parent_path() / "lib" / "gt";
}

/// Up to where an ELF file's header and its tables of segments and sections say that it goes; 0 if
/// they are not those of this machine, which the loader words better.
std::uint64_t declared_size(std::istream& file) {
  ElfW(Ehdr) header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  if (!file || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_phentsize != sizeof(ElfW(Phdr)))
    return 0;
  std::vector<ElfW(Phdr)> segments(header.e_phnum);
  const std::uint64_t bytes = segments.size() * sizeof(ElfW(Phdr));
  std::uint64_t size =
      std::max(header.e_phoff + bytes,
               header.e_shoff + std::uint64_t{header.e_shnum} * std::uint64_t{header.e_shentsize});
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  file.read(reinterpret_cast<char*>(segments.data()), static_cast<std::streamsize>(bytes));
  for (const ElfW(Phdr) & segment : segments)
    if (segment.p_type == PT_LOAD) size = std::max(size, segment.p_offset + segment.p_filesz);
  return size;
}

/// The loader maps what a file says of itself, and whoever reads what lies behind the file's end
/// dies of SIGBUS.
void require_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return;
  const std::uint64_t declared = declared_size(file);
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (!error && size < declared)
    fail_to_load(path, "the file is cut short: " + std::to_string(size) + " of " +
                           std::to_string(declared) + " bytes; install it again");
}

}  // namespace

void fail_to_load(const std::string& path, const std::string& reason) {
  throw CommonError(ErrorKind::kInternal, "cannot load the plugin " + path + ": " + reason);
}

void* plugin_entry(const char* name, const char* entry, std::string& path) {
  path = (plugin_folder() / (std::string(name) + ".so")).string();
  require_whole(path);
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) fail_to_load(path, dlerror());
  void* function = dlsym(handle, entry);
  if (function == nullptr) fail_to_load(path, "it has no entry " + std::string(entry));
  return function;
}

void fail_by_version(const std::string& path, std::uint32_t version, std::uint32_t expected) {
  fail_to_load(path, "its interface has version " + std::to_string(version) + ", expected " +
                         std::to_string(expected));
}

}  // namespace gt::worker
