#include "tests/bench/pointwise_cases_libtorch.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace gt::bench {
namespace {

using Tensors = std::vector<at::Tensor>;

constexpr double kDropout = 0.1;
constexpr double kEpsilon = 1e-5;
constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kStep = 1e-3, kAdamEpsilon = 1e-8;

std::vector<Argument> given(int count) {
  std::vector<Argument> arguments;
  for (int k = 0; k < count; ++k) arguments.push_back(Argument::input(k));
  return arguments;
}

/// An instruction on all inputs, whose attributes are `values`.
template <Op op, auto... values>
void direct(EngineProgram& program) {
  program.add(op, given(static_cast<int>(program.inputs().size())), make_attributes(op, values...));
}

Attributes fold_attributes(Op op, const Shape& dims) {
  if (op == Op::amax || op == Op::argmax) return make_attributes(op, dims, false);
  return make_attributes(op, dims, false, kNoDType);
}
template <Op op, int... dims>
void fold(EngineProgram& program) {
  program.add(op, given(1), fold_attributes(op, Shape{dims...}));
}
template <Op op>
void fold_all(EngineProgram& program) {
  program.add(op, given(1), fold_attributes(op, Shape{}));
}

template <Op op>
void scaled_by(EngineProgram& program) {
  program.add(op, given(static_cast<int>(program.inputs().size())),
              make_attributes(op, ScalarValue(1)));
}

Shape columns_of(const EngineProgram& program) {
  return Shape{program.inputs().front().shape.back()};
}

/// The update of Adam: both moments, and the weight.
void adam(EngineProgram& program) {
  using A = Argument;
  const Attributes none_of_mul = make_attributes(Op::mul);
  const auto scaled = [](Op op, double scale) { return make_attributes(op, ScalarValue(scale)); };
  program.add(Op::mul, {A::input(1), A::number(kBeta1)}, none_of_mul);
  program.add(Op::add, {A::result(0, true), A::input(0)}, scaled(Op::add, 1 - kBeta1));
  program.add(Op::mul, {A::input(2), A::number(kBeta2)}, none_of_mul);
  program.add(Op::addcmul, {A::result(2, true), A::input(0), A::input(0)},
              scaled(Op::addcmul, 1 - kBeta2));
  program.add(Op::sqrt, {A::result(3)}, make_attributes(Op::sqrt));
  program.add(Op::add, {A::result(4, true), A::number(kAdamEpsilon)}, scaled(Op::add, 1));
  program.add(Op::div, {A::result(1), A::result(5, true)}, make_attributes(Op::div));
  program.add(Op::add, {A::input(3), A::result(6, true)}, scaled(Op::add, -kStep));
}
at::Tensor adam_in_libtorch(const Tensors& x) {
  const at::Tensor first = at::mul(x[1], kBeta1).add_(x[0], 1 - kBeta1);
  const at::Tensor second = at::mul(x[2], kBeta2).addcmul_(x[0], x[0], 1 - kBeta2);
  const at::Tensor root = at::sqrt(second).add_(kAdamEpsilon);
  return at::add(x[3], at::div(first, root), -kStep);
}

void cross_entropy(EngineProgram& program) {
  program.add(Op::cross_entropy, {Argument::input(0), Argument::input(1), Argument::none()},
              make_attributes(Op::cross_entropy, 1, -100, 0.0));
}
void cross_entropy_and_gradient(EngineProgram& program) {
  cross_entropy(program);
  program.add(Op::cross_entropy_backward,
              {Argument::input(2), Argument::input(0), Argument::input(1), Argument::result(1),
               Argument::none()},
              make_attributes(Op::cross_entropy_backward, 1, -100, 0.0));
}
at::Tensor cross_entropy_and_gradient_in_libtorch(const Tensors& x) {
  const at::Tensor logarithms = at::log_softmax(x[0], 1);
  const at::Tensor weight =
      std::get<1>(at::nll_loss_forward(logarithms, x[1], {}, at::Reduction::Mean, -100));
  const at::Tensor grad =
      at::nll_loss_backward(x[2], logarithms, x[1], {}, at::Reduction::Mean, -100, weight);
  return at::_log_softmax_backward_data(grad, logarithms, 1, x[0].scalar_type());
}

void layer_norm(EngineProgram& program) {
  program.add(Op::native_layer_norm, given(3),
              make_attributes(Op::native_layer_norm, columns_of(program), kEpsilon));
}
void layer_norm_backward(EngineProgram& program) {
  auto arguments = given(5);
  arguments.push_back(Argument::input(4));
  program.add(Op::native_layer_norm_backward, arguments,
              make_attributes(Op::native_layer_norm_backward, columns_of(program)));
}
template <Op op>
void draw(EngineProgram& program) {
  const Shape& shape = program.inputs().front().shape;
  const DType dtype = program.inputs().front().dtype;
  program.add(op, {}, make_attributes(op, shape, 0.0, 1.0, dtype, 1, 2));
}
void draw_integers(EngineProgram& program) {
  program.add(
      Op::randint, {},
      make_attributes(Op::randint, program.inputs().front().shape, 0, 1000, DType::kInt64, 1, 2));
}

using I = Input;

const std::vector<PointwiseCase>& cases() {
  static const std::vector<PointwiseCase> result{
      {"add",
       {I::matrix, I::matrix},
       scaled_by<Op::add>,
       [](const Tensors& x) { return at::add(x[0], x[1]); }},
      {"mul_row",
       {I::matrix, I::row},
       direct<Op::mul>,
       [](const Tensors& x) { return at::mul(x[0], x[1]); }},
      {"mul_column",
       {I::matrix, I::column},
       direct<Op::mul>,
       [](const Tensors& x) { return at::mul(x[0], x[1]); }},
      {"mul_number",
       {I::matrix},
       [](EngineProgram& p) {
         p.add(Op::mul, {Argument::input(0), Argument::number(0.5)}, make_attributes(Op::mul));
       },
       [](const Tensors& x) { return at::mul(x[0], 0.5); }},
      {"div",
       {I::matrix, I::positive_matrix},
       direct<Op::div>,
       [](const Tensors& x) { return at::div(x[0], x[1]); }},
      {"sqrt",
       {I::positive_matrix},
       direct<Op::sqrt>,
       [](const Tensors& x) { return at::sqrt(x[0]); }},
      {"relu", {I::matrix}, direct<Op::relu>, [](const Tensors& x) { return at::relu(x[0]); }},
      {"gelu", {I::matrix}, direct<Op::gelu, 0>, [](const Tensors& x) { return at::gelu(x[0]); }},
      {"gelu_backward",
       {I::matrix, I::matrix},
       direct<Op::gelu_backward, 0>,
       [](const Tensors& x) { return at::gelu_backward(x[0], x[1]); }},
      {"exp", {I::matrix}, direct<Op::exp>, [](const Tensors& x) { return at::exp(x[0]); }},
      {"log",
       {I::positive_matrix},
       direct<Op::log>,
       [](const Tensors& x) { return at::log(x[0]); }},
      {"sin", {I::matrix}, direct<Op::sin>, [](const Tensors& x) { return at::sin(x[0]); }},
      {"tanh", {I::matrix}, direct<Op::tanh>, [](const Tensors& x) { return at::tanh(x[0]); }},
      {"sigmoid",
       {I::matrix},
       direct<Op::sigmoid>,
       [](const Tensors& x) { return at::sigmoid(x[0]); }},
      {"where",
       {I::condition_matrix, I::matrix, I::matrix},
       direct<Op::where>,
       [](const Tensors& x) { return at::where(x[0], x[1], x[2]); }},
      {"copy_transposed",
       {I::transposed_matrix},
       direct<Op::clone>,
       [](const Tensors& x) { return x[0].clone(at::MemoryFormat::Contiguous); }},
      {"sum_all", {I::matrix}, fold_all<Op::sum>, [](const Tensors& x) { return at::sum(x[0]); }},
      {"sum_last",
       {I::matrix},
       fold<Op::sum, 1>,
       [](const Tensors& x) { return at::sum(x[0], 1); }},
      {"sum_first",
       {I::matrix},
       fold<Op::sum, 0>,
       [](const Tensors& x) { return at::sum(x[0], 0); }},
      {"mean_all",
       {I::matrix},
       fold_all<Op::mean>,
       [](const Tensors& x) { return at::mean(x[0]); }},
      {"max_all", {I::matrix}, fold_all<Op::amax>, [](const Tensors& x) { return at::amax(x[0]); }},
      {"max_last",
       {I::matrix},
       fold<Op::amax, 1>,
       [](const Tensors& x) { return at::amax(x[0], 1); }},
      {"argmax",
       {I::matrix},
       fold<Op::argmax, 1>,
       [](const Tensors& x) { return at::argmax(x[0], 1); }},
      {"softmax",
       {I::matrix},
       direct<Op::softmax, -1, kNoDType>,
       [](const Tensors& x) { return at::softmax(x[0], 1); }},
      {"softmax_backward",
       {I::matrix, I::positive_matrix},
       [](EngineProgram& p) {
         p.add(Op::softmax_backward, given(2),
               make_attributes(Op::softmax_backward, -1, p.inputs().front().dtype));
       },
       [](const Tensors& x) {
         return at::_softmax_backward_data(x[0], x[1], 1, x[0].scalar_type());
       }},
      {"log_softmax",
       {I::matrix},
       direct<Op::log_softmax, -1, kNoDType>,
       [](const Tensors& x) { return at::log_softmax(x[0], 1); }},
      {"layer_norm",
       {I::matrix, I::row, I::row},
       layer_norm,
       [](const Tensors& x) {
         return std::get<0>(at::native_layer_norm(x[0], {x[0].size(1)}, x[1], x[2], kEpsilon));
       }},
      {"layer_norm_backward",
       {I::matrix, I::matrix, I::mean, I::deviation, I::row},
       layer_norm_backward,
       [](const Tensors& x) {
         // LibTorch keeps the statistics of bfloat16 rows in bfloat16.
         const auto type = x[0].scalar_type();
         return std::get<0>(at::native_layer_norm_backward(x[0], x[1], {x[1].size(1)},
                                                           x[2].to(type), x[3].to(type), x[4], x[4],
                                                           {true, true, true}));
       }},
      {"cross_entropy",
       {I::matrix, I::labels},
       cross_entropy,
       [](const Tensors& x) { return at::cross_entropy_loss(x[0], x[1]); }},
      {"cross_entropy_and_gradient",
       {I::matrix, I::labels, I::one},
       cross_entropy_and_gradient,
       cross_entropy_and_gradient_in_libtorch},
      {"adam", {I::matrix, I::matrix, I::positive_matrix, I::matrix}, adam, adam_in_libtorch},
      {"dropout",
       {I::matrix},
       [](EngineProgram& p) {
         p.add(Op::dropout, given(1), make_attributes(Op::dropout, kDropout, 1, 2));
       },
       [](const Tensors& x) { return at::dropout(x[0], kDropout, true); },
       true},
      {"uniform",
       {I::matrix},
       draw<Op::uniform>,
       [](const Tensors& x) { return at::rand_like(x[0]); },
       true},
      {"normal",
       {I::matrix},
       draw<Op::normal>,
       [](const Tensors& x) { return at::randn_like(x[0]); },
       true},
      {"randint",
       {I::matrix},
       draw_integers,
       [](const Tensors& x) { return at::randint(0, 1000, x[0].sizes(), at::kLong); },
       true},
  };
  return result;
}

at::Tensor tensor_of(const worker::Value& value) {
  return at::from_blob(value.bytes(), at::IntArrayRef(value.shape.begin(), value.shape.size()),
                       at::IntArrayRef(value.strides.begin(), value.strides.size()),
                       at::TensorOptions().dtype(static_cast<at::ScalarType>(value.dtype)));
}

}  // namespace

