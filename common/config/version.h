// The version of this build.
#pragma once

#include <string_view>

namespace gt {

/// `0.1.0`, from the project's CMakeLists.txt.
[[nodiscard]] std::string_view library_version() noexcept;

}  // namespace gt
