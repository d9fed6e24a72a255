// Plugins: libraries in `lib/gt` with one C entry, loaded when they are first needed.
#pragma once

#include <cstdint>
#include <string>

namespace gt::worker {

/// Throws CommonError(kInternal): `path` cannot be loaded, and why.
[[noreturn]] void fail_to_load(const std::string& path, const std::string& reason);

/// The address of function `entry` of plugin `name`: file `name`.so beside the executable in
/// `../lib/gt`, or in GT_PLUGIN_PATH, loaded with RTLD_LOCAL and never closed, since results and
/// threads of it may outlive its objects. `path` receives where it was found. Throws
/// CommonError(kInternal) with the path tried and the loader's reason.
[[nodiscard]] void* plugin_entry(const char* name, const char* entry, std::string& path);

/// Throws CommonError(kInternal): the plugin's interface has another version than the expected.
[[noreturn]] void fail_by_version(const std::string& path, std::uint32_t version,
                                  std::uint32_t expected);

/// What that function gives: a table of type `Plugin`, which begins with its version.
template <class Plugin>
[[nodiscard]] const Plugin& load_plugin_entry(const char* name, const char* entry,
                                              std::uint32_t expected, std::string& path) {
  using Entry = const Plugin* (*)();
  const Plugin* plugin = reinterpret_cast<Entry>(plugin_entry(name, entry, path))();
  if (plugin == nullptr) fail_by_version(path, 0, expected);
  if (plugin->version != expected) fail_by_version(path, plugin->version, expected);
  return *plugin;
}

}  // namespace gt::worker
