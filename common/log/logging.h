// Lines for people, on standard error. Silent but for errors unless GT_VERBOSE or GT_DEBUG_* ask.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/config/environment.h"

namespace gt::logging {

/// Which part of the system a process is; names its lines and chooses its GT_DEBUG_* variable.
enum class Component : std::uint8_t { client, dispatcher, worker, tool };

enum class Level : std::uint8_t { error, warning, info, debug };

/// Sets up this process' log: errors always, warnings and information with GT_VERBOSE, details with
/// the component's GT_DEBUG_* variable. Lines read `gt worker: message`; with details they carry
/// the time and the thread. Call it once, before the first line; without it errors are written.
void set_up(Component component, const config::Environment& environment);

/// Whether a line of this level is written; asks before an expensive line is put together.
[[nodiscard]] bool is_enabled(Level level) noexcept;

/// Writes one line. Thread-safe; never throws.
void write(Level level, std::string_view message) noexcept;

inline void error(std::string_view message) noexcept { write(Level::error, message); }
inline void warning(std::string_view message) noexcept { write(Level::warning, message); }
inline void info(std::string_view message) noexcept { write(Level::info, message); }
inline void debug(std::string_view message) noexcept { write(Level::debug, message); }

}  // namespace gt::logging
