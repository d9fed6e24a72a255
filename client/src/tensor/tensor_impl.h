// What a handle points at: cells, aliases, and the state of autograd.
//
// A cell holds the current value of one storage and counts its writes. An alias is the cell seen
// through view steps: a chain from the whole cell (no parent) down to this alias, one step each.
// Instructions are pure, so a write makes a new value of the cell, and an alias that was
// materialised before the write is stale: it is made again from its parent when it is read.
#pragma once

#include <gt/autograd.h>
#include <gt/tensor.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "client/src/session/sink.h"
#include "common/ops/attributes.h"
#include "common/tensor/meta.h"
#include "common/tensor/shape.h"

namespace gt::detail {

using client::ValueRef;

/// Host copy of a whole cell, row-major; its address stays the same for the life of the cell.
struct HostMirror {
  client::HostBytes bytes;
  std::uint32_t version = 0;
};

/// One storage: its current value and the number of writes to it.
struct Cell {
  explicit Cell(ValueRef first_value)
      : dtype(first_value->meta.dtype),
        sink(first_value->sink()),
        value(std::move(first_value)),
        current(value.get()),
        first_id(value->id) {}

  const DType dtype;
  client::Sink& sink;  ///< of all its values

  std::mutex mutex;  ///< guards the members below, and the cached values of all aliases
  ValueRef value;
  client::CurrentValue current;  ///< `value`, which is given up only after `current` has changed
  std::atomic<std::uint32_t> version{0};
  std::unique_ptr<HostMirror> mirror;

  // What a failed step is undone with (`client::recover`).
  ValueId first_id;  ///< since this value each one was made of the one before, on one lane
  std::atomic<std::uint64_t> epoch{0};  ///< recovery epoch for which `value` was looked after

  /// Whether the value can be used as it is: it was never written, or needs no recovery.
  [[nodiscard]] bool is_settled() const noexcept {
    return version.load(std::memory_order_relaxed) == 0 ||
           epoch.load(std::memory_order_relaxed) == sink.recovery_epoch();
  }
  /// The current value. After an error was thrown, a value that in-place writes made is recovered
  /// first. To be called with the lock held.
  [[nodiscard]] const ValueRef& current_value();
  /// Puts a written value in the place of the current one, which is given back; the version rises.
  /// `continues`: it was made of the current one. To be called with the lock held.
  [[nodiscard]] ValueRef replace_value(ValueRef written, bool continues);

 private:
  void set_value(ValueRef& next) noexcept;
};

/// One view step: a row of class shape and its attributes, applied to the parent's elements.
struct ViewStep {
  Op op{};
  Attributes attributes;
  const char* node_name = "";  ///< LibTorch's name of its gradient node
};

/// A cell seen through the steps of its ancestors and its own. Immutable but for the cache.
struct Alias {
  Alias() = default;
  Alias(const Alias&) = delete;
  Alias& operator=(const Alias&) = delete;
  ~Alias();

  Cell* cell = nullptr;            ///< lives in the alias of the whole, which every chain ends in
  std::shared_ptr<Alias> parent;   ///< null for the whole cell
  std::unique_ptr<ViewStep> step;  ///< null for the whole cell
  Shape sizes;
  Strides strides;  ///< as LibTorch would have them, in elements of the cell
  std::int64_t offset = 0;

  ValueRef cached;
  std::uint32_t cached_version = 0;
  std::uint64_t cached_epoch = 0;

  [[nodiscard]] bool is_whole() const noexcept { return parent == nullptr; }
  [[nodiscard]] TensorMeta meta() const { return {cell->dtype, sizes, {}}; }
};

/// The alias of the whole of a cell, and the cell.
struct WholeAlias final : Alias {
  explicit WholeAlias(ValueRef first_value) : storage(std::move(first_value)) {
    cell = &storage;
    sizes = storage.value->meta.shape;
    strides = contiguous_strides(sizes);
  }
  Cell storage;
};

/// An alias of the whole of a new cell that holds `value`.
[[nodiscard]] std::shared_ptr<Alias> make_cell(ValueRef value);
/// The current value of an alias; re-emits the steps that are stale.
[[nodiscard]] ValueRef read(Alias& alias);
/// The same as an operand: without a reference where the sink can look at the cell, else `kept`
/// holds it.
[[nodiscard]] client::EmitOperand operand_of(Alias& alias, ValueRef& kept);
[[nodiscard]] std::uint32_t version_of(const Alias& alias);

struct TensorImpl;

/// A read by tensor indices that has not been made yet, or that an assignment may turn into a
/// write: `x.index({mask}) = v`.
class IndexedRead {
 public:
  virtual ~IndexedRead() = default;
  /// Makes the values, once.
  virtual void evaluate(TensorImpl& impl) = 0;
  /// Writes into the tensor that was indexed. False if that tensor is gone.
  [[nodiscard]] virtual bool assign(const Tensor& values) = 0;
  [[nodiscard]] virtual bool assign(const Scalar& value) = 0;
};

/// The tensor behind a handle.
struct TensorImpl {
  TensorImpl(std::shared_ptr<Alias> the_alias, Device the_device)
      : device(the_device), alias_(std::move(the_alias)) {}
  TensorImpl(const TensorImpl&) = delete;
  TensorImpl& operator=(const TensorImpl&) = delete;

  /// Where its elements are. Evaluates a postponed read.
  [[nodiscard]] const std::shared_ptr<Alias>& alias() {
    if (alias_ == nullptr) indexed_read->evaluate(*this);
    return alias_;
  }
  void set_alias(std::shared_ptr<Alias> alias) noexcept { alias_ = std::move(alias); }
  [[nodiscard]] bool is_postponed() const noexcept { return alias_ == nullptr; }

  Device device;
  std::unique_ptr<IndexedRead> indexed_read;  ///< only of results of `index` by tensors

  // Autograd. A tensor that was not made as a differentiable view is its own base.
  bool requires_grad = false;  ///< of a leaf
  bool retains_grad = false;
  Tensor grad;
  autograd::Edge history;                     ///< the node that made it; invalid for leaves
  std::weak_ptr<autograd::Node> accumulator;  ///< of a leaf that requires grad
  std::shared_ptr<TensorImpl> base;           ///< of a view: the tensor whose history counts
  std::shared_ptr<Alias> base_alias;          ///< of a view: the alias of `base` it was taken from
  std::uint32_t history_version = 0;          ///< of a view: version of the cell `history` is for
  bool made_without_grad = false;             ///< of a view: taken while recording was off

 private:
  std::shared_ptr<Alias> alias_;
};

/// The impl of a defined tensor; throws gt::Error for an undefined one.
[[nodiscard]] TensorImpl& impl_of(const Tensor& tensor);
[[nodiscard]] Alias& alias_of(const Tensor& tensor);

}  // namespace gt::detail
