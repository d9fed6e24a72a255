#include "client/src/tensor/write.h"

#include <gt/error.h>

#include <algorithm>

namespace gt::detail {
namespace {

/// Whether two indices of the alias can be one element. Exact for what views make: strides sorted,
/// each must step over all that the smaller ones reach.
bool overlaps_itself(const Alias& alias) {
  if (is_contiguous(alias.sizes, alias.strides)) return false;
  std::vector<std::pair<std::int64_t, std::int64_t>> dims;
  for (std::size_t i = 0; i < alias.sizes.size(); ++i) {
    if (alias.sizes[i] == 0) return false;
    if (alias.sizes[i] > 1) dims.emplace_back(alias.strides[i], alias.sizes[i]);
  }
  std::sort(dims.begin(), dims.end());
  std::int64_t reach = 0;
  for (const auto& [stride, size] : dims) {
    if (stride <= reach) return true;
    reach += stride * (size - 1);
  }
  return false;
}

bool duplicates_elements(const Alias& alias) {
  return alias.step->op == Op::expand || alias.step->op == Op::unfold;
}

Shape inverse_permutation(const Alias& alias) {
  const auto dims = alias.step->attributes.integers(row_of(Op::permute), 0);
  Shape inverse(dims.size(), 0);
  for (std::size_t i = 0; i < dims.size(); ++i)
    inverse[static_cast<std::size_t>(dims[i])] = static_cast<std::int64_t>(i);
  return inverse;
}

void forget_value(Alias& alias) {
  ValueRef old;  // let go after the lock
  const std::lock_guard lock(alias.cell->mutex);
  std::swap(old, alias.cached);
}

/// One write: walks from the written alias to the whole cell.
class BackwardWalk {
 public:
  /// `continues`: operand k of what made `values`, as result k, leads back to the old value of
  /// `from`.
  BackwardWalk(Alias& from, TracedValue values, bool continues)
      : level_(&from), current_(std::move(values)), continues_(continues) {
    made_.emplace_back(level_, current_.value);
  }

  [[nodiscard]] TracedValue& current() noexcept { return current_; }

  /// Walks up to `target`. `old_edges` holds the edge of the old value of each parent on the way,
  /// nearest first; it is empty if nothing is recorded.
  void climb_to(Alias& target, const std::vector<Edge>& old_edges) {
    bool by_position = false;
    for (const Alias* level = level_; level != &target; level = level->parent.get())
      by_position = by_position || duplicates_elements(*level);
    if (by_position) {
      put_by_position(target, old_edges.empty() ? Edge() : old_edges.back());
      return;
    }
    for (std::size_t i = 0; level_ != &target; ++i) {
      // The old value shares the buffer of the whole, which is written in place once it is gone.
      forget_value(*level_);
      Alias& parent = *level_->parent;
      current_ = undo_step(parent, old_edges.empty() ? Edge() : old_edges[i]);
      level_ = &parent;
      made_.emplace_back(level_, current_.value);
    }
  }

  /// Puts the new value into the cell; what was made on the way is already the new value of those
  /// aliases.
  void commit() {
    Cell& cell = *level_->cell;
    ValueRef old;  // let go after the lock
    const std::lock_guard lock(cell.mutex);
    old = cell.replace_value(current_.value, continues_);
    for (auto& [alias, value] : made_) {
      if (alias->is_whole()) continue;
      alias->cached = std::move(value);
      alias->cached_version = cell.version;
      alias->cached_epoch = cell.epoch;
    }
  }

 private:
  /// The parent's new value, from that of the level below.
  TracedValue undo_step(Alias& parent, const Edge& old_edge) {
    const ViewStep& step = *level_->step;
    if (element_count(level_->sizes) == element_count(parent.sizes)) return undo_whole(parent);
    const TracedValue old{read(parent), old_edge};
    continues_ = true;
    if (step.op == Op::slice)
      return traced_call(Op::slice_scatter, {old, current_}, step.attributes);
    if (step.op == Op::select)
      return traced_call(Op::select_scatter, {old, current_}, step.attributes);
    GT_INVARIANT(step.op == Op::diagonal, "a view step that cannot be undone");
    return traced_call(Op::diagonal_scatter, {old, current_}, step.attributes);
  }

  /// Undoes a step that kept all elements.
  TracedValue undo_whole(const Alias& parent) {
    if (level_->step->op == Op::permute)
      return traced_call(Op::permute, {current_},
                         make_attributes(Op::permute, inverse_permutation(*level_)));
    if (level_->sizes == parent.sizes) return current_;
    return traced_call(Op::reshape, {current_}, make_attributes(Op::reshape, parent.sizes));
  }

