#include <algorithm>

#include "common/graph/attribute_words.h"
#include "common/graph/fusion/lookup.h"
#include "common/ops/inference.h"
#include "worker/engine/native/pointwise_rules.h"
#include "worker/jit/llvm/arithmetic.h"
#include "worker/jit/llvm/geometry.h"
#include "worker/jit/llvm/iteration.h"
#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {
namespace {

using graph::Extents;
using graph::Graph;
using graph::kNoIndex;
using graph::Node;
using graph::NodeIndex;
using graph::Operand;
using graph::ValueRef;

class Lowering {
 public:
  Lowering(const Graph& graph, const graph::Loop& loop, const KernelRequest& request)
      : graph_(graph), loop_(loop), request_(request) {
    std::uint32_t next = 0;
    for (const KernelTensor& tensor : request.tensors) {
      first_stride_.push_back(next);
      next += static_cast<std::uint32_t>(tensor.strides.size());
    }
    plan_.fold = loop.space.fold;
  }

  LoweredLoop run() && {
    for (NodeIndex node : loop_.nodes) add_node(node);
    find_passes();
    find_dimensions();
    mark_shared_memory();
    return {std::move(plan_), std::move(parameters_)};
  }

 private:
  /// The strides of an access along every dimension of the space, before any are merged.
  using SpaceStrides = std::vector<DimensionStride>;

  void add_node(NodeIndex index);
  void add_words(const Node& node, PlanNode& made);
  PlanOperand operand(const Operand& from, const PlanNode& reader, const Extents& extents);
  std::uint32_t word(DType category, const graph::Word& from);
  std::uint32_t access(ValueRef value, Role role, const Extents& extents, bool is_output);
  std::uint32_t tensor(std::uint32_t index, DType dtype, bool is_output);
  PlanOperand walked(ValueRef value, Role role, std::span<const std::int64_t> reader_dims,
                     bool is_table);
  std::optional<PlanIndexing> indexing_of(const Node& node);
  PlanSize size(std::span<const graph::Extent> extents, bool as_parameter);
  SpaceStrides strides_of(std::uint32_t tensor, ValueRef value, Role role,
                          const Extents& extents) const;
  std::uint32_t find_tensor(ValueRef value, bool is_output) const;
  void find_passes();
  void find_dimensions();
  /// Whether runs may be spread, as far as the nodes and tensors tell.
  [[nodiscard]] bool may_spread_runs() const;
  /// Whether the strides of a value along its last dims are the same in every run.
  [[nodiscard]] bool has_fixed_strides(ValueRef value) const;
  void mark_shared_memory();
  PlanSize size(const Dimension& dimension, bool as_parameter);
  PlanStride stride(const Dimension& dimension, std::size_t access);
  void finish_access(std::size_t access, std::span<const Dimension> planes,
                     std::span<const Dimension> outer, std::span<const Dimension> inner);

  [[nodiscard]] std::size_t leading() const {
    const std::size_t rank = loop_.space.extents.size();
    return plan_.fold == Space::Fold::rows ? rank - loop_.space.folded : rank;
  }
  /// Behind what column folds fold.
  [[nodiscard]] std::size_t first_column_dim() const {
    return std::size_t{loop_.space.leading} + loop_.space.folded;
  }

