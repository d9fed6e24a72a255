// Tensors that several threads use: whatever the order, no instruction names a value that has
// ended.
#include <gmock/gmock.h>
#include <gt/functions.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/unit/client_session/fake_dispatcher.h"

namespace gt::client::testing {
namespace {

/// Says what is wrong with a stream that names values before they are made or after they ended.
std::string first_mistake(const std::vector<SeenInstruction>& seen) {
  std::set<ValueId> alive;
  for (const SeenInstruction& instruction : seen) {
    const auto text = [&](ValueId id) {
      return std::string(row_of(instruction.op).name) + " of batch " +
             std::to_string(instruction.batch) + " of lane " + std::to_string(instruction.lane) +
             " names " + std::to_string(id);
    };
    for (ValueId operand : instruction.operands)
      if (!alive.contains(operand)) return text(operand);
    for (std::size_t k = 0; k < instruction.operands.size(); ++k)
      if (instruction.dies[k]) alive.erase(instruction.operands[k]);
    for (std::size_t k = 0; k < instruction.results_die.size(); ++k)
      if (!instruction.results_die[k]) alive.insert(instruction.first_output + k);
  }
  return "";
}

class SharedTensors : public ::testing::Test {
 protected:
  void SetUp() override { set_current_sink(session_); }
  void TearDown() override { set_current_sink(nullptr); }

  FakeDispatcher dispatcher_;
  std::shared_ptr<Session> session_ = dispatcher_.open();
};

TEST_F(SharedTensors, AreReadWhileAnotherThreadWritesThem) {
  constexpr int kRounds = 3000;
  {
    const Tensor shared = zeros({2});
    std::vector<std::thread> threads;
    for (int reader = 0; reader < 2; ++reader)
      threads.emplace_back([&] {
        for (int k = 0; k < kRounds; ++k) static_cast<void>(relu(shared));
      });
    threads.emplace_back([&] {
      for (int k = 0; k < kRounds; ++k) shared.neg_();
    });
    for (std::thread& thread : threads) thread.join();
  }
  session_->synchronize();
  const auto seen = dispatcher_.wait_for_count(3 * kRounds + 1);
  EXPECT_EQ(first_mistake(seen), "");
}

TEST_F(SharedTensors, EndOnAnyThread) {
  constexpr int kRounds = 3000;
  std::mutex mutex;
  std::vector<Tensor> passed;
  std::thread maker([&] {
    for (int k = 0; k < kRounds; ++k) {
      Tensor made = relu(zeros({2}));
      const std::lock_guard lock(mutex);
      passed.push_back(std::move(made));
    }
  });
  int taken = 0;
  while (taken < kRounds) {
    std::vector<Tensor> mine;
    {
      const std::lock_guard lock(mutex);
      mine.swap(passed);
    }
    for (const Tensor& tensor : mine) static_cast<void>(tensor.neg());
    taken += static_cast<int>(mine.size());
  }
  maker.join();
  session_->synchronize();
  const auto seen = dispatcher_.wait_for_count(3 * kRounds);
  EXPECT_EQ(first_mistake(seen), "");
}

}  // namespace
}  // namespace gt::client::testing
