// What killed workers leave beside their dispatcher's address.
#include "common/transport/beside.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "common/transport/transport.h"

namespace gt::transport {
namespace {

namespace fs = std::filesystem;

class Beside : public ::testing::Test {
 protected:
  Beside() {
    std::string name = (fs::temp_directory_path() / "gt-beside-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    address_ = "ipc://" + (folder_ / "server").string();
  }
  ~Beside() override { fs::remove_all(folder_); }

  /// A process that listens at an address of its own beside, and is killed.
  std::string address_of_a_killed_process() const {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      const std::string address = address_beside(address_);
      const auto listener = listen(address);
      [[maybe_unused]] const auto written = write(ready[1], address.data(), address.size());
      while (true) pause();
    }
    char text[256];
    const ssize_t size = read(ready[0], text, sizeof text);
    close(ready[0]);
    close(ready[1]);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return {text, static_cast<std::size_t>(size)};
  }
  std::size_t count_files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
  std::string address_;
};

TEST_F(Beside, AddressesDifferAndNameTheProcess) {
  const std::string first = address_beside(address_);
  EXPECT_NE(first, address_beside(address_));
  EXPECT_TRUE(first.starts_with(address_ + ".w" + std::to_string(getpid()) + "-"));
}

TEST_F(Beside, TheSocketsOfAKilledProcessAreRemovedByItsAddress) {
  const std::string address = address_of_a_killed_process();
  ASSERT_GT(count_files(), 0u);
  remove_if_abandoned(address);
  EXPECT_EQ(count_files(), 0u);
}

TEST_F(Beside, TheSocketsOfAllKilledProcessesAreRemoved) {
  static_cast<void>(address_of_a_killed_process());
  static_cast<void>(address_of_a_killed_process());
  remove_abandoned_beside(address_);
  EXPECT_EQ(count_files(), 0u);
}

TEST_F(Beside, AListenerThatEndsLeavesNothing) {
  for (const Mode mode : {Mode::automatic, Mode::zmq, Mode::ring}) {
    const auto listener = listen(address_, mode);
    ASSERT_GT(count_files(), 0u);
  }
  EXPECT_EQ(count_files(), 0u);
}

TEST_F(Beside, AListenerThatLivesIsLeftAlone) {
  const std::string address = address_beside(address_);
  const auto listener = listen(address);
  const std::size_t files = count_files();
  remove_if_abandoned(address);
  remove_abandoned_beside(address_);
  EXPECT_EQ(count_files(), files);
}

}  // namespace
}  // namespace gt::transport