  const Graph& graph_;
  const graph::Loop& loop_;
  const KernelRequest& request_;
  std::vector<std::uint32_t> first_stride_;
  std::vector<SpaceStrides> space_strides_;  ///< by access
  LoopPlan plan_;
  LoopParameters parameters_;
};

std::uint32_t Lowering::find_tensor(ValueRef value, bool is_output) const {
  const std::size_t inputs = request_.group->inputs.size();
  const std::size_t begin = is_output ? inputs : 0;
  const std::size_t end = is_output ? request_.tensors.size() : inputs;
  for (std::size_t t = begin; t < end; ++t)
    if (request_.tensors[t].value == value) return static_cast<std::uint32_t>(t);
  return kNoIndex;
}

std::uint32_t Lowering::tensor(std::uint32_t index, DType dtype, bool is_output) {
  for (std::size_t t = 0; t < parameters_.tensors.size(); ++t)
    if (parameters_.tensors[t] == index) return static_cast<std::uint32_t>(t);
  parameters_.tensors.push_back(index);
  plan_.tensors.push_back({dtype, is_output, true});
  return static_cast<std::uint32_t>(plan_.tensors.size() - 1);
}

/// `extents` are those of the reader (or writer), to which the value broadcasts.
Lowering::SpaceStrides Lowering::strides_of(std::uint32_t tensor, ValueRef value, Role role,
                                            const Extents& extents) const {
  const Extents own = extents_of(graph_, value);
  const std::size_t rank = loop_.space.extents.size();
  SpaceStrides strides(rank);
  if (role == Role::uniform) return strides;
  const bool writes_columns = role == Role::fold && plan_.fold == Space::Fold::columns;
  const std::size_t last = role == Role::element || writes_columns ? rank : leading();
  for (std::size_t d = 0; d < last; ++d) {
    const bool is_before_folded = d < loop_.space.leading;
    if (writes_columns && !is_before_folded && d < first_column_dim()) continue;
    // Dimension d of the space is this one of the reader's, counted from its front or its end.
    const auto of_reader = !writes_columns || is_before_folded
                               ? static_cast<std::ptrdiff_t>(d)
                               : static_cast<std::ptrdiff_t>(d + extents.size() - rank);
    const std::ptrdiff_t of_value = of_reader - static_cast<std::ptrdiff_t>(extents.size()) +
                                    static_cast<std::ptrdiff_t>(own.size());
    if (of_value < 0 || of_reader >= static_cast<std::ptrdiff_t>(extents.size())) continue;
    const auto k = static_cast<std::size_t>(of_value);
    if (own[k] == graph::Extent{} && !(loop_.space.extents[d] == graph::Extent{})) continue;
    strides[d] = {request_.tensors[tensor].strides[k],
                  first_stride_[tensor] + static_cast<std::uint32_t>(k)};
  }
  return strides;
}

bool same_strides(const std::vector<DimensionStride>& a, const std::vector<DimensionStride>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const DimensionStride& x, const DimensionStride& y) {
                      return x.recorded == y.recorded && x.index == y.index;
                    });
}

std::uint32_t Lowering::access(ValueRef value, Role role, const Extents& extents, bool is_output) {
  const std::uint32_t index = find_tensor(value, is_output);
  GT_INVARIANT(index != kNoIndex, "a kernel's request lacks a tensor of its group");
  const SpaceStrides strides = strides_of(index, value, role, extents);
  const std::uint32_t local = tensor(index, graph_.meta(value).dtype, is_output);
  for (std::size_t a = 0; a < plan_.accesses.size(); ++a)
    if (plan_.accesses[a].tensor == local && plan_.accesses[a].role == role &&
        !plan_.accesses[a].is_table && same_strides(space_strides_[a], strides))
      return static_cast<std::uint32_t>(a);
  plan_.accesses.push_back({local, role, PlanAccess::Inner::repeated, {}, {}, {}, false, 0, false});
  space_strides_.push_back(strides);
  return static_cast<std::uint32_t>(plan_.accesses.size() - 1);
}

/// An operand whose dim k is walked along dim `reader_dims[k]` of its reader, or stands still if
/// that is -1.
PlanOperand Lowering::walked(ValueRef value, Role role, std::span<const std::int64_t> reader_dims,
                             bool is_table) {
  const std::uint32_t index = find_tensor(value, false);
  GT_INVARIANT(index != kNoIndex, "a kernel's request lacks a tensor of its group");
  SpaceStrides strides(loop_.space.extents.size());
  const std::size_t walked_dims = role == Role::element ? strides.size()
                                  : role == Role::row   ? leading()
                                                        : 0;
  const Extents own = extents_of(graph_, value);
  for (std::size_t k = 0; k < reader_dims.size(); ++k) {
    const auto d = static_cast<std::size_t>(reader_dims[k]);
    if (reader_dims[k] < 0 || d >= walked_dims || own[k] == graph::Extent{}) continue;
    strides[d] = {request_.tensors[index].strides[k],
                  first_stride_[index] + static_cast<std::uint32_t>(k)};
  }
  const std::uint32_t local = tensor(index, graph_.meta(value).dtype, false);
  plan_.accesses.push_back(
      {local, role, PlanAccess::Inner::repeated, {}, {}, {}, is_table, 0, false});
  space_strides_.push_back(std::move(strides));
  return {PlanOperand::Kind::access, static_cast<std::uint32_t>(plan_.accesses.size() - 1)};
}

