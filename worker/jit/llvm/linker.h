// Objects in memory, ready to run.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace gt::worker::jit {

/// Code of one object file in this process; it may call what address_of_function knows.
class LinkedObject {
 public:
  /// Throws CommonError(kInternal) for bytes that are no object, or call something else.
  explicit LinkedObject(std::span<const std::byte> bytes);
  LinkedObject(const LinkedObject&) = delete;
  LinkedObject& operator=(const LinkedObject&) = delete;
  ~LinkedObject();

  /// Throws CommonError(kInternal) if there is no such function.
  [[nodiscard]] void* address_of(const std::string& symbol) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gt::worker::jit
