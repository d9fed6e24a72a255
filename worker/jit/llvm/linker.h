// Objects in memory, ready to run.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "worker/jit/llvm/library_functions.h"

namespace gt::worker::jit {

/// The address of what code calls by this name; null for what it may not call.
using FunctionFinder = const void* (*)(std::string_view symbol);

/// Code of one object file in this process; it may call what the finder knows.
class LinkedObject {
 public:
  /// Throws CommonError(kInternal) for bytes that are no object, or call something else.
  explicit LinkedObject(std::span<const std::byte> bytes,
                        FunctionFinder finder = &address_of_function);
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
