// Means of windows of two by two and of whole planes within kernels, forward and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "tests/unit/graph/run_graph.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using graph::Graph;
using graph::GraphBuilder;
using graph::ValueRef;
using ::testing::HasSubstr;
using ::testing::Not;

struct Window {
  Shape kernel = {2, 2, 2, 2, 0, 0};  ///< size, stride and padding
  std::int64_t divisor = 0;           ///< 0: the size
};

/// Images by numbers of their channels, pooled, and the gradient of that by the same numbers.
/// Without a window planes are pooled as a whole.
class PooledImages {
 public:
  PooledImages(DType dtype, const Shape& images, std::optional<Window> window)
      : dtype_(dtype), images_(images), window_(std::move(window)) {}

  [[nodiscard]] Shape pooled() const {
    Shape shape = images_;
    for (std::size_t d : {2, 3}) shape[d] = window_ ? shape[d] / 2 : 1;
    return shape;
  }
  [[nodiscard]] std::vector<Value> inputs() const {
    return {special_numbers(dtype_, images_, 1), special_numbers(dtype_, {images_[1], 1, 1}, 2),
            special_numbers(dtype_, pooled(), 3)};
  }
  [[nodiscard]] Graph graph(bool any_count = false) const {
    GraphBuilder builder;
    const ValueRef x = builder.add_input({dtype_, images_, {}});
    const ValueRef factor = builder.add_input({dtype_, {images_[1], 1, 1}, {}});
    const ValueRef grad = builder.add_input({dtype_, pooled(), {}});
    if (any_count) {
      const graph::SymbolIndex count = builder.add_symbol("count", images_[0]);
      builder.set_symbolic(x, 0, {count, 1, 0});
      builder.set_symbolic(grad, 0, {count, 1, 0});
    }
    const ValueRef product = builder.add_instruction(Op::mul, {x, factor})[0];
    const ValueRef sent = pool_back(builder, grad);
    builder.mark_output(pool(builder, product));
    builder.mark_output(sent);
    builder.mark_output(builder.add_instruction(Op::mul, {sent, factor})[0]);
    return std::move(builder).finish();
  }

 private:
  ValueRef pool(GraphBuilder& builder, ValueRef x) const {
    if (!window_)
      return builder.add_instruction(Op::adaptive_avg_pool2d, {x},
                                     make_attributes(Op::adaptive_avg_pool2d, Shape{1, 1}))[0];
    return builder.add_instruction(
        Op::avg_pool2d, {x},
        make_attributes(Op::avg_pool2d, window_->kernel, false, true, window_->divisor))[0];
  }
  ValueRef pool_back(GraphBuilder& builder, ValueRef grad) const {
    const Shape planes = {images_[2], images_[3]};
    if (!window_)
      return builder.add_instruction(Op::adaptive_avg_pool2d_backward, {grad},
                                     make_attributes(Op::adaptive_avg_pool2d_backward, planes))[0];
    return builder.add_instruction(Op::avg_pool2d_backward, {grad},
                                   make_attributes(Op::avg_pool2d_backward, planes, window_->kernel,
                                                   false, true, window_->divisor))[0];
  }

  DType dtype_;
  Shape images_;
  std::optional<Window> window_;
};

void expect_bits_in_kernels(const PooledImages& pooled) {
  const Graph graph = pooled.graph();
  expect_same_bits(graph, graph::run_passes(graph).graph, {"avg_pool2d"}, pooled.inputs(),
                   {.one_unit_a_call = true});
}

class AveragePooling : public testing::TestWithParam<DType> {
 protected:
  void SetUp() override {
    if (!test_compiler().goes_by_index()) GTEST_SKIP() << "pooling is no part of its kernels";
    if (!is_compiled(GetParam())) GTEST_SKIP() << "not on this machine";
  }
};

constexpr std::pair<std::int64_t, std::int64_t> kPlanes[] = {{28, 28}, {14, 14}, {2, 2},    {6, 10},
                                                             {2, 34},  {34, 2},  {126, 130}};

TEST_P(AveragePooling, OfWindowsHasTheBitsOfTheEngine) {
  for (const auto& [height, width] : kPlanes) {
    SCOPED_TRACE(testing::Message() << height << " x " << width);
    ASSERT_NO_FATAL_FAILURE(expect_bits_in_kernels({GetParam(), {3, 5, height, width}, Window()}));
  }
}

TEST_P(AveragePooling, ByADivisorOfOnesOwnHasTheBitsOfTheEngine) {
  expect_bits_in_kernels({GetParam(), {3, 5, 6, 8}, Window{.divisor = 3}});
}

TEST_P(AveragePooling, OfWholePlanesHasTheBitsOfTheEngine) {
  for (const auto& [height, width] : {std::pair{7, 7}, {8, 8}, {1, 1}, {1, 5}, {65, 63}}) {
    SCOPED_TRACE(testing::Message() << height << " x " << width);
    ASSERT_NO_FATAL_FAILURE(
        expect_bits_in_kernels({GetParam(), {3, 5, height, width}, std::nullopt}));
  }
}

INSTANTIATE_TEST_SUITE_P(DTypes, AveragePooling,
                         testing::Values(DType::kFloat32, DType::kFloat64, DType::kBFloat16,
                                         DType::kFloat16),
                         [](const auto& tested) { return std::string(short_name(tested.param)); });

class AveragePoolingOfAnyCount : public testing::TestWithParam<bool> {};

TEST_P(AveragePoolingOfAnyCount, HasTheBitsOfTheEngine) {
  if (!test_compiler().goes_by_index()) GTEST_SKIP() << "pooling is no part of its kernels";
  const auto of_count = [](std::int64_t count) {
    return PooledImages(DType::kFloat32, {count, 5, 6, 8},
                        GetParam() ? std::optional(Window()) : std::nullopt);
  };
  const Graph graph = of_count(24).graph(true);
  const CompiledGraph compiled(graph::run_passes(graph).graph, of_count(24).inputs());
  EXPECT_THAT(to_text(compiled.graph()), Not(HasSubstr("avg_pool2d")));
  for (const std::int64_t count : {24, 7, 40}) {
    SCOPED_TRACE(count);
    const std::vector<Value> inputs = of_count(count).inputs();
    const auto bindings = sample_bindings(graph);
    const auto expected = run_graph(test_engine(), graph, inputs, bindings);
    ASSERT_NO_FATAL_FAILURE(expect_outputs(compiled, compiled.graph(), inputs, bindings, expected));
  }
}

INSTANTIATE_TEST_SUITE_P(Of, AveragePoolingOfAnyCount, testing::Bool(), [](const auto& tested) {
  return std::string(tested.param ? "windows" : "planes");
});

std::string pooled_text(const Shape& images, const Window& window) {
  return to_text(graph::run_passes(PooledImages(DType::kFloat32, images, window).graph()).graph);
}

TEST(AveragePoolingOfFloats, StaysACallWhereWindowsAreNoPairs) {
  EXPECT_THAT(pooled_text({2, 3, 28, 28}, {}), Not(HasSubstr("avg_pool2d")));
  EXPECT_THAT(pooled_text({2, 3, 28, 29}, {}), HasSubstr("avg_pool2d")) << "odd";
  EXPECT_THAT(pooled_text({2, 3, 8, 8}, {.kernel = {3, 3, 2, 2, 1, 1}}), HasSubstr("avg_pool2d"))
      << "overlapping";
}

}  // namespace
}  // namespace gt::worker::jit