std::optional<PlanIndexing> Lowering::indexing_of(const Node& node) {
  const auto operands = graph_.operands(node);
  const auto size_along = [&](ValueRef value, std::size_t dim) {
    const Extents extents = extents_of(graph_, value);
    return size(std::span(extents.begin() + dim, 1), false);
  };
  PlanIndexing made;
  if (graph::replaces_one_of_row(graph_, node)) {
    made.replaces = true;
    made.index = 1;
    made.size = size_along(operands[0].value, graph_.meta(operands[0].value).shape.size() - 1);
    return made;
  }
  const std::optional<graph::Lookup> lookup = graph::lookup_of(graph_, node);
  if (!lookup) return std::nullopt;
  const ValueRef table = operands[lookup->table].value;
  made.index = lookup->index;
  made.table = lookup->table;
  made.counts_from_end = lookup->counts_from_end;
  made.size = size_along(table, lookup->dim);
  const std::uint32_t tensor = find_tensor(table, false);
  const std::int64_t recorded = request_.tensors[tensor].strides[lookup->dim];
  if (recorded == 0 || recorded == 1) {
    made.stride.kind = recorded == 0 ? PlanStride::Kind::zero : PlanStride::Kind::one;
  } else {
    made.stride = {PlanStride::Kind::parameter, plan_.stride_parameters++};
    const auto stride = first_stride_[tensor] + static_cast<std::uint32_t>(lookup->dim);
    parameters_.strides.push_back({{{stride, kNoIndex}}});
  }
  return made;
}

std::uint32_t Lowering::word(DType category, const graph::Word& from) {
  PlanWord made{category, from.is_constant(), from.is_constant() ? from.bits : 0, 0};
  if (!made.is_constant) {
    graph::Word source = from;
    source.bits = 0;  // that of the recorded run
    auto known = std::find(parameters_.words.begin(), parameters_.words.end(), source);
    made.parameter = static_cast<std::uint32_t>(known - parameters_.words.begin());
    if (known == parameters_.words.end()) parameters_.words.push_back(source);
  }
  plan_.words.push_back(made);
  return static_cast<std::uint32_t>(plan_.words.size() - 1);
}

PlanOperand Lowering::operand(const Operand& from, const PlanNode& reader, const Extents& extents) {
  if (from.is_scalar()) return {PlanOperand::Kind::word, word(from.category, from.word)};
  if (!from.is_tensor()) return {};
  const auto inside = std::lower_bound(loop_.nodes.begin(), loop_.nodes.end(), from.value.node);
  if (inside != loop_.nodes.end() && *inside == from.value.node)
    return {PlanOperand::Kind::node, static_cast<std::uint32_t>(inside - loop_.nodes.begin())};
  const Role role = reader.role == Role::fold ? Role::element : reader.role;
  return {PlanOperand::Kind::access, access(from.value, role, extents, false)};
}

/// The numbers among the attributes; of a fold there are none that matter.
void Lowering::add_words(const Node& node, PlanNode& made) {
  const OpRow& row = node.row();
  const auto words = graph_.words(node);
  for_each_attribute_word(row, words, [&](std::size_t i, const graph::AttributeWord& place) {
    const AttributeSpec& spec = row.attributes.specs[place.attribute];
    const bool is_number = made.draws() ? spec.attribute_class == AttributeClass::value ||
                                              spec.attribute_class == AttributeClass::key
                                        : row.op_class == OpClass::pointwise;
    if (made.is_fill() ? spec.type != AttributeType::scalar : !is_number) return;
    const bool is_scalar = spec.type == AttributeType::scalar;
    if (is_scalar && place.position == 0) return;
    PlanAttribute attribute;
    const DType category = is_scalar ? static_cast<DType>(words[i - 1].bits)
                           : spec.type == AttributeType::real ? DType::kFloat64
                                                              : DType::kInt64;
    if (spec.attribute_class == AttributeClass::statics) {
      attribute.is_static = true;
      attribute.constant = static_cast<std::int64_t>(words[i].bits);
    } else {
      attribute.word = word(category, words[i]);
    }
    made.attributes.push_back(attribute);
  });
}

