// Kernels that need not give the engine's bits still compute the same.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "common/graph/builder.h"
#include "common/graph/scalars.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

Value waves(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape[0] * shape[1]));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(static_cast<float>(i % 1013)) + 0.25f;
  const auto bytes = std::as_bytes(std::span(values));
  return test_engine().from_host({DType::kFloat32, shape, {}}, {bytes.begin(), bytes.end()});
}

std::vector<float> floats_of(const Value& value) {
  const std::vector<std::byte> bytes = test_engine().to_host(value);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// Cheap and dear folds over rows and columns, and what is computed beside them, by way of a
/// narrow dtype.
graph::Graph folds_of(const Shape& shape, DType between) {
  graph::GraphBuilder builder;
  const graph::ValueRef x = builder.add_input({DType::kFloat32, shape, {}});
  const auto add = [&](Op op, graph::ValueRef value, const Attributes& attributes) {
    return builder.add_instruction(op, {value}, attributes)[0];
  };
  const graph::ValueRef narrow = add(Op::to, x, make_attributes(Op::to, between));
  const graph::ValueRef wave = add(Op::tanh, add(Op::exp, narrow, {}), {});
  const graph::ValueRef wide = add(Op::to, wave, make_attributes(Op::to, DType::kFloat32));
  builder.mark_output(wide);
  for (std::int64_t dim : {0, 1})
    for (graph::ValueRef value : {x, wide})
      builder.mark_output(
          add(Op::sum, value, make_attributes(Op::sum, Shape{dim}, false, kNoDType)));
  return std::move(builder).finish();
}

TEST(OneResult, WithoutItResultsAreCloseToThoseOfTheEngine) {
  for (DType between : {DType::kFloat32, DType::kBFloat16})
    for (std::int64_t length : {1, 63, 100, 5000}) {
      SCOPED_TRACE(length);
      const Shape shape = {length, 97};
      const graph::Graph graph = folds_of(shape, between);
      const Value inputs[] = {waves(shape)};
      const auto run = [&](bool one_result) {
        return CompiledGraph(graph, inputs, {.one_result = one_result})
            .run(inputs, sample_bindings(graph));
      };
      const std::vector<Value> expected = run(true), actual = run(false);
      const float tolerance = between == DType::kFloat32 ? 1e-5f : 2e-2f;
      for (std::size_t k = 0; k < expected.size(); ++k) {
        const std::vector<float> a = floats_of(actual[k]), b = floats_of(expected[k]);
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i)
          ASSERT_NEAR(a[i], b[i], tolerance * (10 + std::abs(b[i]))) << k << ", " << i;
      }
    }
}

}  // namespace
}  // namespace gt::worker::jit
