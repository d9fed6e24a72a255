#include "worker/engine/library.h"

#include <string>

#include "worker/engine/plugin.h"

namespace gt::worker {

const LibraryPlugin& load_plugin(const char* name, std::string& path) {
  return load_plugin_entry<LibraryPlugin>(name, "gt_library_plugin", kLibraryPluginVersion, path);
}

std::unique_ptr<Library> load_library(const char* name, Allocator& allocator, const char* device) {
  std::string path;
  const LibraryPlugin& plugin = load_plugin(name, path);
  std::unique_ptr<Library> library;
  if (plugin.make != nullptr) library.reset(plugin.make(allocator, device));
  if (library == nullptr) fail_to_load(path, "it made no library for " + std::string(device));
  return library;
}

std::unique_ptr<Engine> load_engine(const char* name, const EngineOptions& options) {
  std::string path;
  const LibraryPlugin& plugin = load_plugin(name, path);
  std::unique_ptr<Engine> engine;
  if (plugin.make_engine != nullptr) engine.reset(plugin.make_engine(options));
  if (engine == nullptr) fail_to_load(path, "it made no engine for " + options.device);
  return engine;
}

}  // namespace gt::worker
