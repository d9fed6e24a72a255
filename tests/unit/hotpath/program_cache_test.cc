#include "worker/hotpath/program_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace gt::worker::hotpath {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

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

TEST_F(ProgramCacheTest, WhatUnitsLeaveAliveLiesBesidePrograms) {
  using Content = ProgramCache::Content;
  const ProgramCache cache(folder_);
  cache.store(kKey, objects(8, 1), Content::note);
  EXPECT_FALSE(cache.load(kKey));
  cache.store(kKey, objects(1000, 7));
  EXPECT_EQ(cache.load(kKey, Content::note), objects(8, 1));
  EXPECT_EQ(cache.load(kKey), objects(1000, 7));
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

TEST_F(ProgramCacheTest, OnlyFilesThatNobodyElseCanWriteAreBelieved) {
  const ProgramCache cache(folder_);
  cache.store(kKey, objects(10, 1));
  const fs::path file = only_file();
  fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  EXPECT_FALSE(cache.load(kKey));
  fs::permissions(file, fs::perms::others_write, fs::perm_options::remove);
  EXPECT_TRUE(cache.load(kKey));
  const fs::path elsewhere = folder_ / "elsewhere";
  fs::rename(file, elsewhere);
  fs::create_symlink(elsewhere, file);
  EXPECT_FALSE(cache.load(kKey));
  fs::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_FALSE(cache.load(kKey));
}

/// What is checked is what is read, whatever the name stands for a moment later.
TEST_F(ProgramCacheTest, ALinkThatTakesTheNameOfAFileIsNeverFollowed) {
  const ProgramCache cache(folder_), other(folder_ / "other");
  cache.store(kKey, objects(10, 1));
  const fs::path file = only_file(), own = folder_ / "own", next = folder_ / "next";
  fs::create_hard_link(file, own);
  other.store(kKey, objects(10, 2));
  std::atomic<bool> is_done = false;
  std::thread swapper([&] {
    for (int round = 0; round < 500; ++round) {
      fs::create_symlink(folder_ / "other" / file.filename(), next);
      fs::rename(next, file);
      fs::create_hard_link(own, next);
      fs::rename(next, file);
    }
    is_done = true;
  });
  int followed = 0;
  while (!is_done)
    if (const auto loaded = cache.load(kKey); loaded && *loaded != objects(10, 1)) ++followed;
  swapper.join();
  EXPECT_EQ(followed, 0);
}

/// What `cache` writes on standard error while it keeps two programs and finds none.
std::string complaint_of(const ProgramCache& cache) {
  const ProgramObjects objects{std::vector<std::byte>(10000)};
  ::testing::internal::CaptureStderr();
  cache.store(kKey, objects);
  ProgramCache(cache).store({2, 1}, objects);
  EXPECT_FALSE(cache.load(kKey));
  return ::testing::internal::GetCapturedStderr();
}

TEST_F(ProgramCacheTest, AFileInThePlaceOfTheFolderIsOneLineThatNamesTheVariable) {
  std::ofstream(folder_ / "file") << "no folder";
  const std::string line = complaint_of(ProgramCache(folder_ / "file" / "programs"));
  EXPECT_THAT(
      line, AllOf(HasSubstr((folder_ / "file" / "programs").string()), HasSubstr("Not a directory"),
                  HasSubstr("GT_CACHE_DIR must name a folder")));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
}

TEST_F(ProgramCacheTest, AFolderThatCannotBeMadeIsOneLine) {
  const std::string line = complaint_of(ProgramCache("/proc/no-such-folder/programs"));
  EXPECT_THAT(line, AllOf(HasSubstr("/proc/no-such-folder/programs"), HasSubstr("GT_CACHE_DIR")));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
}

TEST_F(ProgramCacheTest, AFolderThatCannotBeWrittenToIsOneLine) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  const std::string line = complaint_of(ProgramCache(folder_));
  fs::permissions(folder_, fs::perms::owner_all);
  EXPECT_THAT(line, AllOf(HasSubstr("Permission denied"), HasSubstr("GT_CACHE_DIR")));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
}

TEST_F(ProgramCacheTest, ADiskThatTakesNothingMoreIsOneLineAndLeavesNoFile) {
  struct rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string line = complaint_of(ProgramCache(folder_ / "programs"));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(line, HasSubstr("File too large"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  EXPECT_TRUE(fs::is_empty(folder_ / "programs"));
}

}  // namespace
}  // namespace gt::worker::hotpath
