#include "scripts/gt/program_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace gt::tool {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ProgramFiles : public ::testing::Test {
 protected:
  ProgramFiles() { fs::create_directories(folder_); }
  ~ProgramFiles() override { fs::remove_all(folder_); }
  fs::path write(const std::string& name, std::size_t bytes, std::time_t time = 1'700'000'000) {
    const fs::path path = folder_ / name;
    std::ofstream(path) << std::string(bytes, 'x');
    const timespec times[2] = {{time, 0}, {time, 0}};
    EXPECT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    return path;
  }
  std::vector<std::string> hashes() const {
    std::vector<std::string> hashes;
    for (const ProgramFile& program : list_programs(folder_)) hashes.push_back(program.hash);
    return hashes;
  }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) / ("gt_program_files_" + std::to_string(::getpid()));
};

TEST_F(ProgramFiles, StandInTheOrderOfTheirLastUse) {
  write("0a.gtp", 1, 1'700'000'000);
  write("0b.gtp", 1, 1'700'000'900);
  EXPECT_THAT(hashes(), ::testing::ElementsAre("0b", "0a"));
}

TEST_F(ProgramFiles, AreNoOtherFiles) {
  write("0a.gtp.tmp", 1);
  write("notes.txt", 1);
  write("read me.gtp", 1);
  fs::create_directory(folder_ / "0c.gtp");
  fs::create_symlink("/etc/passwd", folder_ / "0d.gtp");
  EXPECT_THAT(hashes(), IsEmpty());
}

TEST_F(ProgramFiles, OfAFolderThatIsNotThereAreNone) {
  EXPECT_THAT(list_programs(folder_ / "nowhere"), IsEmpty());
}

TEST_F(ProgramFiles, AreRemovedAndNothingElse) {
  write("0a.gtp", 1);
  const fs::path other = write("notes.txt", 1);
  EXPECT_EQ(remove_programs(list_programs(folder_)), 1u);
  EXPECT_THAT(hashes(), IsEmpty());
  EXPECT_TRUE(fs::exists(other));
}

TEST_F(ProgramFiles, NotesAreNoProgramsAndGoByThemselves) {
  const fs::path note = write("0a.gtn", 1);
  const fs::path other = write("notes.gtn", 1);
  EXPECT_THAT(list_programs(folder_), IsEmpty());
  remove_notes(folder_);
  EXPECT_FALSE(fs::exists(note));
  EXPECT_TRUE(fs::exists(other));
}

TEST_F(ProgramFiles, ThatAreGoneAlreadyAreNotCounted) {
  const fs::path path = write("0a.gtp", 1);
  const auto programs = list_programs(folder_);
  fs::remove(path);
  EXPECT_EQ(remove_programs(programs), 0u);
}

TEST_F(ProgramFiles, AreShownUpToALimitAndCountedInFull) {
  write("0a.gtp", 1024, 1'700'000'000);
  write("0b.gtp", 1024, 1'700'000'900);
  const std::string table = program_table(list_programs(folder_), 1);
  EXPECT_THAT(table, HasSubstr("0b"));
  EXPECT_THAT(table, Not(HasSubstr("0a")));
  EXPECT_THAT(table, HasSubstr("... and 1 that were used longer ago\n2 programs, 2.00 KiB\n"));
}

}  // namespace
}  // namespace gt::tool
