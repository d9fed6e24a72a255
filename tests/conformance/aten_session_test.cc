// Sessions that compile on an engine whose rows round otherwise than kernels do, as on a GPU.
#include <gtest/gtest.h>

#include "tests/conformance/aten_over_cpu.h"
#include "tests/unit/hotpath/rounding_loop.h"

namespace gt::conformance {
namespace {

using namespace worker::testing;

TEST(SessionsOnAten, CompileAndValidateByTolerance) {
  HotSession session(auto_compile());
  session.use(make_engine_over_cpu(), {});
  expect_rounding_loop_compiles(session);
}

}  // namespace
}  // namespace gt::conformance
