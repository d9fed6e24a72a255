// The op table: one constexpr row for every operation of the system.
//
// Rows stand in common/ops/table/*.def. Everything else (inference, wire checks, engines,
// gradients, the conformance suite) follows from a row; nobody keeps a second list.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/ops/op_spec.h"
#include "common/tensor/dtype.h"

namespace gt {

/// Opcode. The numbers are explicit in the table, append-only, and wire constants.
enum class Op : std::uint16_t {
#define GT_OP(code, name, ...) name = code,
#include "common/ops/table/all.def"
#undef GT_OP
};

/// The kind of command an instruction log prints (`BinaryOp | op=add`).
enum class LogKind : std::uint8_t {
  UnaryOp,
  BinaryOp,
  TernaryOp,
  ReduceOp,
  ViewOp,
  IndexOp,
  MatrixOp,
  CompositeOp,
  CreateOp,
  RandomOp,
  CopyOp,
  Upload,
  Fetch,
  Release,
  Send,
  Receive,
};
[[nodiscard]] std::string_view to_string(LogKind kind) noexcept;

/// What an engine needs to know to find the code that computes a row.
enum class OpClass : std::uint8_t {
  pointwise,      ///< arithmetic over broadcast elements (common/ops/arithmetic)
  reduction,      ///< folds over some dimensions
  shape,          ///< a new view of the same elements; no arithmetic, no copy
  indexing,       ///< moves elements by position or by index tensors
  composite,      ///< several passes that travel as one instruction (softmax, layer norm, losses)
  library,        ///< computed by a vendor library (matrix products, convolutions)
  creation,       ///< makes values out of nothing but attributes
  random,         ///< makes values from the counter-based generator
  communication,  ///< moves values between processes, or ends their life
};

/// Values for which a row is defined and smooth; from these the conformance suite draws operands.
enum class Domain : std::uint8_t {
  real,             ///< any finite number
  nonzero,          ///< magnitude at least 0.1
  positive,         ///< 0.1 and above
  unit,             ///< 0 to 1, ends included
  small,            ///< magnitude below 3 (functions that overflow)
  distinct,         ///< pairwise distinct values (gradients of extrema, argmax)
  above_minus_one,  ///< -0.9 and above
  probability,      ///< positive weights
};

/// How the conformance suite draws shapes, index operands and attributes for a row.
enum class Sampling : std::uint8_t {
  broadcast,  ///< operands of broadcastable shapes or scalars
  reduce,     ///< one tensor, a set of dims, keepdim
  along_dim,  ///< one tensor and one of its dims
  notation,   ///< shapes drawn from the index notation
  custom,     ///< a sampler of this row's name in tests/conformance
  none,       ///< not computed by engines from values alone (communication, random)
};

/// Which dtypes the tensor operands may have; others throw at the call.
enum class DTypeSet : std::uint8_t { all, floating, numeric, integral, integral_or_bool };
[[nodiscard]] bool contains(DTypeSet set, DType dtype) noexcept;

class InferenceContext;
using InferenceRule = void (*)(InferenceContext&);

/// No row makes more.
inline constexpr std::size_t kMaxResults = 4;

/// One row of the table.
struct OpRow {
  Op op;
  std::string_view name;
  LogKind log_kind;
  OpClass op_class;
  OperandSpecs operands;      ///< names and forms
  std::uint8_t results;       ///< how many values it makes
  std::string_view aten;      ///< ATen schema `name.overload` that computes the same, or ""
  AttributeSpecs attributes;  ///< names, classes and types
  DTypeSet dtypes;            ///< admitted operand dtypes
  InferenceRule dtype_rule;   ///< sets the dtypes of the results
  InferenceRule shape_rule;   ///< sets the shapes of the results
  std::string_view notation;  ///< index notation, `...` for broadcast dims, e.g. `mk,kn->mn`
  Domain domain;
  Sampling sampling;
  double tolerance;     ///< allowed distance to LibTorch in ulps of the result dtype
  bool in_place;        ///< LibTorch has `name_`; the result may take operand 0's buffer
  bool differentiable;  ///< has a gradient rule (common/ops/gradients)
  SavedValues saved;    ///< what the gradient rule reads
};

/// Whether the row can make values of that dtype: uint16 is only moved, filled and cast.
[[nodiscard]] bool computes_in(const OpRow& row, DType dtype) noexcept;
/// Whether a tensor operand of the row may have that dtype.
[[nodiscard]] bool admits(const OpRow& row, DType dtype) noexcept;

/// All rows, ordered as in the .def files.
[[nodiscard]] std::span<const OpRow> op_table() noexcept;
/// The row of an op. The op must be one of the table (`find_op` checks numbers from outside).
[[nodiscard]] const OpRow& row_of(Op op) noexcept;
/// What people call it: programs write `matmul` for `mm` and `bmm`, of which shapes decide.
[[nodiscard]] constexpr std::string_view shown_name(const OpRow& row) noexcept {
  return row.op == Op::mm || row.op == Op::bmm ? "matmul" : row.name;
}
/// The row with that number or name, or nullptr.
[[nodiscard]] const OpRow* find_op(std::uint64_t code) noexcept;
[[nodiscard]] const OpRow* find_op(std::string_view name) noexcept;

}  // namespace gt
