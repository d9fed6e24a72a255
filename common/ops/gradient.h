// How gradient rules are written: templates over a builder, so that the client's tape, the graph
// and the reference engine share them.
//
// A builder B has a type `B::Value` (copyable, `explicit operator bool` false for "none") and
//   Value call(Op op, std::span<const Argument<Value>> operands, const Attributes&)   one result
//   std::vector<Value> call_all(...)                                                  all results
//   const TensorMeta& meta(const Value&)
// Rules use the named form that OpBuilder adds for every row of the table:
//   b.mul({grad, other}), b.sum({x}, dims, keepdim, kNoDType)
#pragma once

#include <initializer_list>
#include <span>
#include <variant>
#include <vector>

#include "common/ops/attributes.h"
#include "common/ops/inference.h"
#include "common/ops/op.h"
#include "common/tensor/meta.h"

namespace gt {

/// An operand of a builder call: a value (possibly none) or a number.
template <class Value>
struct Argument {
  std::variant<Value, ScalarValue> content;
  Argument(Value value) : content(std::move(value)) {}
  Argument(ScalarValue scalar) : content(scalar) {}
  Argument(double number) : content(ScalarValue(number)) {}
  Argument(int number) : content(ScalarValue(number)) {}
  Argument(std::int64_t number) : content(ScalarValue(number)) {}
  Argument(bool flag) : content(ScalarValue(flag)) {}
};

/// Adds one method per row of the table to a builder (CRTP). Attributes follow the operands, in
/// the row's order.
template <class Derived, class ValueType>
class OpBuilder {
 public:
  using Value = ValueType;
  using Arguments = std::initializer_list<Argument<Value>>;

#define GT_OP(code, name, ...)                                                 \
  template <class... Values>                                                   \
  Value name(Arguments operands, const Values&... attributes) {                \
    return self().call(Op::name, std::span(operands.begin(), operands.size()), \
                       make_attributes(Op::name, attributes...));              \
  }
#include "common/ops/table/all.def"
#undef GT_OP

 private:
  Derived& self() { return static_cast<Derived&>(*this); }
};

/// What a rule sees of the forward instruction, and where it puts the gradients.
/// Saved operands and results are available only if the row's `saved` column names them; metas
/// always are. A gradient may be left with the broadcast shape and a promoted dtype: the caller
/// reduces it to the operand's shape and casts it to the operand's dtype.
template <class B>
class GradientContext {
 public:
  using Value = typename B::Value;

  B& b;  ///< emits the gradient's operations
  const OpRow& row;
  const Attributes& attributes;
  std::span<const OperandMeta> operand_metas;
  std::span<const TensorMeta> result_metas;
  std::span<const Argument<Value>>
      operands;                    ///< saved values; none where not saved; scalars always
  std::span<const Value> results;  ///< saved results; none where not saved
  std::span<const Value> grads;    ///< gradient of each result; none if nothing flows
  std::span<const bool> needed;    ///< whether operand k wants a gradient
  std::span<Value> operand_grads;  ///< to be set by the rule where needed
  /// Whether operand k is known to be the transpose of a matrix; empty if of none.
  std::span<const bool> transposed = {};

  /// The saved operand `k` as a value; none if it was a scalar or absent.
  [[nodiscard]] Value operand(std::size_t k) const {
    const Value* value = std::get_if<Value>(&operands[k].content);
    return value != nullptr ? *value : Value();
  }
  /// The saved operand `k` in a form that a builder call takes again, scalar or tensor.
  [[nodiscard]] const Argument<Value>& argument(std::size_t k) const { return operands[k]; }
  [[nodiscard]] const Value& result(std::size_t k = 0) const { return results[k]; }
  [[nodiscard]] const Value& grad(std::size_t k = 0) const { return grads[k]; }
  [[nodiscard]] bool needs(std::size_t k) const { return needed[k]; }
  [[nodiscard]] bool is_transposed(std::size_t k) const {
    return k < transposed.size() && transposed[k];
  }
  void set(std::size_t k, Value value) { operand_grads[k] = std::move(value); }
};

}  // namespace gt