  /// For steps that show an element several times: the written alias shows each once, so its
  /// elements are put at the positions that they come from.
  void put_by_position(Alias& target, const Edge& old_edge) {
    const std::int64_t count = element_count(target.sizes);
    const Shape flat{count};
    ValueRef positions = client::emit_one(
        Op::arange, {},
        make_attributes(Op::arange, ScalarValue(0), ScalarValue(1), count, DType::kInt64));
    positions =
        client::emit_one(Op::reshape, {positions}, make_attributes(Op::reshape, target.sizes));
    std::vector<const Alias*> path;
    for (const Alias* level = level_; level != &target; level = level->parent.get())
      path.push_back(level);
    for (std::size_t i = path.size(); i-- > 0;)
      positions = client::emit_one(path[i]->step->op, {positions}, path[i]->step->attributes);
    const Shape written{element_count(level_->sizes)};
    positions = client::emit_one(Op::reshape, {positions}, make_attributes(Op::reshape, written));

    const TracedValue old{read(target), old_edge};
    continues_ = true;
    const TracedValue old_flat =
        traced_call(Op::reshape, {old}, make_attributes(Op::reshape, flat));
    const TracedValue values =
        traced_call(Op::reshape, {current_}, make_attributes(Op::reshape, written));
    const TracedValue put = traced_call(Op::scatter, {old_flat, TracedValue{positions, {}}, values},
                                        make_attributes(Op::scatter, 0));
    current_ = traced_call(Op::reshape, {put}, make_attributes(Op::reshape, target.sizes));
    level_ = &target;
    made_.emplace_back(level_, current_.value);
  }

  Alias* level_;
  TracedValue current_;
  bool continues_;
  std::vector<std::pair<Alias*, ValueRef>> made_;
};

Alias& whole_of(Alias& alias) {
  Alias* level = &alias;
  while (!level->is_whole()) level = level->parent.get();
  return *level;
}

/// Edges of the old values of the parents between `alias` and `base_alias`, nearest first.
std::vector<Edge> old_edges(const Alias& alias, Alias& base_alias, const Edge& base_edge) {
  std::vector<Alias*> parents;
  for (const Alias* level = &alias; level != &base_alias; level = level->parent.get())
    parents.push_back(level->parent.get());
  std::vector<Edge> edges(parents.size());
  Edge edge = base_edge;
  for (std::size_t i = parents.size(); i-- > 0;) {
    const Alias& level = *parents[i];
    if (&level != &base_alias)
      edge = record_view(*level.step, level.parent->meta(), level.meta(), edge);
    edges[i] = edge;
  }
  return edges;
}

}  // namespace

void check_no_overlap(const Alias& alias, const char* name) {
  if (overlaps_itself(alias))
    throw Error("[" + std::string(name) +
                "] unsupported operation: more than one element of the written-to tensor refers to "
                "a single memory location. Please clone() the tensor before performing the "
                "operation.");
}

void write(const std::shared_ptr<TensorImpl>& self, TracedValue values, bool recording,
           bool values_are_new, const char* name) {
  const std::shared_ptr<Alias> alias = self->alias();
  const bool record = recording && is_floating(alias->cell->dtype) &&
                      (values.edge.is_valid() || wants_gradient(*self));
  if (!record && alias->is_whole()) {
    Cell& cell = *alias->cell;
    ValueRef old;  // let go after the lock
    const std::lock_guard lock(cell.mutex);
    old = cell.replace_value(std::move(values.value), !values_are_new);
    return;
  }
  if (!record) {
    BackwardWalk walk(*alias, {std::move(values.value), {}}, !values_are_new);
    walk.climb_to(whole_of(*alias), {});
    walk.commit();
    return;
  }
  const std::shared_ptr<TensorImpl> base = self->base != nullptr ? self->base : self;
  const std::shared_ptr<Alias> base_alias = self->base != nullptr ? self->base_alias : alias;
  if (base->alias() != base_alias)
    throw Error("[" + std::string(name) +
                "] a view cannot be written under autograd after t_(), squeeze_(), unsqueeze_() or "
                "set_data() changed the tensor it was taken from; take the view again");
  const Edge base_edge = gradient_edge(base);
  BackwardWalk walk(*alias, std::move(values), !values_are_new);
  walk.climb_to(*base_alias, old_edges(*alias, *base_alias, base_edge));
  Edge new_edge = std::exchange(walk.current().edge, {});
  // Where nothing of the old values is left, their history receives zeros.
  const bool nothing_left =
      values_are_new && element_count(alias->sizes) == element_count(base_alias->sizes);
  if (base_edge.is_valid() && (nothing_left || !new_edge.is_valid()))
    new_edge = record_copy(name, base_alias->meta(), new_edge, base_alias->meta(), base_edge);
  walk.climb_to(whole_of(*alias), {});
  walk.commit();
  set_history(base, std::move(new_edge));
}

}  // namespace gt::detail
