// The engine of the CUDA plugin on a GPU, compared with LibTorch on the CPU: the conformance suite
// over `cuda:0`.
#include "tests/gpu/cuda_engine.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/conformance/run_case.h"

namespace gt::conformance {
namespace {

constexpr int kStandardCases = 60;
/// Other kernels fold in another order and use other approximations than the CPU's.
constexpr double kToleranceFactor = 16;

std::vector<const OpRow*> rows_on_gpu() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table())
    if (row.sampling != Sampling::none) rows.push_back(&row);
  return rows;
}

class CudaForward : public testing::TestWithParam<const OpRow*> {};

TEST_P(CudaForward, AgreesWithLibTorchOnTheCpu) {
  OpRow row = *GetParam();
  row.tolerance = std::max(row.tolerance, 1.0) * kToleranceFactor;
  for (int k = 0; k < case_count(kStandardCases); ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    Case sample = find_sampler(*GetParam())(*GetParam(), draw);
    sample.row = &row;
    const Verdict verdict = judge_case(*cuda_engine().engine, sample, draw);
    ASSERT_NE(verdict.outcome, Verdict::Outcome::differs)
        << describe(sample) << "\n"
        << verdict.explanation << "\nseed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, CudaForward, testing::ValuesIn(rows_on_gpu()),
                         [](const auto& instance) { return std::string(instance.param->name); });

TEST(CudaMemory, CountsWhatValuesHoldAndForgetsWhatTheyReleased) {
  worker::Engine& engine = *cuda_engine().engine;
  const std::size_t before = engine.allocator().bytes_in_use();
  {
    const TensorMeta meta{DType::kFloat32, Shape{1024, 1024}, {}};
    const worker::Value value = engine.from_host(meta, std::vector<std::byte>(meta.byte_count()));
    EXPECT_GE(engine.allocator().bytes_in_use(), before + meta.byte_count());
  }
  EXPECT_EQ(engine.allocator().bytes_in_use(), before);
}

TEST(CudaMemory, GivesBackTheBytesThatWereUploaded) {
  worker::Engine& engine = *cuda_engine().engine;
  std::vector<std::byte> bytes(4096);
  for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::byte>(k * 7);
  const worker::Value value = engine.from_host({DType::kUInt8, Shape{64, 64}, {}}, bytes);
  engine.synchronize();
  EXPECT_EQ(engine.to_host(value), bytes);
}

}  // namespace
}  // namespace gt::conformance
