// The error categories that travel through every layer, and the exception that carries them.
//
// A caller's mistake is thrown as `Error` where it is noticed; the client turns it into the public
// `gt::Error` family. What happens on a worker travels as an `ErrorRecord` (common/protocol).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace gt {

/// What went wrong, in the sense in which a program would react to it. Values are wire constants.
enum class ErrorKind : std::uint8_t {
  kInvalidArgument = 0,  ///< shapes, dtypes, dimensions, option values
  kIndex = 1,            ///< an index or dimension out of range
  kType = 2,             ///< a dtype or C++ type that does not fit
  kValue = 3,            ///< a value inside a tensor that the operation does not admit
  kOutOfMemory = 4,      ///< the worker's own allocator refused
  kWorkerLost = 5,       ///< a worker died or stopped answering; its values are gone
  kConnection = 6,       ///< the dispatcher cannot be reached, or went away
  kProtocol = 7,         ///< a message that breaks the rules of the wire format
  kTimeout = 8,          ///< a bounded wait ended without an answer
  kNotImplemented = 9,   ///< known to LibTorch, not offered here
  kInternal = 10,        ///< a failure inside an engine that is nobody's mistake
};

/// Thrown by the shared layers for mistakes of the caller. `what()` holds no `[op]` prefix: the
/// layer that knows the operation adds it.
class CommonError : public std::runtime_error {
 public:
  CommonError(ErrorKind kind, const std::string& message)
      : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Reports a broken invariant of our own and aborts. `expression` and `file`:`line` name the place.
[[noreturn]] void abort_broken_invariant(const char* expression, const char* file, int line,
                                         const std::string& detail) noexcept;

}  // namespace gt

/// Checks an invariant of GT itself (never user input); aborts with a message when it is broken.
#define GT_INVARIANT(condition, detail)                                                       \
  do {                                                                                        \
    if (!(condition)) ::gt::abort_broken_invariant(#condition, __FILE__, __LINE__, (detail)); \
  } while (false)
