// Where the `gt` program is.
#pragma once

#include <string>

#include "common/config/environment.h"

namespace gt::client {

/// Path of the `gt` program: GT_EXECUTABLE, else beside this library's prefix, beside the running
/// program, or in PATH. Throws CommonError(kInternal) naming every place where it was looked for.
[[nodiscard]] std::string find_executable(const config::Environment& environment);

}  // namespace gt::client
