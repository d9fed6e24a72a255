// The `gt` program as people use it: help, mistakes, up and down, doctor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/integration/process_harness.h"

namespace gt::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(GtTool, VersionIsOneLine) {
  const auto [status, output] = run_gt({"--version"});
  EXPECT_EQ(status, 0);
  EXPECT_THAT(output, ::testing::StartsWith("gt "));
}

TEST(GtTool, HelpTeachesByExample) {
  const auto [status, output] = run_gt({"--help"});
  EXPECT_EQ(status, 0);
  EXPECT_THAT(output, AllOf(HasSubstr("gt up --workers"), HasSubstr("GT_ADDRESS=")));
}

TEST(GtTool, UnknownOptionsAreUsageErrors) {
  const auto [status, output] = run_gt({"worker", "--nonsense"});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr("--nonsense"));
}

TEST(GtTool, AddressesOfOtherMachinesNeedInsecure) {
  const auto [status, output] = run_gt({"server", "--address", "tcp://0.0.0.0:7171"});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, AllOf(HasSubstr("tcp://0.0.0.0:7171"), HasSubstr("--insecure")));
}

TEST(GtTool, G7BadVariablesAreUsageErrors) {
  const auto [status, output] = run_gt({"server"}, {{"GT_VERBOSE", "loud"}});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, AllOf(HasSubstr("GT_VERBOSE"), HasSubstr("loud"), HasSubstr("0|1")));
}

TEST(GtTool, BadMemoryLimitsAreUsageErrors) {
  const auto [status, output] = run_gt({"worker", "--memory-limit", "much"});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr("much"));
}

TEST(GtTool, AnAddressThatCannotBeUsedIsNamed) {
  TemporaryFolder folder;
  const std::string address = "ipc://" + folder.path("no-such-folder/server");
  const auto [status, output] = run_gt({"server", "--address", address});
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr(address));
}

TEST(GtTool, DownWithoutUpSaysSo) {
  TemporaryFolder folder;
  const auto [status, output] = run_gt({"down"}, {{"XDG_RUNTIME_DIR", folder.path("")}});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr("no cluster is up"));
}

TEST(GtTool, G49DoctorPrintsTheVersions) {
  const auto [status, output] = run_gt({"doctor"});
  EXPECT_NE(status, -1);
  for (const char* what : {"protocol", "compiler", "kernels", "kernel compiler", "libzmq",
                           "FlatBuffers", "LibTorch", "CUDA driver", "memory"})
    EXPECT_THAT(output, HasSubstr(what));
}

TEST(GtTool, DoctorTellsWhatCarriesMessages) {
  const auto automatic = run_gt({"doctor"}, {{"GT_TRANSPORT", "auto"}}).second;
  EXPECT_THAT(automatic, AllOf(HasSubstr("shared-memory rings (GT_TRANSPORT=auto"),
                               HasSubstr("ZeroMQ (tcp"), HasSubstr("cores are free")));
  const auto zmq = run_gt({"doctor"}, {{"GT_TRANSPORT", "zmq"}}).second;
  EXPECT_THAT(zmq, HasSubstr("ZeroMQ (GT_TRANSPORT=zmq)"));
}

TEST(GtTool, UpStartsAClusterAndDownEndsIt) {
  TemporaryFolder folder;
  const GtProcess::Settings settings{{"XDG_RUNTIME_DIR", folder.path("")}};
  const std::string address = "ipc://" + folder.path("server");
  const auto [up_status, up_output] =
      run_gt({"up", "--workers", "2", "--threads", "1", "--address", address}, settings);
  EXPECT_EQ(up_status, 0) << up_output;
  EXPECT_EQ(up_output, "export GT_ADDRESS=" + address + "\n");
  EXPECT_TRUE(RawClient::wait_for_workers(address, 2));

  const auto [again_status, again_output] = run_gt({"up", "--address", address}, settings);
  EXPECT_EQ(again_status, 2);
  EXPECT_THAT(again_output, HasSubstr("gt down"));

  EXPECT_EQ(run_gt({"down"}, settings).first, 0);
  RawClient client(address);
  EXPECT_FALSE(client.wait_for<protocol::ClientWelcome>(std::chrono::milliseconds(300)));
}

