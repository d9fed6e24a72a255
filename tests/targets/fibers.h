// Threads of a block, one after the other on one thread: each runs until it waits for others. Who
// runs next is drawn for each block, so that results do not hide that a barrier is missing. The
// seed is printed; GT_TEST_THREAD_SEED repeats it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace gt::worker::jit {

/// Runs `body` as every thread of blocks [0, blocks).
void run_blocks(std::uint32_t blocks, const std::function<void()>& body);

/// What code of a device may call, by the names of its intrinsics; null for others.
[[nodiscard]] const void* address_of_intrinsic(std::string_view symbol);

}  // namespace gt::worker::jit
