// A loop of a fusion group as the emitter sees it: what its machine code depends on, and nothing
// else. Tensors, sizes, strides and numbers stand in the order of their first use, so that loops
// that compute the same have equal plans and share code; `LoopParameters` says what they are in one
// kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/graph/fusion/fusion.h"
#include "worker/engine/native/compute_type.h"
#include "worker/jit/kernel.h"

namespace gt::worker::jit {

using graph::Role;
using graph::Space;
using native::ComputeType;

/// A size: known, or a parameter of the code.
struct PlanSize {
  std::int64_t constant = 0;  ///< 0: parameter `parameter`
  std::uint32_t parameter = 0;
  friend bool operator==(const PlanSize&, const PlanSize&) = default;
};

struct PlanStride {
  /// two: in runs that are spread alone (LoopPlan::spreads_runs).
  enum class Kind : std::uint8_t { zero, one, two, parameter };
  Kind kind = Kind::zero;
  std::uint32_t parameter = 0;
  friend bool operator==(const PlanStride&, const PlanStride&) = default;
};

/// How a tensor is walked by the readers of one level.
struct PlanAccess {
  enum class Inner : std::uint8_t {
    repeated,  ///< one element for the whole inner run
    dense,     ///< neighbours lie together
    strided,   ///< by inner[0]
    indexed,   ///< each inner dimension has a stride: the position is taken apart
  };
  std::uint32_t tensor = 0;
  Role role = Role::element;
  Inner form = Inner::repeated;
  std::vector<PlanStride> planes;  ///< one a dimension of LoopPlan::planes
  std::vector<PlanStride> outer;   ///< one an outer dimension
  std::vector<PlanStride> inner;
  bool is_table = false;    ///< what is read lies elsewhere, by an index
  std::int64_t period = 0;  ///< of an indexed one: `period_of` (iteration.h) in the inner run
  bool is_one_run = false;  ///< a dense one: the runs follow each other without gaps
  friend bool operator==(const PlanAccess&, const PlanAccess&) = default;
};

struct PlanTensor {
  DType dtype = DType::kFloat32;
  bool is_output = false;
  /// No other tensor of the loop lies in its memory.
  bool is_alone = true;
  friend bool operator==(const PlanTensor&, const PlanTensor&) = default;
};

/// A number of the program: known, or a parameter.
struct PlanWord {
  DType category = DType::kFloat64;
  bool is_constant = true;
  std::uint64_t bits = 0;       ///< of a constant
  std::uint32_t parameter = 0;  ///< of others
  friend bool operator==(const PlanWord&, const PlanWord&) = default;
};

struct PlanOperand {
  enum class Kind : std::uint8_t { none, node, access, word };
  Kind kind = Kind::none;
  std::uint32_t index = 0;  ///< in the plan's nodes, accesses or words
  friend bool operator==(const PlanOperand&, const PlanOperand&) = default;
};

struct PlanAttribute {
  bool is_static = false;
  std::int64_t constant = 0;  ///< of a static one
  std::uint32_t word = 0;     ///< of others
  friend bool operator==(const PlanAttribute&, const PlanAttribute&) = default;
};

inline constexpr std::uint32_t kNoAccess = ~std::uint32_t{0};

/// How a node goes by index (common/graph/fusion/lookup.h): it reads a table, or it replaces the
/// elements of operand 0 whose place along the last dim is the index by operand 2, or adds that to
/// them (`scatter_add`).
struct PlanIndexing {
  bool replaces = false;
  std::uint32_t index = 0;  ///< operand; indices are in [0, size)
  std::uint32_t table = 0;  ///< operand, an access: where it would be read by an index of 0
  PlanStride stride;        ///< of the table, between neighbouring indices
  PlanSize size;
  bool counts_from_end = false;  ///< indices are in [-size, size)
  friend bool operator==(const PlanIndexing&, const PlanIndexing&) = default;
};

struct PlanNode {
  Op op{};  ///< of a point-wise node: the row whose arithmetic it is
  Role role = Role::element;
  DType dtype = DType::kFloat32;           ///< of the result
  DType operand_dtype = DType::kFloat32;   ///< to which numbers are rounded
  ComputeType type = ComputeType::kFloat;  ///< in which it is computed
  std::vector<PlanOperand> operands;
  /// Of `full`: the one number. Of rows that draw, words: of dropout the probability, the two that
  /// say from where numbers are drawn; seed and counter.
  std::vector<PlanAttribute> attributes;
  std::uint32_t output = kNoAccess;  ///< where the result is written
  std::optional<PlanIndexing> indexing;
  /// The walk over a row in which it is computed, from 0 on; of a node at row level the one after
  /// which it is, or -1 if it needs none.
  int pass = 0;
  [[nodiscard]] bool is_fill() const noexcept { return op == Op::full; }
  [[nodiscard]] bool draws() const noexcept { return graph::draws_numbers(op); }
  friend bool operator==(const PlanNode&, const PlanNode&) = default;
};

struct LoopPlan {
  Space::Fold fold = Space::Fold::none;
  std::vector<PlanSize> planes;  ///< of column folds: each of these has columns of its own
  std::vector<PlanSize>
      outer;  ///< what is walked run by run (rows; of column folds, what is folded)
  std::vector<PlanSize> inner;  ///< a run (a row; of column folds, the columns), as one
  std::vector<PlanTensor> tensors;
  std::vector<PlanAccess> accesses;
  std::vector<PlanWord> words;
  std::vector<PlanNode> nodes;
  std::uint32_t size_parameters = 0, stride_parameters = 0, word_parameters = 0;
  bool one_result = true;  ///< CompileOptions::one_result
  /// What of a run does not lie as the run does is spread before it is walked (window_runs.cc).
  bool spreads_runs = false;
  friend bool operator==(const LoopPlan&, const LoopPlan&) = default;

