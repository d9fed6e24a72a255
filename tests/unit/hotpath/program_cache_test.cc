#include "worker/hotpath/program_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace gt::worker::hotpath {
namespace {

namespace fs = std::filesystem;

class ProgramCacheTest : public ::testing::Test {
 protected:
  ProgramCacheTest() {
    std::string name = (fs::temp_directory_path() / "gt-cache-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ProgramCacheTest() override { fs::remove_all(folder_); }

  static ProgramObjects objects(std::size_t size, int fill) {
    return {std::vector<std::byte>(size, static_cast<std::byte>(fill)), {}};
  }
  [[nodiscard]] fs::path only_file() const { return fs::directory_iterator(folder_)->path(); }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

constexpr sequence::Hash128 kKey{1, 2};

TEST_F(ProgramCacheTest, GivesBackWhatWasStored) {
  const ProgramCache cache(folder_);
  EXPECT_FALSE(cache.load(kKey));
  cache.store(kKey, objects(1000, 7));
  EXPECT_EQ(cache.load(kKey), objects(1000, 7));
  EXPECT_FALSE(cache.load({2, 1}));
}

TEST_F(ProgramCacheTest, AFileWithAnyByteChangedIsNotBelievedAndGoes) {
  const ProgramCache cache(folder_);
  cache.store(kKey, objects(100, 7));
  const auto size = fs::file_size(only_file());
  for (std::uintmax_t at = 0; at < size; ++at) {
    cache.store(kKey, objects(100, 7));
    {
      std::fstream file(only_file(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(static_cast<std::streamoff>(at));
      const char byte = static_cast<char>(file.get() ^ 0x10);
      file.seekp(static_cast<std::streamoff>(at));
      file.put(byte);
    }
    EXPECT_FALSE(cache.load(kKey)) << "byte " << at;
    EXPECT_EQ(files(), 0u);
  }
}

TEST_F(ProgramCacheTest, AFileOfAnyOtherLengthIsNotBelieved) {
  const ProgramCache cache(folder_);
  cache.store(kKey, objects(100, 7));
  const auto size = fs::file_size(only_file());
  for (std::uintmax_t length = 0; length < size + 3; ++length) {
    if (length == size) continue;
    cache.store(kKey, objects(100, 7));
    fs::resize_file(only_file(), length);
    EXPECT_FALSE(cache.load(kKey)) << length << " bytes";
  }
}

TEST_F(ProgramCacheTest, WhatWasNotUsedForLongestGoesFirst) {
  const ProgramCache cache(folder_, 3000);
  cache.store({1, 0}, objects(1000, 1));
  cache.store({2, 0}, objects(1000, 2));
  for (const auto& entry : fs::directory_iterator(folder_))
    fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_TRUE(cache.load({1, 0}));
  cache.store({3, 0}, objects(1000, 3));
  EXPECT_TRUE(cache.load({1, 0}));
  EXPECT_FALSE(cache.load({2, 0}));
  EXPECT_TRUE(cache.load({3, 0}));
}

TEST_F(ProgramCacheTest, ManyWritersLeaveWholeFiles) {
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w)
    writers.emplace_back([this] {
      const ProgramCache cache(folder_);
      for (int k = 0; k < 50; ++k) {
        cache.store(kKey, objects(5000, 7));
        EXPECT_EQ(cache.load(kKey), objects(5000, 7));
      }
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(files(), 1u);
}

TEST_F(ProgramCacheTest, AFolderThatCannotBeWrittenIsNoError) {
  const ProgramCache cache(folder_ / "file" / "below");
  std::ofstream(folder_ / "file") << "no folder";
  cache.store(kKey, objects(10, 1));
  EXPECT_FALSE(cache.load(kKey));
}

}  // namespace
}  // namespace gt::worker::hotpath
