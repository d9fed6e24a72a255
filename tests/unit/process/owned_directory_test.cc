#include "common/process/owned_directory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace gt::process {
namespace {

namespace fs = std::filesystem;

class OwnedDirectory : public ::testing::Test {
 protected:
  OwnedDirectory() {
    std::string name = (fs::temp_directory_path() / "gt-owned-XXXXXX").string();
    path_ = mkdtemp(name.data());
    std::ofstream(path_ / "socket") << "something";
  }
  ~OwnedDirectory() override { fs::remove_all(path_); }

  fs::path path_;
};

TEST_F(OwnedDirectory, IsLeftAloneWhileItsOwnerLives) {
  const Descriptor lock = lock_owned_directory(path_);
  ASSERT_TRUE(lock.is_open());
  remove_if_abandoned(path_);
  EXPECT_TRUE(fs::exists(path_ / "socket"));
}

TEST_F(OwnedDirectory, IsRemovedWithAllThatIsInItOnceItsOwnerIsGone) {
  ASSERT_TRUE(lock_owned_directory(path_).is_open());
  remove_if_abandoned(path_);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(OwnedDirectory, HasOneOwnerAtATime) {
  const Descriptor lock = lock_owned_directory(path_);
  EXPECT_FALSE(lock_owned_directory(path_).is_open());
}

TEST_F(OwnedDirectory, ThatWasRemovedBeforeItsLockWasTakenHasNoOwner) {
  remove_if_abandoned(path_);
  EXPECT_FALSE(lock_owned_directory(path_).is_open());
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace gt::process
