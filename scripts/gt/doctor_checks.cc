#include "scripts/gt/doctor_checks.h"

#include <dlfcn.h>
#include <flatbuffers/base.h>
#include <fmt/format.h>
#include <zmq.h>

#include <cstdlib>
#include <fstream>

#include "common/config/cache_folder.h"
#include "common/config/environment.h"
#include "common/config/version.h"
#include "common/error.h"
#include "common/protocol/messages.h"
#include "common/transport/mode.h"
#include "common/transport/spinning.h"
#include "scripts/gt/commands.h"
#include "worker/engine/engine.h"
#include "worker/engine/library.h"
#include "worker/engine/native/kernels/kernel_table.h"
#include "worker/jit/kernel.h"

namespace gt::tool {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

std::string loader_error() {
  const char* error = dlerror();
  return error == nullptr ? "unknown reason" : error;
}

/// The rest of the first line of a file that begins with `key`, without spaces, or nothing.
std::string field_of(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!std::string_view(line).starts_with(key)) continue;
    const std::size_t value = line.find_first_not_of(": \t", key.size());
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

/// A line of /proc/meminfo, which counts in KiB.
double gib_of(std::string_view key) {
  return std::atof(field_of("/proc/meminfo", key).c_str()) / (1024 * 1024);
}

/// The plugin that `load` gives with its path, and the version of the library that it carries.
template <class Load>
Finding check_plugin(const std::string& what, bool is_needed, Load&& load) {
  try {
    std::string path;
    const auto& plugin = load(path);
    return {what, fmt::format("{} ({})", plugin.name, path)};
  } catch (const CommonError& error) {
    return {what, error.what(), is_needed};
  }
}

Finding check_engine(const std::string& what, const char* name, bool is_needed) {
  return check_plugin(what, is_needed, [name](std::string& path) -> const worker::LibraryPlugin& {
    return worker::load_plugin(name, path);
  });
}

}  // namespace

std::vector<Finding> check_versions() {
  int major = 0, minor = 0, patch = 0;
  zmq_version(&major, &minor, &patch);
  return {
      {"gt", std::string(library_version())},
      {"protocol", std::to_string(protocol::kProtocolVersion)},
      {"compiler", fmt::format("{} {}, C++ {}",
#ifdef __clang__
                               "clang",
#else
                               "g++",
#endif
                               __VERSION__, __cplusplus)},
      {"libzmq", fmt::format("{}.{}.{}", major, minor, patch)},
      {"FlatBuffers", fmt::format("{}.{}.{}", FLATBUFFERS_VERSION_MAJOR, FLATBUFFERS_VERSION_MINOR,
                                  FLATBUFFERS_VERSION_REVISION)},
  };
}

std::vector<Finding> check_processor() {
  std::string model = field_of("/proc/cpuinfo", "model name");
  if (model.empty()) model = "unknown processor";
  return {{"processor", fmt::format("{}, {} cores usable", model, available_cores())},
          {"kernels", fmt::format("compiled for {}", worker::native::best_kernel_table().target)}};
}

std::vector<Finding> check_memory() {
  std::vector<Finding> findings{
      {"memory", fmt::format("{:.1f} GiB in all, {:.1f} GiB available", gib_of("MemTotal"),
                             gib_of("MemAvailable"))}};
  try {
    const auto engine = worker::make_engine({});
    findings.push_back(
        {"worker limit", fmt::format("{:.1f} GiB unless --memory-limit says else",
                                     static_cast<double>(engine->allocator().limit()) / kGiB)});
  } catch (const std::exception& error) {
    findings.push_back({"worker", error.what(), true});
  }
  return findings;
}

std::vector<Finding> check_transport() {
  std::vector<Finding> findings;
  for (const char* address : {"ipc://path", "tcp://host:port"}) {
    const auto [carrier, reason] = transport::choice_for(address, transport::process_mode());
    findings.push_back({address, fmt::format("{} ({})", carrier, reason)});
  }
  const transport::Spinning& spinning = transport::spinning();
  findings.push_back(
      {"ring wait",
       fmt::format("{} before it sleeps ({})",
                   spinning.time.count() > 0 ? fmt::format("looks for {} us", spinning.time.count())
                                             : "does not spin",
                   spinning.reason)});
  return findings;
}

std::vector<Finding> check_plugins() {
  return {check_plugin("kernel compiler", false, worker::jit::load_compiler_plugin),
          check_engine("LibTorch", "engine_torch", true),
          check_engine("LibTorch CUDA", "engine_torch_cuda", false)};
}

std::vector<Finding> check_cuda() {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return {{"CUDA driver", "none: " + loader_error()}};
  const auto initialise = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto version = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDriverGetVersion"));
  const auto count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  if (initialise == nullptr || version == nullptr || count == nullptr)
    return {{"CUDA driver", "libcuda.so.1 lacks the driver's functions"}};
  if (const int status = initialise(0); status != 0)
    return {{"CUDA driver", fmt::format("cannot start: cuInit gives error {}", status)}};
  int number = 0;
  int devices = 0;
  version(&number);
  count(&devices);
  return {{"CUDA driver",
           fmt::format("for CUDA {}.{}, {} GPU(s)", number / 1000, number % 1000 / 10, devices)}};
}

std::vector<Finding> check_cache() {
  const auto folder = config::program_folder(config::Environment::process());
  constexpr const char* kWhat = "program cache";
  if (folder.empty()) return {{kWhat, "none: set GT_CACHE_DIR, XDG_CACHE_HOME or HOME"}};
  const std::string obstacle = config::obstacle_to_writing(folder);
  if (obstacle.empty()) return {{kWhat, folder.string()}};
  return {{kWhat,
           fmt::format("{}; GT_CACHE_DIR must name a folder that can be written to", obstacle),
           true}};
}

std::vector<Finding> check_environment() {
  try {
    const auto& environment = config::Environment::process();
    std::vector<Finding> findings;
    for (const config::VariableRow& row : config::variable_table())
      if (environment.is_set(row.variable))
        findings.push_back({std::string(row.name), environment.text(row.variable)});
    return findings;
  } catch (const CommonError& error) {
    return {{"environment", error.what(), true}};
  }
}

}  // namespace gt::tool
