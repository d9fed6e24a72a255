#include "tests/unit/graph/random_graph.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace gt::graph {
namespace {

constexpr DType kFloats[] = {DType::kFloat32, DType::kFloat32,  DType::kFloat32,
                             DType::kFloat64, DType::kBFloat16, DType::kFloat16};
constexpr double kNumbers[] = {1, 0, -0.0, 2, 0.5, -1, 0.1};

}  // namespace

std::uint64_t first_seed() {
  const char* text = std::getenv("GT_TEST_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20240607;
}

bool has_products() { return GT_WITH_TORCH; }

RandomGraph::RandomGraph(std::uint64_t seed, int nodes) : generator_(seed) {
  const Shape shapes[] = {{5, 8}, {5, 8}, {8}, {5, 1}, {}, {3, 5, 8}};
  for (int i = 0; i < 6; ++i) {
    const TensorMeta meta{kFloats[pick(std::size(kFloats))], shapes[pick(std::size(shapes))], {}};
    inputs_.push_back(builder_.add_input(meta, {.dies = pick(2) == 0}));
    values_.push_back(inputs_.back());
  }
  for (int i = 0; i < nodes; ++i) add_any();
  for (int i = 0; i < nodes / 4; ++i) {
    const ValueRef value = any();
    if (!builder_.graph().node(value.node).is_input()) builder_.mark_output(value);
  }
  builder_.mark_output(values_.back());
  graph_ = std::move(builder_).finish();
}

void RandomGraph::add(Op op, std::initializer_list<RecordedOperand> operands,
                      const Attributes& attributes) {
  if (pick(2) == 0)
    for (std::size_t binding = 0; binding < 3; ++binding) builder_.guard_next(binding);
  try {
    for (ValueRef value : builder_.add_instruction(op, operands, attributes))
      values_.push_back(value);
  } catch (const CommonError&) {
    builder_.forget_next();  // a shape or dtype that the row refuses
  }
}

void RandomGraph::add_any() {
  switch (pick(12)) {
    case 0:
    case 1:
      return add_unary();
    case 2:
    case 3:
      return add_binary();
    case 4:
      return add_reduction();
    case 5:
      return add_view();
    case 6:
      return add_composite();
    case 7:
      return add_number();
    case 8:
      return add_product();
    case 9:
      return add_draw();
    case 10:
      return add_windows();
    default:
      return add_step();
  }
}

void RandomGraph::add_unary() {
  constexpr Op kOps[] = {Op::neg,   Op::relu,  Op::exp,     Op::tanh, Op::abs,
                         Op::clone, Op::floor, Op::sigmoid, Op::sqrt};
  if (pick(3) == 0)
    return add(Op::to, {any()}, make_attributes(Op::to, kFloats[pick(std::size(kFloats))]));
  add(kOps[pick(std::size(kOps))], {any()});
}

void RandomGraph::add_binary() {
  constexpr Op kOps[] = {Op::mul, Op::div, Op::maximum};
  if (pick(2) == 0)
    return add(pick(2) == 0 ? Op::add : Op::sub, {any(), any()},
               make_attributes(Op::add, ScalarValue(kNumbers[pick(std::size(kNumbers))])));
  add(kOps[pick(std::size(kOps))], {any(), any()});
}

void RandomGraph::add_reduction() {
  const ValueRef x = any();
  const auto rank = static_cast<int>(meta(x).shape.size());
  Shape dims;
  if (rank > 0 && pick(4) != 0) dims.push_back(pick(rank));
  if (rank > 2 && !dims.empty() && pick(3) == 0) dims.push_back((dims[0] + 2) % rank);
  const bool keep = pick(2) == 0;
  if (pick(3) == 0) return add(Op::amax, {x}, make_attributes(Op::amax, dims, keep));
  const Op op = pick(2) == 0 ? Op::sum : Op::mean;
  add(op, {x}, make_attributes(op, dims, keep, kNoDType));
}

void RandomGraph::add_view() {
  const ValueRef x = any();
  const Shape shape = meta(x).shape;
  if (pick(2) == 0) return add(Op::reshape, {x}, make_attributes(Op::reshape, Shape{-1}));
  if (pick(3) == 0 && shape.size() == 1)
    return add(Op::reshape, {x}, make_attributes(Op::reshape, Shape{5, -1}));
  if (pick(3) == 0) {
    Shape wide = shape;
    wide.insert(0, 3);
    return add(Op::expand, {x}, make_attributes(Op::expand, wide));
  }
  Shape order;
  for (std::size_t d = 0; d < shape.size(); ++d) order.push_back(static_cast<std::int64_t>(d));
  std::shuffle(order.begin(), order.end(), generator_);
  add(Op::permute, {x}, make_attributes(Op::permute, order));
}

void RandomGraph::add_composite() {
  const ValueRef x = any();
  const Shape shape = meta(x).shape;
  const std::int64_t last = shape.empty() ? 1 : shape.back();
  switch (pick(5)) {
    case 0:
      return add(Op::softmax, {x}, make_attributes(Op::softmax, -1, kNoDType));
    case 1:
      return add(Op::log_softmax, {x}, make_attributes(Op::log_softmax, 0, kNoDType));
    case 2:
      return add(Op::native_layer_norm, {x, RecordedOperand(), RecordedOperand()},
                 make_attributes(Op::native_layer_norm, Shape{last}, 1e-5));
    case 3:
      return add(Op::mse_loss, {x, any()}, make_attributes(Op::mse_loss, pick(3)));
    default:
      return add(Op::softmax_backward, {x, x},
                 make_attributes(Op::softmax_backward, -1, meta(x).dtype));
  }
}

void RandomGraph::add_number() {
  constexpr Op kOps[] = {Op::mul, Op::div};
  const ScalarValue number(kNumbers[pick(std::size(kNumbers))]);
  if (pick(3) == 0)
    return add(Op::full, {},
               make_attributes(Op::full, Shape{5, 8}, number, kFloats[pick(std::size(kFloats))]));
  if (pick(2) == 0)
    return add(pick(2) == 0 ? Op::add : Op::sub, {any(), number},
               make_attributes(Op::add, ScalarValue(1)));
  add(kOps[pick(std::size(kOps))], {any(), number});
}

/// Numbers that are drawn, none of which can be refused.
void RandomGraph::add_draw() {
  const std::int64_t seed = pick(3), counter = pick(3);
  const ValueRef x = any();
  if (pick(2) == 0) return add(Op::dropout, {x}, make_attributes(Op::dropout, 0.25, seed, counter));
  const Op op = pick(2) == 0 ? Op::uniform : Op::normal;
  add(op, {}, make_attributes(op, meta(x).shape, -1.0, 2.0, meta(x).dtype, seed, counter));
}

/// A step of Adam, whose operands all have one type.
void RandomGraph::add_step() {
  const ValueRef x = any();
  add(Op::adam_update, {x, x, x, x},
      make_attributes(Op::adam_update, 1e-3, 0.9, 0.999, 1e-8, 0.01, 3, pick(2) == 0));
}

/// A matrix with its transpose and, as a rule, a number for each row of it; with a reader, which
/// may see the result in another shape.
void RandomGraph::add_product() {
  const ValueRef x = any();
  if (!has_products() || meta(x).shape.size() != 2) return;
  add(Op::permute, {x}, make_attributes(Op::permute, Shape{1, 0}));
  const ValueRef transposed = values_.back();
  if (pick(3) == 0) {
    add(Op::mm, {x, transposed});
  } else {
    add(Op::sum, {x}, make_attributes(Op::sum, Shape{1}, false, kNoDType));
    const ValueRef addend = pick(4) == 0 ? any() : values_.back();
    const ScalarValue beta(pick(4) == 0 ? kNumbers[pick(std::size(kNumbers))] : 1);
    const ScalarValue alpha(pick(4) == 0 ? kNumbers[pick(std::size(kNumbers))] : 1);
    add(Op::addmm, {addend, x, transposed}, make_attributes(Op::addmm, beta, alpha));
  }
  if (pick(2) == 0)
    add(Op::reshape, {values_.back()},
        make_attributes(Op::reshape, Shape{1, -1, meta(values_.back()).shape.back()}));
  if (pick(4) != 0) add(Op::relu, {values_.back()});
}

/// Each element of a matrix over a window of two by two, as planes, with a reader.
void RandomGraph::add_windows() {
  const ValueRef x = any();
  const Shape shape = meta(x).shape;
  if (shape.size() != 2) return;
  add(Op::reshape, {x}, make_attributes(Op::reshape, Shape{shape[0], 1, shape[1], 1}));
  const ValueRef spread = values_.back();
  const Shape windows = {shape[0], 2, shape[1], 2};
  add(Op::expand, {spread}, make_attributes(Op::expand, windows));
  add(Op::mul, {spread, values_.back()});
  const Shape planes = {2 * shape[0], 2 * shape[1]};
  add(Op::reshape, {values_.back()}, make_attributes(Op::reshape, planes));
  const ValueRef plane = values_.back();
  const Op op = pick(2) == 0 ? Op::sum : Op::mean;
  if (pick(2) == 0)
    return add(op, {plane}, make_attributes(op, Shape{0, 1}, pick(2) == 0, kNoDType));
  add(Op::uniform, {},
      make_attributes(Op::uniform, planes, -1.0, 1.0, meta(plane).dtype, pick(3), pick(3)));
  add(Op::mul, {plane, values_.back()});
}

std::vector<worker::Value> RandomGraph::inputs(worker::Engine& engine) {
  constexpr double kSpecial[] = {0.0, -0.0, std::numeric_limits<double>::infinity(),
                                 std::numeric_limits<double>::quiet_NaN()};
  std::vector<worker::Value> values;
  for (ValueRef input : inputs_) {
    const TensorMeta& meta = graph_.meta(input);
    std::vector<double> elements;
    for (std::int64_t i = 0; i < meta.element_count(); ++i)
      elements.push_back(pick(40) == 0 ? kSpecial[pick(4)] : (pick(2001) - 1000) / 500.0);
    const TensorMeta wide{DType::kFloat64, meta.shape, {}};
    const worker::Value value =
        engine.from_host(wide, std::as_bytes(std::span<const double>(elements)));
    worker::EngineOperand operand;
    operand.value = &value;
    values.push_back(engine
                         .execute({row_of(Op::to), std::span(&operand, 1),
                                   make_attributes(Op::to, meta.dtype), std::span(&meta, 1)})
                         .front());
  }
  return values;
}

}  // namespace gt::graph
