#include "worker/jit/llvm/folds.h"

#include <limits>
#include <numeric>

namespace gt::worker::jit {
namespace {

template <class Function>
llvm::Value* with_type(ComputeType type, Function&& function) {
  switch (type) {
    case ComputeType::kFloat:
      return function.template operator()<ir::Float>();
    case ComputeType::kDouble:
      return function.template operator()<ir::Double>();
    case ComputeType::kInteger:
      return function.template operator()<ir::Int64>();
  }
  return nullptr;
}

template <class T>
T identity_of(Op op) {
  constexpr bool floating = arithmetic::is_floating_value<T>;
  using Limits = std::numeric_limits<std::int64_t>;
  if (op == Op::prod) return T(1);
  if (op == Op::amax)
    return floating ? T(-std::numeric_limits<double>::infinity()) : T(Limits::min());
  if (op == Op::amin)
    return floating ? T(std::numeric_limits<double>::infinity()) : T(Limits::max());
  return T(-0.0);
}

bool is_extremum(Op op) { return op == Op::amax || op == Op::amin; }

template <class T>
T ordered(Op op, T a, T b) {
  if (op == Op::prod) return a * b;
  if (!is_extremum(op)) return a + b;
  return select(op == Op::amax ? a > b : a < b, a, b);
}

template <class T>
T combined(Op op, T a, T b) {
  const T chosen = ordered(op, a, b);
  if constexpr (arithmetic::is_floating_value<T>)
    return is_extremum(op) ? select(a != a, a, chosen) : chosen;
  else
    return chosen;
}

}  // namespace

llvm::Value* Fold::identity() const {
  return with_type(type_, [&]<class T>() { return identity_of<T>(op_).value; });
}

llvm::Value* Fold::combine(llvm::Value* a, llvm::Value* b) const {
  return with_type(type_, [&]<class T>() { return combined(op_, T(a), T(b)).value; });
}

bool Fold::looks_for_nan() const noexcept {
  return is_extremum(op_) && type_ != ComputeType::kInteger;
}

llvm::Value* Fold::combine_ordered(llvm::Value* a, llvm::Value* b) const {
  return with_type(type_, [&]<class T>() { return ordered(op_, T(a), T(b)).value; });
}

llvm::Value* Fold::finish(llvm::Value* total, llvm::Value* count) const {
  const bool is_sum = op_ == Op::sum || op_ == Op::mean;
  llvm::Value* value = with_type(type_, [&]<class T>() {
    T result(total);
    if (is_sum) result = result + T(0);
    if constexpr (arithmetic::is_floating_value<T>)
      if (op_ == Op::mean) {
        // By way of double, as the engine does.
        llvm::Value* divisor =
            converted(ComputeType::kInteger, ComputeType::kDouble, ir::Lanes::spread(count));
        result = result / T(converted(ComputeType::kDouble, type_, divisor));
      }
    return result.value;
  });
  return held_from_computed(type_, dtype_, value);
}

llvm::Value* Fold::total(Values lanes) const {
  for (std::size_t half = lanes.size() / 2; half > 0; half /= 2)
    for (std::size_t j = 0; j < half; ++j) lanes[j] = combine(lanes[j], lanes[j + half]);
  llvm::IRBuilder<>& builder = ir::Lanes::builder();
  llvm::Value* vector = lanes[0];
  for (unsigned width = ir::Lanes::width(); width > 1; width /= 2) {
    std::vector<int> low(width / 2);
    std::iota(low.begin(), low.end(), 0);
    std::vector<int> high(width / 2);
    std::iota(high.begin(), high.end(), static_cast<int>(width / 2));
    const ir::Lanes narrower(builder, width / 2);
    vector = combine(builder.CreateShuffleVector(vector, low),
                     builder.CreateShuffleVector(vector, high));
  }
  return vector->getType()->isVectorTy() ? builder.CreateExtractElement(vector, std::uint64_t{0})
                                         : vector;
}

llvm::Value* BinaryCounter::slot(llvm::Value* count) const {
  return builder_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, count);
}

void BinaryCounter::push(llvm::Value* count) const {
  llvm::Value* one = builder_.getInt64(1);
  Flow(builder_).repeat(
      {count, slot(count)},
      [&](const Values& now) {
        return builder_.CreateICmpNE(builder_.CreateAnd(now[0], one), builder_.getInt64(0));
      },
      [&](const Values& now) {
        llvm::Value* lower = builder_.CreateSub(now[1], one);
        combine_(lower, now[1]);
        return Values{builder_.CreateLShr(now[0], one), lower};
      });
}

void BinaryCounter::finish(llvm::Value* count) const {
  llvm::Value* one = builder_.getInt64(1);
  Flow(builder_).repeat(
      {builder_.CreateSub(slot(count), one)},
      [&](const Values& now) { return builder_.CreateICmpSGT(now[0], builder_.getInt64(0)); },
      [&](const Values& now) {
        llvm::Value* lower = builder_.CreateSub(now[0], one);
        combine_(lower, now[0]);
        return Values{lower};
      });
}

}  // namespace gt::worker::jit
