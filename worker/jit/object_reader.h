// Reads the bytes of compiled code that was kept: parts one after the other, none beyond the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "common/error.h"

namespace gt::worker::jit {

class ObjectReader {
 public:
  /// `what` is named in errors: `cannot load WHAT: ...`.
  ObjectReader(std::span<const std::byte> bytes, std::string what)
      : rest_(bytes), what_(std::move(what)) {}

  /// The next bytes. Throws CommonError(kInternal) if there are not so many.
  [[nodiscard]] std::span<const std::byte> take(std::uint64_t size) {
    if (size > rest_.size()) fail("the object is cut off");
    const auto part = rest_.first(size);
    rest_ = rest_.subspan(size);
    return part;
  }
  template <class T>
  [[nodiscard]] T take() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }
  [[noreturn]] void fail(const std::string& reason) const {
    throw CommonError(ErrorKind::kInternal, "cannot load " + what_ + ": " + reason);
  }

 private:
  std::span<const std::byte> rest_;
  std::string what_;
};

}  // namespace gt::worker::jit
