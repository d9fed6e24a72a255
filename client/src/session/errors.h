// From the shared layers' errors to the public ones.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"
#include "common/protocol/messages.h"

namespace gt::client {

/// Throws the public error of this kind. Both texts as in `gt::Error`.
[[noreturn]] void throw_error(ErrorKind kind, std::string message, std::string details = {});

/// Throws the public form of a mistake noticed in this process: `[op] message`, or the message
/// alone if `op` is empty.
[[noreturn]] void throw_public(const CommonError& error, std::string_view op = {});

/// `[op] message`.
[[nodiscard]] std::string describe(const protocol::ErrorRecord& record);
/// Throws the error of a failed instruction: `[op] message`, then its operands, then `at place` if
/// `place` (the user's source line) is not empty.
[[noreturn]] void throw_record(const protocol::ErrorRecord& record, const std::string& place);

}  // namespace gt::client
