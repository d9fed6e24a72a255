// What the settings of a session say about compilation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "common/config/environment.h"

namespace gt::config {

/// One session's switches (GT_AUTO_COMPILE and so on); signals may say more about a part of it.
struct CompileSettings {
  bool auto_compile = false;         ///< compile the sequences that repeat
  bool compile_all = false;          ///< compile every sequence, at its first execution
  std::uint64_t threshold = 10;      ///< executions after which a sequence is hot
  std::uint32_t min_length = 3;      ///< fewest instructions in a hot sequence
  bool debug = false;                ///< the user wants to see what is compiled
  bool explains_recompiles = false;  ///< the user wants reasons, and whole error traces

  friend bool operator==(const CompileSettings&, const CompileSettings&) = default;
};

[[nodiscard]] CompileSettings compile_settings(const Environment& settings);
/// From names and values as ClientHello and PlannedBatch carry them; throws as
/// Environment::of_settings does.
[[nodiscard]] CompileSettings compile_settings(
    std::span<const std::pair<std::string, std::string>> settings);

}  // namespace gt::config
