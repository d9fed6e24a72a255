#include "tests/gpu/cuda_engine.h"

#include <gtest/gtest.h>

namespace gt::conformance {
namespace {

class NeedsGpu final : public testing::Environment {
 public:
  void SetUp() override {
    if (cuda_engine().engine == nullptr) GTEST_SKIP() << "no GPU: " << cuda_engine().reason;
  }
};

[[maybe_unused]] const testing::Environment* const environment =
    testing::AddGlobalTestEnvironment(new NeedsGpu);

}  // namespace

const CudaEngine& cuda_engine() {
  static const CudaEngine made = [] {
    worker::EngineOptions options;
    options.device = "cuda:0";
    CudaEngine result;
    try {
      result.engine = worker::make_engine(options);
    } catch (const std::exception& error) {
      result.reason = error.what();
    }
    return result;
  }();
  return made;
}

}  // namespace gt::conformance
