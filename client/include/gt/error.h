// What GT throws. The text is `[op] ` and LibTorch's wording; mistakes that were noticed on a
// worker add the operands and the line of the program that asked for the operation.
#pragma once

#include <gt/export.h>

#include <exception>
#include <string>

namespace gt {

/// Base of everything that GT throws, and the type of mistakes in shapes, options and autograd use.
/// Holds its texts by value; copies are independent.
class GT_API Error : public std::exception {
 public:
  /// `message` is the text without details; `details` are further lines (operands, source line),
  /// without a leading newline, or empty.
  explicit Error(std::string message, std::string details = {});
  Error(const Error&);
  Error(Error&&) noexcept;
  Error& operator=(const Error&);
  Error& operator=(Error&&) noexcept;
  ~Error() override;

  /// Message and details.
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }
  /// The message alone: `[add] The size of tensor a (2) must match ...`.
  [[nodiscard]] const char* what_without_backtrace() const noexcept { return message_.c_str(); }
  /// The message alone, as a string owned by this error.
  [[nodiscard]] const std::string& msg() const noexcept { return message_; }

 private:
  std::string message_;
  std::string what_;
};

/// An index or a dimension out of range.
class GT_API IndexError : public Error {
 public:
  using Error::Error;
  ~IndexError() override;
};

/// A value that the operation does not admit (a probability outside 0..1, an option value).
class GT_API ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};

/// A dtype or C++ type that does not fit.
class GT_API TypeError : public Error {
 public:
  using Error::Error;
  ~TypeError() override;
};

/// Known to LibTorch, not offered here; the text says what to do instead.
class GT_API NotImplementedError : public Error {
 public:
  using Error::Error;
  ~NotImplementedError() override;
};

/// A worker's allocator refused: the result would have passed its memory limit.
class GT_API OutOfMemoryError : public Error {
 public:
  using Error::Error;
  ~OutOfMemoryError() override;
};

/// A worker died or stopped answering; values that it alone held are gone.
class GT_API WorkerLostError : public Error {
 public:
  using Error::Error;
  ~WorkerLostError() override;
};

/// The dispatcher cannot be reached, or went away; every later call on that session throws it too.
class GT_API ConnectionError : public Error {
 public:
  using Error::Error;
  ~ConnectionError() override;
};

/// A peer broke the rules of the wire format, or speaks another version of it.
class GT_API ProtocolError : public Error {
 public:
  using Error::Error;
  ~ProtocolError() override;
};

/// A bounded wait ended without an answer.
class GT_API TimeoutError : public Error {
 public:
  using Error::Error;
  ~TimeoutError() override;
};

}  // namespace gt
