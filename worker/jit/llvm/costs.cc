#include "worker/jit/llvm/costs.h"

#include <llvm/IR/Module.h>

#include <algorithm>

#include "worker/jit/llvm/arithmetic.h"
#include "worker/jit/llvm/elements.h"

namespace gt::worker::jit {
namespace {

/// What a call of the C library, and what a division or root counts for: of a common divisor there
/// are a product, two corrections and a look at the operand in place of one.
constexpr int kCallCost = 60;
constexpr int kDivisionCost = 8;
/// What a number that is drawn counts for, and a normal one.
constexpr int kDrawCost = 24;
constexpr int kNormalCost = 44;
/// What a second formula, which is rarely used, counts for at most: it makes the code long.
constexpr int kMostBeside = 20;
/// Instructions of an element up to which four (two) steps are done at a time.
constexpr int kCheap = 16;
constexpr int kModest = 40;
/// Beyond that four vectors are computed together, and eight from here on.
constexpr int kLong = 200;

bool is_library_call(const llvm::Instruction& instruction) {
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  return call != nullptr && call->getIntrinsicID() == llvm::Intrinsic::not_intrinsic;
}

int cost_of(const llvm::Instruction& instruction) {
  if (instruction.getOpcode() == llvm::Instruction::FDiv) return kDivisionCost;
  if (is_library_call(instruction)) return kCallCost;
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  const bool is_root = call != nullptr && call->getIntrinsicID() == llvm::Intrinsic::sqrt;
  return is_root ? kDivisionCost : 1;
}

using Apply = llvm::Value* (*)(std::span<llvm::Value* const>, std::span<const ArithmeticAttribute>);

struct Measured {
  int cost = 0;
  bool calls_library = false;
};

Measured measure(const PlanNode& node, Apply apply) {
  llvm::LLVMContext context;
  llvm::Module module("cost", context);
  llvm::IRBuilder<> builder(context);
  llvm::Type* type = computed_type(context, node.type);
  const std::size_t operands = node.operands.size();
  const std::vector<llvm::Type*> parameters(operands + node.attributes.size(), type);
  auto* function = llvm::Function::Create(llvm::FunctionType::get(type, parameters, false),
                                          llvm::Function::ExternalLinkage, "row", module);
  llvm::BasicBlock* block = llvm::BasicBlock::Create(context, "entry", function);
  builder.SetInsertPoint(block);
  const ir::Lanes lanes(builder, 1);
  std::vector<llvm::Value*> values;
  std::vector<ArithmeticAttribute> attributes;
  for (unsigned k = 0; k < operands; ++k) values.push_back(function->getArg(k));
  for (unsigned k = 0; k < node.attributes.size(); ++k)
    attributes.push_back(
        {node.attributes[k].constant, function->getArg(static_cast<unsigned>(operands) + k)});
  static_cast<void>(apply(values, attributes));
  Measured made;
  for (const llvm::Instruction& instruction : *block) {
    made.cost += cost_of(instruction);
    made.calls_library = made.calls_library || is_library_call(instruction);
  }
  return made;
}

class Scheduling {
 public:
  Scheduling(const LoopPlan& plan, Costs& costs, const Tuning& tuning, Keeping keeping)
      : plan_(plan), costs_(costs), tuning_(tuning), keeping_(keeping) {}

  Schedule run() && {
    schedule_.is_kept.assign(plan_.nodes.size(), false);
    const int count = plan_.pass_count();
    while (find_kept(count)) {
    }
    for (int pass = 0; pass < count; ++pass) schedule_.passes.push_back(pass_of(pass));
    return std::move(schedule_);
  }

 private:
  bool is_element(std::uint32_t n) const {
    return plan_.nodes[n].role == Role::element && !plan_.nodes[n].is_fill();
  }

  /// Cost of computing node `n` in pass `pass`, with all that it needs there; what was seen counts
  /// once.
  int visit(std::uint32_t n, int pass, std::vector<bool>& seen) {
    const PlanNode& node = plan_.nodes[n];
    if (seen[n] || (!is_element(n) && node.role != Role::fold)) return 0;
    seen[n] = true;
    if (node.role == Role::element && node.pass < pass && schedule_.is_kept[n]) return 1;
    int cost = node.role == Role::fold ? 1 : costs_.of(node);
    for (const PlanOperand& operand : node.operands) {
      if (operand.kind == PlanOperand::Kind::node) cost += visit(operand.index, pass, seen);
      if (operand.kind == PlanOperand::Kind::access) ++cost;
    }
    return cost;
  }

