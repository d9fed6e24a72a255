// Tensors of many bytes: their memory is lent between processes where it can be.
#include <gt/gt.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "tests/integration/client_processes.h"

namespace gt::testing {
namespace {

constexpr std::int64_t kElements = 1 << 20;

std::vector<float> rising() {
  std::vector<float> values(kElements);
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

bool holds(const Tensor& tensor, const std::vector<float>& values) {
  return std::equal(values.begin(), values.end(), tensor.const_data_ptr<float>());
}

class LargeTensors : public ::testing::Test {
 protected:
  void SetUp() override { connect(ClusterOptions{}); }
  void TearDown() override { shutdown(); }
};

TEST_F(LargeTensors, ArriveAndComeBackUnchanged) {
  const auto values = rising();
  EXPECT_TRUE(holds(from_blob(values.data(), {kElements}, kFloat), values));
}

TEST_F(LargeTensors, AnUploadIsNotRewrittenByTheNextOnes) {
  auto values = rising();
  const Tensor first = from_blob(values.data(), {kElements}, kFloat);
  for (int k = 0; k < 8; ++k) {
    std::fill(values.begin(), values.end(), static_cast<float>(k));
    static_cast<void>(from_blob(values.data(), {kElements}, kFloat).sum().item<float>());
  }
  EXPECT_TRUE(holds(first, rising()));
}

TEST_F(LargeTensors, AnUploadIsWrittenInPlaceWithoutHarmToItsMemory) {
  const auto values = rising();
  Tensor tensor = from_blob(values.data(), {kElements}, kFloat);
  const Tensor before = tensor.clone();
  tensor.add_(1);
  tensor[0] = 7;
  std::vector<float> expected = values;
  for (float& value : expected) value += 1;
  expected[0] = 7;
  EXPECT_TRUE(holds(tensor, expected));
  EXPECT_TRUE(holds(before, values));
}

TEST_F(LargeTensors, AFetchedValueIsNotRewrittenByTheNextOnes) {
  const Tensor first = full({kElements}, 3.0);
  const float* const values = first.const_data_ptr<float>();
  for (int k = 0; k < 8; ++k)
    EXPECT_EQ(full({kElements}, static_cast<double>(k)).const_data_ptr<float>()[1], k);
  EXPECT_TRUE(std::all_of(values, values + kElements, [](float value) { return value == 3.0f; }));
}

TEST_F(LargeTensors, TheHostAddressStaysAndShowsWhatWasWritten) {
  Tensor tensor = zeros({kElements});
  const float* const values = tensor.const_data_ptr<float>();
  for (int k = 1; k <= 3; ++k) {
    tensor.add_(1);
    EXPECT_EQ(tensor.const_data_ptr<float>(), values);
    EXPECT_TRUE(std::all_of(values, values + kElements,
                            [k](float value) { return value == static_cast<float>(k); }));
  }
}

TEST_F(LargeTensors, ManyMoreThanCanBeLentAtATimeArrive) {
  constexpr int kTensors = 600;
  std::vector<float> values(1 << 16);
  std::vector<Tensor> tensors;
  for (int k = 0; k < kTensors; ++k) {
    std::fill(values.begin(), values.end(), static_cast<float>(k));
    tensors.push_back(from_blob(values.data(), {1 << 16}, kFloat));
  }
  for (int k = 0; k < kTensors; ++k)
    ASSERT_EQ(tensors[static_cast<std::size_t>(k)].const_data_ptr<float>()[5],
              static_cast<float>(k));
}

TEST_F(LargeTensors, FetchedOnesOutliveTheirCluster) {
  const Tensor tensor = full({kElements}, 2.0);
  const float* const values = tensor.const_data_ptr<float>();
  for (const auto child : children_of(getpid(), "worker")) kill(child, SIGKILL);
  EXPECT_EQ(std::count(values, values + kElements, 2.0f), kElements);
}

}  // namespace
}  // namespace gt::testing
