// Which build of the compiler this is.
#pragma once

#include <string>

namespace gt::worker::jit {

/// The linker's mark of the file that holds this code (NT_GNU_BUILD_ID), in hex: another one where
/// anything in the file is another. Throws CommonError(kInternal) if it was linked without.
[[nodiscard]] std::string build_identity();

}  // namespace gt::worker::jit
