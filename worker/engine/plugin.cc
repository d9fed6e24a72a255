#include "worker/engine/plugin.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

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

}  // namespace

void fail_to_load(const std::string& path, const std::string& reason) {
  throw CommonError(ErrorKind::kInternal, "cannot load the plugin " + path + ": " + reason);
}

const void* plugin_entry(const char* name, const char* entry, std::string& path) {
  path = (plugin_folder() / (std::string(name) + ".so")).string();
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) fail_to_load(path, dlerror());
  using Entry = const void* (*)();
  const auto function = reinterpret_cast<Entry>(dlsym(handle, entry));
  if (function == nullptr) fail_to_load(path, "it has no entry " + std::string(entry));
  return function();
}

void fail_by_version(const std::string& path, std::uint32_t version, std::uint32_t expected) {
  fail_to_load(path, "its interface has version " + std::to_string(version) + ", expected " +
                         std::to_string(expected));
}

}  // namespace gt::worker
