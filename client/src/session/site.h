// Source sites: the user's line that issued an instruction.
//
// Every public entry point opens a SiteScope; the outermost one keeps its return address in a
// thread-local. The address becomes a file and line only when an error or a log needs it.
#pragma once

#include <string>

#include "client/src/session/thread_local.h"

namespace gt::client {

class SiteScope {
 public:
  explicit SiteScope(void* return_address) noexcept : outermost_(current_ == nullptr) {
    if (outermost_) current_ = return_address;
  }
  ~SiteScope() {
    if (outermost_) current_ = nullptr;
  }
  SiteScope(const SiteScope&) = delete;
  SiteScope& operator=(const SiteScope&) = delete;

  /// Return address of the outermost public call on this thread, or null.
  [[nodiscard]] static void* current() noexcept { return current_; }

 private:
  static GT_FAST_THREAD_LOCAL void* current_;
  bool outermost_;
};

/// `file.cc:12` for a code address of this process, or `program+0x1234` without debug information.
[[nodiscard]] std::string describe_address(void* address);

}  // namespace gt::client

/// First statement of every public function that may emit instructions. The function must not be
/// inlined into the user's code.
#define GT_ENTRY() const ::gt::client::SiteScope gt_entry_scope(__builtin_return_address(0))
