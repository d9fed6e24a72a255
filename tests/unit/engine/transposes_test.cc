// Copies of transposed matrices, for every instruction set, size of element and way to memory.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>

#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker::native {
namespace {

constexpr std::uint32_t kSeed = 20261128;
constexpr std::size_t kAlignment = 64;

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

template <class U>
class TransposesTest : public testing::Test {
 protected:
  static constexpr std::size_t kWidth = sizeof(U) == 2 ? 0 : sizeof(U) / 4;

  static void expect_transposed(std::int64_t rows, std::int64_t columns, std::int64_t stride,
                                bool streams) {
    std::mt19937_64 random(kSeed);
    std::vector<U> from(static_cast<std::size_t>(columns * stride));
    for (U& element : from) element = static_cast<U>(random());
    const auto count = static_cast<std::size_t>(rows * columns);
    const std::size_t bytes = (count * sizeof(U) + kAlignment) / kAlignment * kAlignment;
    const std::unique_ptr<U[], Free> to(static_cast<U*>(std::aligned_alloc(kAlignment, bytes)));
    int tables = 0;
    const KernelTable* const* first = runnable_kernel_tables(tables);
    for (int k = 0; k < tables; ++k) {
      std::fill_n(to.get(), count, U{0});
      first[k]->moves.transpose[kWidth](from.data(), stride, to.get(), rows, columns, streams);
      first[k]->moves.end_streams();
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
          ASSERT_EQ(to[static_cast<std::size_t>(r * columns + c)],
                    from[static_cast<std::size_t>(c * stride + r)])
              << first[k]->target << ", row " << r << " and column " << c << " of " << rows << " x "
              << columns << ", seed " << kSeed;
    }
  }
};

using Elements = testing::Types<std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(TransposesTest, Elements);

TYPED_TEST(TransposesTest, OfAnySizeAreRight) {
  for (std::int64_t rows : {1, 3, 16, 33, 64, 70, 130})
    for (std::int64_t columns : {1, 5, 8, 31, 32, 40, 257, 300})
      this->expect_transposed(rows, columns, rows + 3, false);
}

TYPED_TEST(TransposesTest, PastTheCachesAreRight) {
  for (std::int64_t rows : {1, 16, 70, 130})
    for (std::int64_t columns : {32, 96, 256, 288, 544})
      this->expect_transposed(rows, columns, rows + 3, true);
}

}  // namespace
}  // namespace gt::worker::native