void Lowering::add_node(NodeIndex index) {
  const Node& node = graph_.node(index);
  PlanNode made;
  made.role = *role_of(graph_, loop_.space, index);
  made.dtype = graph_.meta({index, 0}).dtype;
  made.op = native::arithmetic_of(node.op, made.dtype);
  const bool is_pointwise = node.row().op_class == OpClass::pointwise;
  made.operand_dtype = is_pointwise             ? operand_dtype(graph_, node)
                       : node.op == Op::randint ? DType::kInt64
                                                : made.dtype;
  made.type = native::compute_type_of(made.operand_dtype);
  const bool is_fold = made.role == Role::fold;
  const Extents extents = is_fold ? loop_.space.extents : extents_of(graph_, {index, 0});
  const std::optional<graph::Lookup> lookup = graph::lookup_of(graph_, node);
  const auto operands = graph_.operands(node);
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const bool is_table = lookup && k == lookup->table;
    made.operands.push_back(graph::reads_elsewhere(graph_, node, k)
                                ? walked(operands[k].value, made.role,
                                         is_table ? lookup->table_dims : lookup->index_dims,
                                         is_table)
                                : operand(operands[k], made, extents));
  }
  made.indexing = indexing_of(node);
  add_words(node, made);
  if (find_tensor({index, 0}, true) != kNoIndex)
    made.output = access({index, 0}, made.role, extents_of(graph_, {index, 0}), true);
  plan_.nodes.push_back(std::move(made));
}

void Lowering::find_passes() {
  for (PlanNode& node : plan_.nodes) {
    int pass = node.role == Role::row || node.role == Role::uniform ? -1 : 0;
    for (const PlanOperand& operand : node.operands) {
      if (operand.kind != PlanOperand::Kind::node) continue;
      const PlanNode& maker = plan_.nodes[operand.index];
      const bool waits =
          node.role == Role::element && (maker.role == Role::row || maker.role == Role::fold);
      pass = std::max(pass, maker.pass + (waits ? 1 : 0));
    }
    node.pass = pass;
  }
}

PlanSize Lowering::size(const Dimension& dimension, bool as_parameter) {
  return size(std::span<const graph::Extent>(dimension.extents), as_parameter);
}

PlanSize Lowering::size(std::span<const graph::Extent> extents, bool as_parameter) {
  SizeProduct product;
  for (const graph::Extent& extent : extents) {
    if (extent.symbolic == kNoIndex)
      product.constant *= extent.size;
    else
      product.sizes.push_back(extent.symbolic);
  }
  if (product.sizes.empty() && !as_parameter) return {product.constant, 0};
  parameters_.sizes.push_back(std::move(product));
  return {0, plan_.size_parameters++};
}

PlanStride Lowering::stride(const Dimension& dimension, std::size_t access) {
  const auto& strides = dimension.strides[access];
  if (strides.front().recorded == 0) return {PlanStride::Kind::zero, 0};
  if (strides.front().recorded == 1) return {PlanStride::Kind::one, 0};
  if (strides.front().recorded == 2 && plan_.spreads_runs) return {PlanStride::Kind::two, 0};
  StrideChoice choice;
  for (std::size_t k = 0; k < strides.size(); ++k) {
    choice.candidates.push_back({strides[k].index, dimension.extents[k].symbolic});
    if (dimension.extents[k].symbolic == kNoIndex) break;
  }
  parameters_.strides.push_back(std::move(choice));
  return {PlanStride::Kind::parameter, plan_.stride_parameters++};
}