TEST(GtTool, StatsShowWorkersAndSessions) {
  TemporaryFolder folder;
  const std::string address = "ipc://" + folder.path("server");
  GtProcess server({"server", "--address", address});
  GtProcess worker({"worker", "--connect", address, "--name", "the-only-worker"});
  ASSERT_TRUE(RawClient::wait_for_workers(address, 1));
  RawClient client(address);
  ASSERT_TRUE(client.wait_for<protocol::ClientWelcome>(std::chrono::seconds(5)));
  const auto [status, output] =
      run_gt({"stats", "--address", address, "--interval", "0.01", "--json"});
  ASSERT_EQ(status, 0) << output;
  const auto statistics = nlohmann::json::parse(output);
  ASSERT_EQ(statistics["workers"].size(), 1u);
  EXPECT_EQ(statistics["workers"][0]["name"], "the-only-worker");
  EXPECT_GT(statistics["workers"][0]["memory_limit"], 0);
  ASSERT_FALSE(statistics["sessions"].empty());
  EXPECT_EQ(statistics["sessions"][0]["home"], statistics["workers"][0]["worker"]);
  EXPECT_EQ(statistics["sessions"][0]["sequences"], 0);
}

TEST(GtTool, StatsWithoutAServerNameTheAddress) {
  TemporaryFolder folder;
  const std::string address = "ipc://" + folder.path("nobody");
  const auto [status, output] = run_gt({"stats"}, {{"GT_ADDRESS", address}});
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr(address));
}

TEST(GtTool, CacheListsAndRemovesPrograms) {
  TemporaryFolder folder;
  const GtProcess::Settings settings{{"GT_CACHE_DIR", folder.path("")}};
  std::filesystem::create_directory(folder.path("programs"));
  const std::string program = folder.path("programs/abc123def456.gtp");
  std::ofstream(program) << std::string(2048, 'x');
  const auto [list_status, list] = run_gt({"cache", "ls"}, settings);
  EXPECT_EQ(list_status, 0) << list;
  EXPECT_THAT(list, HasSubstr("abc123def456"));
  EXPECT_THAT(list, HasSubstr("1 program, 2.00 KiB"));
  const auto [wrong_status, wrong] = run_gt({"cache", "list"}, settings);
  EXPECT_EQ(wrong_status, 2);
  EXPECT_THAT(wrong, HasSubstr("list (see gt cache --help)"));
  const auto [missing_status, missing] = run_gt({"cache"}, settings);
  EXPECT_EQ(missing_status, 2);
  EXPECT_THAT(missing, HasSubstr("ls or clear is required (see gt cache --help)"));
  const auto [clear_status, clear] = run_gt({"cache", "clear"}, settings);
  EXPECT_EQ(clear_status, 0) << clear;
  EXPECT_EQ(clear, "removed 1 program\n");
  EXPECT_FALSE(std::filesystem::exists(program));
}

TEST(GtTool, ACacheThatIsNoFolderIsNamed) {
  TemporaryFolder folder;
  const GtProcess::Settings settings{{"GT_CACHE_DIR", folder.path("file")}};
  std::ofstream(folder.path("file")) << "no folder";
  for (const char* action : {"ls", "clear"}) {
    const auto [status, output] = run_gt({"cache", action}, settings);
    EXPECT_EQ(status, 2);
    EXPECT_THAT(output, HasSubstr(folder.path("file") + " is not a folder; GT_CACHE_DIR must"));
  }
  const auto [status, output] = run_gt({"doctor"}, settings);
  EXPECT_EQ(status, 1);
  EXPECT_THAT(output, HasSubstr("PROBLEM: " + folder.path("file") + ": Not a directory"));
}

TEST(GtTool, UpReportsWhyAProcessEnded) {
  TemporaryFolder folder;
  const GtProcess::Settings settings{{"XDG_RUNTIME_DIR", folder.path("")}};
  const auto [status, output] =
      run_gt({"up", "--address", "ipc://" + folder.path("server"), "--device", "abacus"}, settings);
  EXPECT_NE(status, 0);
  EXPECT_THAT(output, HasSubstr("abacus"));
}

}  // namespace
}  // namespace gt::testing
