// What a session wants compiled: its settings, and what its signals say.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "common/config/compile_settings.h"
#include "common/protocol/messages.h"

namespace gt::worker::hotpath {

class Wishes {
 public:
  void set(const config::CompileSettings& settings) { settings_ = settings; }
  void add(std::span<const protocol::SignalDefinition> signals);

  [[nodiscard]] const config::CompileSettings& settings() const noexcept { return settings_; }
  /// Whether anything is to be compiled, of what signals say so far.
  [[nodiscard]] bool compile_anything() const noexcept;
  /// Whether instructions with this signal (0 for none) are to be compiled.
  [[nodiscard]] bool compile(std::uint16_t signal) const;
  /// What the signal says; null for one that says nothing.
  [[nodiscard]] const config::CompileOptions* options(std::uint16_t signal) const;

 private:
  config::CompileSettings settings_;
  std::map<std::uint16_t, config::CompileOptions> signals_;
};

}  // namespace gt::worker::hotpath
