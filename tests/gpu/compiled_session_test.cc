// A session on a GPU that compiles what repeats.
#include <gtest/gtest.h>

#include "tests/unit/hotpath/rounding_loop.h"

namespace gt::conformance {
namespace {

using namespace worker::testing;

TEST(SessionsOnAGpu, CompileAndValidateByTolerance) {
  HotSession session(auto_compile());
  worker::EngineOptions options;
  options.device = "cuda:0";
  session.use(worker::make_engine(options),
              {.make = [] { return worker::jit::load_compiler("cuda:0"); }});
  expect_rounding_loop_compiles(session);
}

}  // namespace
}  // namespace gt::conformance
