#include "client/src/tensor/tensor_impl.h"

#include <gt/error.h>

#include "client/src/tensor/block_pool.h"
#include "client/src/tensor/convert.h"

namespace gt::detail {

Alias::~Alias() {
  // A long chain of views is let go in a loop, not by recursion.
  std::shared_ptr<Alias> next = std::move(parent);
  while (next != nullptr && next.use_count() == 1) next = std::move(next->parent);
}

void Cell::set_value(ValueRef& next) noexcept {
  current.store(next.get(), std::memory_order_release);
  std::swap(value, next);
}

const ValueRef& Cell::current_value() {
  if (is_settled()) return value;
  const std::uint64_t now = sink.recovery_epoch();
  ValueRef recovered = client::recover(value, first_id);
  set_value(recovered);
  if (lane_of(value->id) != lane_of(first_id)) first_id = value->id;
  epoch = now;
  return value;
}

ValueRef Cell::replace_value(ValueRef written, bool continues) {
  set_value(written);
  if (version == 0) epoch = sink.recovery_epoch();
  if (!continues || lane_of(value->id) != lane_of(first_id)) first_id = value->id;
  ++version;
  return written;
}

std::shared_ptr<Alias> make_cell(ValueRef value) {
  return make_pooled<WholeAlias>(std::move(value));
}

namespace {

bool is_fresh(const Alias& alias) {
  return alias.cached != nullptr && alias.cached_version == alias.cell->version &&
         alias.cached_epoch == alias.cell->epoch;
}

ValueRef apply_step(const Alias& alias, const ValueRef& parent) {
  const ViewStep& step = *alias.step;
  if (step.op == Op::reshape && alias.sizes == parent->meta.shape) return parent;
  return client::emit_one(step.op, {parent}, step.attributes);
}

}  // namespace

ValueRef read(Alias& alias) {
  Cell& cell = *alias.cell;
  const std::lock_guard lock(cell.mutex);
  const ValueRef& whole = cell.current_value();
  std::vector<Alias*> stale;
  Alias* level = &alias;
  for (; !level->is_whole() && !is_fresh(*level); level = level->parent.get())
    stale.push_back(level);
  ValueRef value = level->is_whole() ? whole : level->cached;
  for (std::size_t i = stale.size(); i-- > 0;) {
    value = apply_step(*stale[i], value);
    stale[i]->cached = value;
    stale[i]->cached_version = cell.version;
    stale[i]->cached_epoch = cell.epoch;
  }
  return value;
}

client::EmitOperand operand_of(Alias& alias, ValueRef& kept) {
  const Cell& cell = *alias.cell;
  if (alias.is_whole() && cell.is_settled())
    return {cell.current, cell.dtype, alias.sizes, cell.sink};
  kept = read(alias);
  return kept;
}

std::uint32_t version_of(const Alias& alias) { return alias.cell->version; }

TensorImpl& impl_of(const Tensor& tensor) {
  if (!tensor.defined())
    throw Error("Expected a proper Tensor but got None (or an undefined Tensor in C++)");
  return *tensor.impl();
}

Alias& alias_of(const Tensor& tensor) { return *impl_of(tensor).alias(); }

Shape to_shape(IntArrayRef sizes, const char* op) {
  if (sizes.size() > kMaxDimensions)
    throw Error("[" + std::string(op) + "] tensors have at most " + std::to_string(kMaxDimensions) +
                " dimensions, got " + gt::to_string(sizes));
  return Shape(std::span<const std::int64_t>(sizes.data(), sizes.size()));
}

}  // namespace gt::detail