void Lowering::finish_access(std::size_t access, std::span<const Dimension> planes,
                             std::span<const Dimension> outer, std::span<const Dimension> inner) {
  PlanAccess& made = plan_.accesses[access];
  for (const Dimension& dimension : planes) made.planes.push_back(stride(dimension, access));
  for (const Dimension& dimension : outer) made.outer.push_back(stride(dimension, access));
  bool is_one_run = true;
  for (std::size_t d = 1; d < inner.size(); ++d)
    is_one_run = is_one_run && continues(inner[d - 1], inner[d], access);
  if (inner.empty()) {
    made.form = made.role == Role::element ? PlanAccess::Inner::dense : PlanAccess::Inner::repeated;
  } else if (is_one_run) {
    const PlanStride step = stride(inner.back(), access);
    made.form = step.kind == PlanStride::Kind::zero  ? PlanAccess::Inner::repeated
                : step.kind == PlanStride::Kind::one ? PlanAccess::Inner::dense
                                                     : PlanAccess::Inner::strided;
    if (made.form == PlanAccess::Inner::strided) made.inner.push_back(step);
  } else {
    made.form = PlanAccess::Inner::indexed;
    for (const Dimension& dimension : inner) made.inner.push_back(stride(dimension, access));
    made.period = period_of(inner, access);
  }
  made.is_one_run = made.form == PlanAccess::Inner::dense && !inner.empty();
  for (std::size_t d = 0; d < outer.size() && made.is_one_run; ++d)
    made.is_one_run =
        continues(outer[d], d + 1 < outer.size() ? outer[d + 1] : inner.front(), access);
}

std::int64_t row_count(std::span<const Dimension> dimensions) {
  std::int64_t count = 1;
  for (const Dimension& dimension : dimensions) count *= dimension.recorded_size();
  return count;
}

bool Lowering::has_fixed_strides(ValueRef value) const {
  const auto is_fixed = [&](ValueRef seen) {
    const auto& symbolic = graph_.value(seen).symbolic;
    return std::all_of(
        symbolic.begin(), symbolic.end(),
        [](const graph::SymbolicDimension& dimension) { return dimension.dimension == 0; });
  };
  for (const Node* node = &graph_.node(value.node);
       !node->is_input() && node->row().op_class == OpClass::shape;
       node = &graph_.node(value.node)) {
    if (!is_fixed(value)) return false;
    value = graph_.operands(*node).front().value;
  }
  return is_fixed(value);
}

bool Lowering::may_spread_runs() const {
  const auto goes_its_own_way = [](const PlanNode& node) {
    return node.indexing.has_value() || node.draws();
  };
  return plan_.fold != Space::Fold::columns &&
         std::none_of(plan_.nodes.begin(), plan_.nodes.end(), goes_its_own_way) &&
         std::all_of(parameters_.tensors.begin(), parameters_.tensors.end(),
                     [&](std::uint32_t t) { return has_fixed_strides(request_.tensors[t].value); });
}

