#include <gtest/gtest.h>

#include <cstring>

#include "worker/engine/native/pooled_allocator.h"

namespace gt::worker {
namespace {

TEST(PooledAllocator, AlignsBlocksTo64Bytes) {
  PooledAllocator allocator(1 << 20);
  for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{5000}})
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(allocator.allocate(bytes)->data()) % 64, 0u);
}

TEST(PooledAllocator, GivesAtLeastWhatWasAskedFor) {
  PooledAllocator allocator(std::size_t{1} << 30);
  for (std::size_t bytes = 1; bytes < (std::size_t{1} << 24); bytes = bytes * 5 / 4 + 1) {
    const auto buffer = allocator.allocate(bytes);
    EXPECT_GE(buffer->bytes(), bytes);
    EXPECT_LE(buffer->bytes(), std::max<std::size_t>(bytes + 64, bytes * 5 / 4 + 1));
  }
}

TEST(PooledAllocator, ALargeBlockBeginsOnTheBorderOfAHugePage) {
  constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;
  PooledAllocator allocator(std::size_t{1} << 30);
  for (std::size_t bytes : {std::size_t{3} << 20, std::size_t{10} << 20, std::size_t{64} << 20}) {
    const auto buffer = allocator.allocate(bytes);
    EXPECT_LT(reinterpret_cast<std::uintptr_t>(buffer->data()) % kHugePage, 4096u);
    std::memset(buffer->data(), 1, buffer->bytes());
  }
}

TEST(PooledAllocator, ReusesAFreedBlockOfTheSameClass) {
  PooledAllocator allocator(1 << 20);
  void* first = allocator.allocate(1000)->data();
  EXPECT_EQ(allocator.allocate(1000)->data(), first);
}

TEST(PooledAllocator, CountsWhatIsInUse) {
  PooledAllocator allocator(1 << 20);
  auto buffer = allocator.allocate(4096);
  EXPECT_EQ(allocator.bytes_in_use(), buffer->bytes());
  buffer.reset();
  EXPECT_EQ(allocator.bytes_in_use(), 0u);
}

TEST(PooledAllocator, RefusesBeyondItsLimitNamingTheNumbers) {
  PooledAllocator allocator(10000);
  const auto held = allocator.allocate(4096);
  try {
    const auto refused = allocator.allocate(8192);
    FAIL() << "allocated beyond the limit";
  } catch (const OutOfMemory& error) {
    EXPECT_STREQ(error.what(),
                 "out of memory: tried to allocate 8192 bytes; 4096 bytes are in use and the "
                 "limit is 10000 bytes");
  }
}

TEST(PooledAllocator, GivesKeptBlocksBackBeforeItPassesTheLimit) {
  PooledAllocator allocator(10000);
  static_cast<void>(allocator.allocate(8192));
  EXPECT_EQ(allocator.bytes_cached(), 8192u);
  const auto buffer = allocator.allocate(4096);
  EXPECT_EQ(allocator.bytes_cached(), 0u);
}

TEST(PooledAllocator, ASizeBeyondAllMemoryIsRefused) {
  PooledAllocator allocator(1 << 20);
  EXPECT_THROW(static_cast<void>(allocator.allocate(~std::size_t{0})), OutOfMemory);
}

TEST(PooledAllocator, BuffersMayOutliveIt) {
  BufferRef buffer;
  {
    PooledAllocator allocator(1 << 20);
    buffer = allocator.allocate(64);
  }
  static_cast<std::byte*>(buffer->data())[63] = std::byte{7};
  EXPECT_EQ(static_cast<std::byte*>(buffer->data())[63], std::byte{7});
}

TEST(PooledAllocator, GivesTheClassBackFirstThatWasUnusedLongest) {
  PooledAllocator allocator(10000);
  static_cast<void>(allocator.allocate(2048));
  void* recent = allocator.allocate(4096)->data();
  EXPECT_EQ(allocator.bytes_cached(), 2048u + 4096u);
  const auto other = allocator.allocate(5120);
  EXPECT_EQ(allocator.bytes_cached(), 4096u);
  EXPECT_EQ(allocator.allocate(4096)->data(), recent);
}

TEST(PooledAllocator, KeepsNotMoreThanWasEverInUseAtOnce) {
  constexpr std::size_t kPart = PooledAllocator::kKeptAtLeast / 4;
  PooledAllocator allocator(std::size_t{1} << 40);
  for (std::size_t step = 0; step < 8; ++step)
    static_cast<void>(allocator.allocate(kPart + step * kPart / 4));
  EXPECT_LE(allocator.bytes_cached(), PooledAllocator::kKeptAtLeast + 3 * kPart);
}

TEST(PooledAllocator, TrimGivesAllKeptBlocksBack) {
  PooledAllocator allocator(std::size_t{1} << 30);
  const auto held = allocator.allocate(1000);
  static_cast<void>(allocator.allocate(1000));
  static_cast<void>(allocator.allocate(std::size_t{8} << 20));
  allocator.trim();
  EXPECT_EQ(allocator.bytes_cached(), 0u);
  EXPECT_EQ(allocator.bytes_in_use(), held->bytes());
}

TEST(PooledAllocator, WhatIsChargedCountsAgainstTheLimit) {
  PooledAllocator allocator(10000);
  allocator.charge(6000);
  EXPECT_EQ(allocator.bytes_in_use(), 6000u);
  EXPECT_THROW(static_cast<void>(allocator.allocate(5000)), OutOfMemory);
  EXPECT_THROW(allocator.charge(5000), OutOfMemory);
  allocator.discharge(6000);
  EXPECT_EQ(allocator.allocate(5000)->bytes(), 5120u);
}

TEST(PooledAllocator, ChargingGivesKeptBlocksBackBeforeItPassesTheLimit) {
  PooledAllocator allocator(10000);
  static_cast<void>(allocator.allocate(8192));
  allocator.charge(4000);
  EXPECT_EQ(allocator.bytes_cached(), 0u);
}

TEST(PooledAllocator, TheDefaultLimitIsSomeOfTheMachinesMemory) {
  EXPECT_GT(default_memory_limit(), std::size_t{1} << 20);
  EXPECT_GT(PooledAllocator(0).limit(), std::size_t{1} << 20);
}

}  // namespace
}  // namespace gt::worker
