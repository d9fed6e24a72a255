// IDX files, datasets and shuffled batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/integration/api_testing.h"
#include "tests/integration/process_harness.h"

namespace gt::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void write_idx(const std::string& path, std::uint32_t magic,
               const std::vector<std::uint32_t>& sizes, std::size_t bytes) {
  std::ofstream file(path, std::ios::binary);
  const auto put = [&](std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) file.put(static_cast<char>(number >> shift));
  };
  put(magic);
  for (const std::uint32_t size : sizes) put(size);
  for (std::size_t k = 0; k < bytes; ++k) file.put(static_cast<char>(k % 251));
}

class Mnist : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(root_); }
  /// `count` images of 2x3 pixels.
  void write(std::uint32_t count) {
    write_idx(images(), 0x803, {count, 2, 3}, std::size_t{count} * 6);
    write_idx(labels(), 0x801, {count}, count);
  }
  [[nodiscard]] std::string images() const { return root_ + "/train-images-idx3-ubyte"; }
  [[nodiscard]] std::string labels() const { return root_ + "/train-labels-idx1-ubyte"; }
  [[nodiscard]] data::datasets::MNIST read() const { return data::datasets::MNIST(root_); }

  TemporaryFolder folder_;
  std::string root_ = folder_.path("digits");
};

TEST_F(Mnist, C65_reads_what_the_headers_state) {
  write(7);
  const auto dataset = read();
  EXPECT_EQ(*dataset.size(), 7u);
  EXPECT_EQ(dataset.images().sizes().vec(), (Sizes{7, 1, 2, 3}));
  EXPECT_EQ(dataset.images().scalar_type(), kFloat);
  EXPECT_EQ(dataset.targets().scalar_type(), kLong);
  EXPECT_EQ(values_of(dataset.targets()), (Values{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_FLOAT_EQ(dataset.images()[1][0][1][2].item<float>(), 11 / 255.0f);
}

TEST_F(Mnist, C65_names_a_missing_a_wrong_and_a_short_file) {
  EXPECT_THAT(error_of([&] { static_cast<void>(read()); }),
              HasSubstr("Error opening images file at " + images()));
  write(3);
  write_idx(labels(), 0x803, {3}, 3);
  EXPECT_THAT(error_of([&] { static_cast<void>(read()); }),
              HasSubstr(labels() + ": expected the magic number 2049"));
  write_idx(labels(), 0x801, {3}, 2);
  EXPECT_THAT(error_of([&] { static_cast<void>(read()); }), HasSubstr(labels()));
  write_idx(labels(), 0x801, {2}, 2);
  EXPECT_THAT(error_of([&] { static_cast<void>(read()); }), HasSubstr("3 images, but 2 labels"));
  write_idx(images(), 0x803, {0xffffffff, 0xffffffff, 0xffffffff}, 10);
  EXPECT_THAT(error_of([&] { static_cast<void>(read()); }), HasSubstr(images()));
}

Values epoch_of(auto& loader) {
  Values targets;
  for (auto& batch : loader)
    for (const double target : values_of(batch.target)) targets.push_back(target);
  return targets;
}

TEST_F(Mnist, C64_every_epoch_is_a_fresh_permutation) {
  write(50);
  manual_seed(1);
  auto loader = data::make_data_loader(read().map(data::transforms::Stack<>()), /*batch_size=*/8);
  const Values first = epoch_of(*loader), second = epoch_of(*loader);
  EXPECT_NE(first, second);
  for (Values epoch : {first, second}) {
    std::sort(epoch.begin(), epoch.end());
    ASSERT_EQ(epoch.size(), 50u);
    for (std::size_t k = 0; k < 50; ++k) EXPECT_EQ(epoch[k], double(k));
  }
  manual_seed(1);
  auto again = data::make_data_loader(read().map(data::transforms::Stack<>()), 8);
  EXPECT_EQ(epoch_of(*again), first);
}

TEST_F(Mnist, C64_the_last_batch_is_short_unless_it_is_dropped) {
  write(10);
  std::vector<std::int64_t> sizes;
  auto loader = data::make_data_loader<data::samplers::SequentialSampler>(
      read().map(data::transforms::Stack<>()), data::DataLoaderOptions(4));
  for (auto& batch : *loader) sizes.push_back(batch.data.size(0));
  EXPECT_THAT(sizes, ElementsAre(4, 4, 2));
  EXPECT_EQ(epoch_of(*loader), (Values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  sizes.clear();
  auto dropping = data::make_data_loader(read().map(data::transforms::Stack<>()),
                                         data::DataLoaderOptions(4).drop_last(true));
  for (auto& batch : *dropping) sizes.push_back(batch.data.size(0));
  EXPECT_THAT(sizes, ElementsAre(4, 4));
}

TEST_F(Mnist, C64_without_stack_a_batch_is_a_list_of_examples) {
  write(5);
  auto loader = data::make_data_loader(read(), 2);
  auto batch = loader->begin();
  EXPECT_EQ(batch->size(), 2u);
  EXPECT_EQ(batch->front().data.sizes().vec(), (Sizes{1, 2, 3}));
}

}  // namespace
}  // namespace gt::testing
