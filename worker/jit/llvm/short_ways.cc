// Faster code for operands in a common range, which gives the same bits there: each step of a loop
// looks at its operands and takes the short way or the general one.
#include <bit>

#include "worker/jit/llvm/arithmetic.h"
#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {
namespace {

std::uint32_t bits_of(double number) {
  return std::bit_cast<std::uint32_t>(static_cast<float>(number));
}

/// Whether all floats have a magnitude in [least, bound]; if `least` is positive and the sign is
/// looked at, they are to be positive.
llvm::Value* all_within(llvm::Value* values, double least, double bound, bool signed_too) {
  llvm::IRBuilder<>& builder = ir::Lanes::builder();
  llvm::Value* bits = to_bits(ir::Float(values)).value;
  if (!signed_too) bits = builder.CreateAnd(bits, ir::Int32(0x7FFFFFFF).value);
  // Of floats of one sign the bits are in the order of the magnitudes.
  llvm::Value* distance = builder.CreateSub(bits, ir::Int32(bits_of(least)).value);
  llvm::Value* within =
      builder.CreateICmpULE(distance, ir::Int32(bits_of(bound) - bits_of(least)).value);
  return within->getType()->isVectorTy() ? builder.CreateAndReduce(within) : within;
}

/// a / b by a correctly rounded reciprocal of b: a product, and two corrections by the exact
/// remainder, of which the last rounds correctly (Markstein, Computation of Elementary Functions on
/// the IBM RISC System/6000 Processor, 1990). No step underflows or overflows in these ranges.
constexpr double kLeastDividend = 0x1p-100, kMostDividend = 0x1p100;
constexpr double kLeastDivisor = 0x1p-20, kMostDivisor = 0x1p20;
ir::Float quotient_by(ir::Float a, ir::Float b, ir::Float reciprocal) {
  ir::Float q = a * reciprocal;
  for (int step = 0; step < 2; ++step)
    q = fused_multiply_add(fused_multiply_add(-q, b, a), reciprocal, q);
  return q;
}

}  // namespace

/// The divisor of a division, if it is the same in the whole run; else null.
llvm::Value* LoopCode::common_divisor(const PlanNode& node) const {
  if (node.op != Op::div || node.type != ComputeType::kFloat) return nullptr;
  const PlanOperand& divisor = node.operands[1];
  if (divisor.kind == PlanOperand::Kind::word) return word_values_[divisor.index];
  if (divisor.kind != PlanOperand::Kind::node) return nullptr;
  const PlanNode& maker = plan_.nodes[divisor.index];
  const bool is_common = maker.role != Role::element && maker.dtype == DType::kFloat32;
  return is_common ? scalars_[divisor.index] : nullptr;
}

llvm::Value* LoopCode::apply_row(const PlanNode& node, Iteration* iteration,
                                 std::span<llvm::Value* const> operands,
                                 std::span<const ArithmeticAttribute> attributes) {
  const RowArithmetic& row = *arithmetic_of_row(node.op, node.type);
  const auto general = [&] { return row.apply(operands, attributes); };
  if (iteration == nullptr || ir::Lanes::width() == 1) return general();
  if (row.apply_moderate != nullptr) {
    llvm::Value* operand = operands[static_cast<std::size_t>(row.moderate.operand)];
    return flow_.choose(
        all_within(operand, row.moderate.least, row.moderate.bound, row.moderate.least > 0),
        [&] { return row.apply_moderate(operands, attributes); }, general);
  }
  llvm::Value* divisor = common_divisor(node);
  if (divisor == nullptr) return general();
  // What depends on the divisor alone is moved out of the loop by LLVM.
  llvm::Value* reciprocal = nullptr;
  llvm::Value* is_short = nullptr;
  {
    const ir::Lanes one(builder_, 1);
    reciprocal = (ir::Float(1) / ir::Float(divisor)).value;
    is_short = all_within(divisor, kLeastDivisor, kMostDivisor, false);
  }
  is_short =
      builder_.CreateAnd(is_short, all_within(operands[0], kLeastDividend, kMostDividend, false));
  return flow_.choose(
      is_short,
      [&] {
        return quotient_by(ir::Float(operands[0]), ir::Float(operands[1]),
                           ir::Float(ir::Lanes::spread(reciprocal)))
            .value;
      },
      general);
}

}  // namespace gt::worker::jit
