#include "common/process/heap.h"

#include <malloc.h>

namespace gt::process {

void keep_freed_memory() noexcept {
  // 32 MiB is the largest threshold that glibc takes.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 2000000000);
  mallopt(M_TOP_PAD, 16 << 20);
}

}  // namespace gt::process
