// A session whose kernels run on the simulated GPU.
#include <gtest/gtest.h>

#include "tests/targets/simulated_gpu.h"
#include "tests/unit/hotpath/graph_session.h"
#include "tests/unit/hotpath/rounding_loop.h"

namespace gt::worker::testing {
namespace {

TEST(SessionsOnASimulatedGpu, CompileAndFindTheBitsOfTheEngine) {
  HotSession session(auto_compile());
  session.use(make_native_engine({.memory_limit = std::size_t{1} << 30}),
              {.make = [] { return jit::make_gpu_compiler(jit::make_simulated_gpu("")); }});
  expect_rounding_loop_compiles(session);
}

/// Kernels have other addresses and numbers at each step, and change them in the graph.
TEST(SessionsOnASimulatedGpu, StartGraphsWithTheirKernelsInThem) {
  GraphSession graphs([] { return jit::make_gpu_compiler(jit::make_simulated_gpu("")); },
                      config::CompileMode::reduce_overhead);
  expect_same(graphs, Op::mm, 80, [](int step) { return 0.01 * step; });
  EXPECT_EQ(graphs.engine().graphs, 1u) << graphs.session().reports();
  EXPECT_GE(graphs.engine().starts, 40u);
}

}  // namespace
}  // namespace gt::worker::testing
