// How often this thread has asked the heap for memory.
#pragma once

#include <cstddef>

namespace gt::testing {

/// Calls of `operator new`, in any form, by the calling thread so far. Programs that link
/// allocation_counter.cc count.
[[nodiscard]] std::size_t allocations() noexcept;

}  // namespace gt::testing
