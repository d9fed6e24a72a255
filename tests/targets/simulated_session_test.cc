// A session whose kernels run on the simulated GPU.
#include <gtest/gtest.h>

#include "tests/targets/simulated_gpu.h"
#include "tests/unit/hotpath/rounding_loop.h"

namespace gt::worker::testing {
namespace {

TEST(SessionsOnASimulatedGpu, CompileAndFindTheBitsOfTheEngine) {
  HotSession session(auto_compile());
  session.use(make_native_engine({.memory_limit = std::size_t{1} << 30}),
              {.make = [] { return jit::make_gpu_compiler(jit::make_simulated_gpu("")); }});
  expect_rounding_loop_compiles(session);
}

}  // namespace
}  // namespace gt::worker::testing