std::span<const PointwiseCase> pointwise_cases() { return cases(); }

struct LibtorchSide::State {
  Tensors inputs;
};

LibtorchSide::LibtorchSide(const PointwiseCase& pointwise_case,
                           const std::vector<worker::Value>& inputs)
    : case_(pointwise_case), state_(std::make_unique<State>()) {
  for (const worker::Value& input : inputs) state_->inputs.push_back(tensor_of(input));
}
LibtorchSide::~LibtorchSide() = default;

void LibtorchSide::run(int count) const {
  const c10::InferenceMode inference;
  for (int k = 0; k < count; ++k) (void)case_.in_libtorch(state_->inputs);
}

double LibtorchSide::distance(const worker::Value& ours) const {
  const c10::InferenceMode inference;
  const at::Tensor expected = case_.in_libtorch(state_->inputs);
  const at::Tensor actual = tensor_of(ours);
  if (actual.sizes() != expected.sizes() || actual.scalar_type() != expected.scalar_type())
    return std::numeric_limits<double>::infinity();
  const at::Tensor a = actual.to(at::kDouble);
  const at::Tensor b = expected.to(at::kDouble);
  if (!case_.is_random) return ((a - b).abs() / (1 + b.abs())).max().item<double>();
  const double deviation = b.std().item<double>() / std::sqrt(static_cast<double>(b.numel()) / 2);
  return (a.mean() - b.mean()).abs().item<double>() / deviation;
}

}  // namespace gt::bench
