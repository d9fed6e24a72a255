// Memory that is lent: sealed, kept for the next use, never handed out twice at a time.
#include "common/transport/shared_pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <vector>

namespace gt::transport {
namespace {

constexpr std::size_t kBytes = std::size_t{1} << 20;

class SharedPoolTest : public ::testing::Test {
 protected:
  static const void* place_of(const std::shared_ptr<PooledBlock>& block) {
    return block->bytes().data();
  }
  const std::shared_ptr<PoolAccount> account_ = std::make_shared<PoolAccount>(4 * kBytes);
  SharedPool pool_{account_};
};

TEST_F(SharedPoolTest, ABlockIsOfTheSizeAskedFor) {
  EXPECT_EQ(pool_.take(kBytes + 1)->bytes().size(), kBytes + 1);
}

TEST_F(SharedPoolTest, ABlockThatIsHeldIsNotHandedOutAgain) {
  const auto first = pool_.take(kBytes);
  EXPECT_NE(place_of(pool_.take(kBytes)), place_of(first));
}

TEST_F(SharedPoolTest, TheMemoryOfAnEndedBlockIsUsedAgain) {
  const void* const place = place_of(pool_.take(kBytes));
  EXPECT_EQ(place_of(pool_.take(kBytes)), place);
}

TEST_F(SharedPoolTest, SegmentsCanNeitherShrinkNorGrowAndAreComplete) {
  const auto location = pool_.take(kBytes)->location();
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  EXPECT_EQ(::fcntl(location->descriptor, F_GET_SEALS) & seals, seals);
  struct stat status{};
  ASSERT_EQ(::fstat(location->descriptor, &status), 0);
  EXPECT_GE(static_cast<std::size_t>(status.st_blocks) * 512, location->segment_size);
}

TEST_F(SharedPoolTest, KeepsNoMoreThanTheAccountAllows) {
  {
    std::vector<std::shared_ptr<PooledBlock>> blocks;
    for (int k = 0; k < 10; ++k) blocks.push_back(pool_.take(kBytes));
    EXPECT_EQ(account_->blocks, 10u);
  }
  EXPECT_EQ(account_->blocks, 0u);
  EXPECT_EQ(account_->kept, 4 * kBytes);
}

TEST_F(SharedPoolTest, TwoPoolsDoNotShareSegments) {
  SharedPool other(account_);
  const auto segment = pool_.take(kBytes)->location()->segment;
  EXPECT_NE(other.take(kBytes)->location()->segment, segment);
}

TEST_F(SharedPoolTest, ABlockOutlivesItsPool) {
  auto pool = std::make_unique<SharedPool>(account_);
  auto block = pool->take(kBytes);
  pool.reset();
  block->memory()[0] = std::byte{5};
  EXPECT_EQ(block->bytes()[0], std::byte{5});
  block.reset();
  EXPECT_EQ(account_->kept, 0u);
}

}  // namespace
}  // namespace gt::transport
