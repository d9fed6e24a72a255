// What compiled code may call: functions of the C library, by these names alone.
#pragma once

#include <string_view>

namespace gt::worker::jit {

/// Compiled code calls `exp` as kLibraryPrefix + "exp".
inline constexpr const char* kLibraryPrefix = "gt_library_";

/// Address of what compiled code calls `symbol`; null if it may not call that.
[[nodiscard]] const void* address_of_function(std::string_view symbol);

}  // namespace gt::worker::jit
