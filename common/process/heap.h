// How the C library's heap treats memory that a long-running process frees.
#pragma once

namespace gt::process {

/// Keeps freed memory in the process instead of giving it back to the kernel, so that buffers that
/// are made again and again do not fault in fresh pages each time. Call it before the first large
/// allocation.
void keep_freed_memory() noexcept;

}  // namespace gt::process
