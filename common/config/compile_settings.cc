#include "common/config/compile_settings.h"

#include <algorithm>
#include <limits>

namespace gt::config {

CompileSettings compile_settings(const Environment& settings) {
  constexpr std::int64_t kMostInstructions = std::numeric_limits<std::uint32_t>::max();
  CompileSettings compile;
  compile.auto_compile = settings.flag(Variable::auto_compile);
  compile.compile_all = settings.flag(Variable::compile);
  compile.threshold = static_cast<std::uint64_t>(settings.count(Variable::hotpath_threshold));
  compile.min_length = static_cast<std::uint32_t>(
      std::min(settings.count(Variable::hotpath_min_seq), kMostInstructions));
  compile.debug = settings.flag(Variable::debug_compile);
  compile.explains_recompiles = settings.text(Variable::logs) == "recompiles";
  return compile;
}

CompileSettings compile_settings(std::span<const std::pair<std::string, std::string>> settings) {
  return compile_settings(Environment::of_settings(settings));
}

}  // namespace gt::config
