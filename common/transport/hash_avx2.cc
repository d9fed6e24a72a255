#include "common/transport/hash_avx2.h"

#ifdef __AVX2__
#define XXH_INLINE_ALL
#include <xxhash.h>

std::uint64_t gt::transport::hash_with_avx2(const void* bytes, std::size_t count) noexcept {
  return XXH3_64bits(bytes, count);
}
#endif
