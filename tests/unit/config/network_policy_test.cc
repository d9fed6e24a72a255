#include "common/config/network_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error.h"

namespace gt::config {
namespace {

TEST(NetworkPolicy, LoopbackAndIpcAreLocal) {
  for (const char* address :
       {"tcp://127.0.0.1:7070", "tcp://127.8.9.1:1", "tcp://[::1]:7070", "ipc:///tmp/x"})
    EXPECT_TRUE(is_local_address(address)) << address;
}

TEST(NetworkPolicy, OtherInterfacesAreNot) {
  for (const char* address : {"tcp://0.0.0.0:7070", "tcp://*:7070", "tcp://192.0.2.7:1",
                              "tcp://[::]:7070", "tcp://no-such-host.invalid:1"})
    EXPECT_FALSE(is_local_address(address)) << address;
}

TEST(NetworkPolicy, RefusalNamesTheAddressAndTheWayOut) {
  try {
    require_local_address("tcp://0.0.0.0:7070");
    FAIL() << "not refused";
  } catch (const CommonError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("tcp://0.0.0.0:7070"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("--insecure"));
  }
}

TEST(NetworkPolicy, TcpAddressesAreSplitAtTheLastColon) {
  const TcpAddress address = split_tcp_address("tcp://[fe80::1]:*");
  EXPECT_EQ(address.host, "fe80::1");
  EXPECT_EQ(address.port, "*");
}

TEST(NetworkPolicy, AddressesWithoutPortAreRefused) {
  EXPECT_THROW(static_cast<void>(split_tcp_address("tcp://localhost")), CommonError);
  EXPECT_THROW(static_cast<void>(split_tcp_address("tcp://localhost:")), CommonError);
}

}  // namespace
}  // namespace gt::config
