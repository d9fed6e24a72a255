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

const LibraryPlugin& load_plugin(const char* name, std::string& path) {
  path = (plugin_folder() / (std::string(name) + ".so")).string();
  // Never closed: results and threads of the library may outlive its object.
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) fail(path, dlerror());
  using Entry = const LibraryPlugin* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(handle, "gt_library_plugin"));
  if (entry == nullptr) fail(path, "it has no entry gt_library_plugin");
  const LibraryPlugin* plugin = entry();
  if (plugin == nullptr || plugin->version != kLibraryPluginVersion)
    fail(path, "its interface has version " +
                   std::to_string(plugin != nullptr ? plugin->version : 0) + ", expected " +
                   std::to_string(kLibraryPluginVersion));
  return *plugin;
}

std::unique_ptr<Library> load_library(const char* name, Allocator& allocator, const char* device) {
  std::string path;
  const LibraryPlugin& plugin = load_plugin(name, path);
  std::unique_ptr<Library> library;
  if (plugin.make != nullptr) library.reset(plugin.make(allocator, device));
  if (library == nullptr) fail(path, "it made no library for " + std::string(device));
  return library;
}

std::unique_ptr<Engine> load_engine(const char* name, const EngineOptions& options) {
  std::string path;
  const LibraryPlugin& plugin = load_plugin(name, path);
  std::unique_ptr<Engine> engine;
  if (plugin.make_engine != nullptr) engine.reset(plugin.make_engine(options));
  if (engine == nullptr) fail(path, "it made no engine for " + options.device);
  return engine;
}

}  // namespace gt::worker
