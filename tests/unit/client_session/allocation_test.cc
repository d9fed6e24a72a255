// Memory that the client asks for: none for an instruction once a program repeats itself.
#include <gt/functions.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/allocation_counter.h"
#include "tests/unit/client_session/fake_dispatcher.h"

namespace gt::client::testing {
namespace {

class ClientAllocations : public ::testing::Test {
 protected:
  static SessionOptions without_idle_flush(const FakeDispatcher& dispatcher) {
    SessionOptions options = dispatcher.session_options();
    options.idle_flush = std::chrono::seconds(10);
    return options;
  }
  void SetUp() override {
#ifdef GT_SANITIZED
    GTEST_SKIP() << "pools keep nothing under sanitizers";
#endif
    set_current_sink(session_);
  }
  void TearDown() override { set_current_sink(nullptr); }

  /// How often this thread asks for memory in 1000 calls, after many before.
  std::size_t in_thousand(const std::function<void()>& call) {
    for (int k = 0; k < 10'000; ++k) call();
    session_->synchronize();
    call();
    const std::size_t before = gt::testing::allocations();
    for (int k = 0; k < 1000; ++k) call();
    return gt::testing::allocations() - before;
  }

  FakeDispatcher dispatcher_;
  std::shared_ptr<Session> session_ = Session::open(without_idle_flush(dispatcher_));
};

TEST_F(ClientAllocations, NoneForAnOperationWhoseResultIsDropped) {
  const Tensor a = zeros({8}), b = zeros({8});
  Tensor sum;
  EXPECT_EQ(in_thousand([&] { sum = add(a, b); }), 0u);
}

TEST_F(ClientAllocations, NoneForAnUpdateInPlace) {
  const Tensor p = zeros({8}), g = zeros({8});
  EXPECT_EQ(in_thousand([&] { p -= 0.5 * g; }), 0u);
}

}  // namespace
}  // namespace gt::client::testing