void Lowering::find_dimensions() {
  const Extents& extents = loop_.space.extents;
  const std::size_t border = plan_.fold == Space::Fold::rows      ? leading()
                             : plan_.fold == Space::Fold::columns ? first_column_dim()
                                                                  : extents.size();
  // Places along the last dim are those in a run.
  const bool goes_by_place =
      std::any_of(plan_.nodes.begin(), plan_.nodes.end(),
                  [](const PlanNode& node) { return node.indexing && node.indexing->replaces; });
  const bool may_spread = may_spread_runs();
  const auto dimensions = [&](std::size_t first, std::size_t last) {
    std::vector<graph::Extent> walked;
    std::vector<std::size_t> places;
    for (std::size_t d = first; d < last; ++d)
      if (!(extents[d] == graph::Extent{})) {
        walked.push_back(extents[d]);
        places.push_back(d);
      }
    std::vector<Dimension> made = dimensions_of(walked, plan_.accesses.size());
    for (std::size_t i = 0; i < places.size(); ++i)
      for (std::size_t a = 0; a < space_strides_.size(); ++a)
        made[i].strides[a].push_back(space_strides_[a][places[i]]);
    const bool is_inner = last == extents.size();
    merge_neighbours(made, goes_by_place && is_inner,
                     is_inner && may_spread && reads_windows(made));
    return made;
  };
  const std::vector<Dimension> planes = dimensions(0, loop_.space.leading);
  std::vector<Dimension> outer = dimensions(loop_.space.leading, border);
  std::vector<Dimension> inner = dimensions(border, extents.size());
  if (plan_.fold == Space::Fold::none) {
    const std::size_t spread = may_spread && reads_windows(outer) ? window_run_count(outer) : 0;
    plan_.spreads_runs = spread != 0;
    const auto count = static_cast<std::ptrdiff_t>(spread != 0 ? spread : inner_count(outer));
    inner.assign(outer.end() - count, outer.end());
    outer.erase(outer.end() - count, outer.end());
  }
  if (plan_.fold == Space::Fold::rows && may_spread)
    plan_.spreads_runs = reads_windows(inner) && can_spread(inner);
  const bool inner_is_first = plan_.fold == Space::Fold::none && outer.empty();
  for (std::size_t d = 0; d < planes.size(); ++d) plan_.planes.push_back(size(planes[d], d == 0));
  const bool are_few_rows = plan_.fold == Space::Fold::columns && row_count(outer) <= kFewRows;
  for (std::size_t d = 0; d < outer.size(); ++d)
    plan_.outer.push_back(size(outer[d], d == 0 && !are_few_rows));
  for (std::size_t d = 0; d < inner.size(); ++d)
    plan_.inner.push_back(size(inner[d], d == 0 && inner_is_first));
  for (std::size_t a = 0; a < plan_.accesses.size(); ++a) finish_access(a, planes, outer, inner);
  plan_.word_parameters = static_cast<std::uint32_t>(parameters_.words.size());
}

void Lowering::mark_shared_memory() {
  for (std::size_t t = 0; t < parameters_.tensors.size(); ++t) {
    const int over = request_.tensors[parameters_.tensors[t]].overwrites;
    if (over < 0) continue;
    plan_.tensors[t].is_alone = false;
    for (std::size_t other = 0; other < parameters_.tensors.size(); ++other)
      if (parameters_.tensors[other] == static_cast<std::uint32_t>(over))
        plan_.tensors[other].is_alone = false;
  }
}

}  // namespace

bool LoopPlan::has_common_index(const PlanNode& node) const {
  const PlanOperand& index = node.operands[node.indexing->index];
  if (index.kind == PlanOperand::Kind::node) return nodes[index.index].role != Role::element;
  return accesses[index.index].form == PlanAccess::Inner::repeated;
}

int LoopPlan::pass_count() const {
  int count = 0;
  for (const PlanNode& node : nodes)
    if (node.role == Role::fold || (node.role == Role::element && node.output != kNoAccess))
      count = std::max(count, node.pass + 1);
  return count;
}

LoweredLoop lower(const Graph& graph, const graph::Loop& loop, const KernelRequest& request) {
  return Lowering(graph, loop, request).run();
}

std::vector<LoweredLoop> lower_all(const Graph& graph, const KernelRequest& request,
                                   bool one_result) {
  std::vector<LoweredLoop> loops;
  for (const graph::Loop& loop : request.group->loops) {
    loops.push_back(lower(graph, loop, request));
    loops.back().plan.one_result = one_result;
  }
  return loops;
}

DType operand_dtype(const Graph& graph, const Node& node) {
  const auto operands = graph.operands(node);
  const auto index = static_cast<NodeIndex>(&node - graph.nodes().data());
  return native::operand_dtype(
      node.op, graph.meta({index, 0}).dtype, has_boolean_result(node.op),
      [&] { return graph.meta(operands[0].value).dtype; },
      [&] {
        std::vector<OperandMeta> metas;
        for (const Operand& operand : operands) metas.push_back(graph.operand_meta(operand));
        return promoted_dtype(metas);
      });
}

}  // namespace gt::worker::jit