  std::vector<std::uint32_t> roots(int pass) const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
      const PlanNode& node = plan_.nodes[n];
      if (node.pass != pass) continue;
      const bool is_stored = node.role == Role::element && node.output != kNoAccess;
      if (node.role == Role::fold || is_stored || schedule_.is_kept[n]) found.push_back(n);
    }
    return found;
  }

  /// Looks for a node that a later pass needs and that is dear; true if one was found.
  bool find_kept(int passes) {
    for (int pass = 1; pass < passes; ++pass) {
      std::vector<bool> seen(plan_.nodes.size(), false);
      for (std::uint32_t root : roots(pass)) visit(root, pass, seen);
      // From the last on, so that what is kept spares its operands.
      for (std::uint32_t n = static_cast<std::uint32_t>(plan_.nodes.size()); n-- > 0;) {
        if (!seen[n] || !is_element(n) || plan_.nodes[n].pass >= pass || schedule_.is_kept[n])
          continue;
        if (keeping_ == Keeping::in_outputs && plan_.nodes[n].output == kNoAccess) continue;
        std::vector<bool> alone(plan_.nodes.size(), false);
        if (visit(n, pass, alone) <= tuning_.worth_keeping) continue;
        schedule_.is_kept[n] = true;
        return true;
      }
    }
    return false;
  }

  Schedule::Pass pass_of(int pass) {
    Schedule::Pass made;
    std::vector<bool> seen(plan_.nodes.size(), false);
    for (std::uint32_t n : roots(pass)) {
      const PlanNode& node = plan_.nodes[n];
      if (node.role == Role::fold) made.folds.push_back(n);
      if (node.role == Role::element && node.output != kNoAccess) made.stores.push_back(n);
      if (schedule_.is_kept[n] && node.output == kNoAccess) made.keeps.push_back(n);
      made.cost += visit(n, pass, seen);
    }
    for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
      const bool is_read = schedule_.is_kept[n] && plan_.nodes[n].pass < pass;
      if (seen[n] && is_element(n) && !is_read) made.cost += costs_.beside(plan_.nodes[n]);
    }
    set_together(made, seen);
    return made;
  }

  /// What of a pass that computes the nodes of `seen` is done at a time.
  void set_together(Schedule::Pass& pass, const std::vector<bool>& seen) {
    pass.steps = tuning_.steps != 0     ? tuning_.steps
                 : pass.cost <= kCheap  ? 4
                 : pass.cost <= kModest ? 2
                                        : 1;
    bool is_plain = tuning_.steps == 0;
    for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
      if (!seen[n]) continue;
      const bool draws = plan_.nodes[n].draws();
      // Numbers are drawn for two steps at a time.
      if (draws) pass.steps = std::max(pass.steps, 2);
      is_plain = is_plain && !draws && !costs_.calls_library(plan_.nodes[n]);
    }
    if (is_plain && pass.cost > kModest) pass.vectors = pass.cost > kLong ? 8 : 4;
  }

  const LoopPlan& plan_;
  Costs& costs_;
  const Tuning tuning_;
  const Keeping keeping_;
  Schedule schedule_;
};

}  // namespace

const Costs::Cost& Costs::find(const PlanNode& node) {
  std::int64_t chosen = 0;
  for (const PlanAttribute& attribute : node.attributes) chosen += attribute.constant;
  const auto [entry, is_new] = known_.try_emplace({node.op, node.type, chosen}, Cost{});
  const RowArithmetic* row = arithmetic_of_row(node.op, node.type);
  if (is_new && node.draws()) entry->second.usual = node.op == Op::normal ? kNormalCost : kDrawCost;
  if (!is_new || row == nullptr) return entry->second;
  const Measured general = measure(node, row->apply);
  entry->second.usual = general.cost;
  entry->second.calls_library = general.calls_library;
  if (row->apply_moderate == nullptr) return entry->second;
  entry->second.usual = measure(node, row->apply_moderate).cost;
  entry->second.beside = std::clamp(general.cost - entry->second.usual, 0, kMostBeside);
  return entry->second;
}

Schedule schedule_of(const LoopPlan& plan, Costs& costs, const Tuning& tuning, Keeping keeping) {
  return Scheduling(plan, costs, tuning, keeping).run();
}

}  // namespace gt::worker::jit