  [[nodiscard]] int pass_count() const;
  /// Whether the node goes by an index that is the same in a whole run.
  [[nodiscard]] bool has_common_index(const PlanNode& node) const;
};

/// constant * the product of some of Graph::sizes().
struct SizeProduct {
  std::int64_t constant = 1;
  std::vector<std::uint32_t> sizes;
  friend bool operator==(const SizeProduct&, const SizeProduct&) = default;
};
/// The first of the strides whose dimension is not of size 1 in the run; else the last.
struct StrideChoice {
  struct Candidate {
    std::uint32_t stride = 0;              ///< in KernelArguments::strides
    std::uint32_t size = graph::kNoIndex;  ///< of Graph::sizes(); kNoIndex: not 1
    friend bool operator==(const Candidate&, const Candidate&) = default;
  };
  std::vector<Candidate> candidates;
  friend bool operator==(const StrideChoice&, const StrideChoice&) = default;
};
struct LoopParameters {
  std::vector<std::uint32_t> tensors;  ///< in KernelArguments::tensors
  std::vector<SizeProduct> sizes;
  std::vector<StrideChoice> strides;
  std::vector<graph::Word> words;
  friend bool operator==(const LoopParameters&, const LoopParameters&) = default;
};

struct LoweredLoop {
  LoopPlan plan;
  LoopParameters parameters;
};
/// `request` must be sound: tensors for all inputs and outputs of its group.
[[nodiscard]] LoweredLoop lower(const graph::Graph& graph, const graph::Loop& loop,
                                const KernelRequest& request);
/// All loops of a kernel. `one_result` as in CompileOptions.
[[nodiscard]] std::vector<LoweredLoop> lower_all(const graph::Graph& graph,
                                                 const KernelRequest& request, bool one_result);

/// The dtype that operands of a point-wise node are brought to.
[[nodiscard]] DType operand_dtype(const graph::Graph& graph, const graph::Node& node);

}  // namespace gt::worker::jit
