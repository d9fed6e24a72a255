// Memory for the small objects that every operation makes and ends.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace gt::detail {

/// Blocks of at most `kLargestBlock` bytes. Every thread keeps some that were given back, for its
/// next ones, and frees them when it ends.
inline constexpr std::size_t kLargestBlock = 512;
[[nodiscard]] void* take_block(std::size_t bytes);
void give_block(void* block, std::size_t bytes) noexcept;

/// For std::allocate_shared.
template <class T>
class PoolAllocator {
 public:
  using value_type = T;
  PoolAllocator() = default;
  template <class Other>
  PoolAllocator(const PoolAllocator<Other>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    static_assert(sizeof(T) <= kLargestBlock && alignof(T) <= alignof(std::max_align_t));
    return static_cast<T*>(take_block(count * sizeof(T)));
  }
  void deallocate(T* objects, std::size_t count) noexcept {
    give_block(objects, count * sizeof(T));
  }
  template <class Other>
  friend bool operator==(const PoolAllocator&, const PoolAllocator<Other>&) noexcept {
    return true;
  }
};

/// std::make_shared out of such a block.
template <class T, class... Arguments>
[[nodiscard]] std::shared_ptr<T> make_pooled(Arguments&&... arguments) {
  return std::allocate_shared<T>(PoolAllocator<T>(), std::forward<Arguments>(arguments)...);
}

}  // namespace gt::detail
