#include <gt/nn/compile.h>

#include <atomic>

namespace gt::nn::detail {

std::string register_compiled_module(std::string_view module,
                                     const signal::CompileConfig& options) {
  constexpr std::size_t kMostOfName = 200;
  static std::atomic<unsigned> count = 0;
  std::string name = "nn::compile:" + std::to_string(++count) + ":";
  name += module.substr(0, kMostOfName);
  signal::SignalConfig config;
  config.compile = options;
  config.compile.enabled = options.enabled.value_or(true);
  config.backward = name;
  signal::register_config(name, config);
  return name;
}

}  // namespace gt::nn::detail
