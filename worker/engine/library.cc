#include "worker/engine/library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

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

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
  throw CommonError(ErrorKind::kInternal, "cannot load the plugin " + path + ": " + reason);
}

}  // namespace

std::unique_ptr<Library> load_library(const char* name, Allocator& allocator,
                                      const char* device) {
  const std::string path = (plugin_folder() / (std::string(name) + ".so")).string();
  // Never closed: results and threads of the library may outlive its object.
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) fail(path, dlerror());
  using Entry = const LibraryPlugin* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(handle, "gt_library_plugin"));
  if (entry == nullptr) fail(path, "it has no entry gt_library_plugin");
  const LibraryPlugin* plugin = entry();
  if (plugin == nullptr || plugin->version != kLibraryPluginVersion || plugin->make == nullptr)
    fail(path, "its interface has version " +
                   std::to_string(plugin != nullptr ? plugin->version : 0) + ", expected " +
                   std::to_string(kLibraryPluginVersion));
  std::unique_ptr<Library> library(plugin->make(allocator, device));
  if (library == nullptr) fail(path, "it made no library for " + std::string(device));
  return library;
}

}  // namespace gt::worker
