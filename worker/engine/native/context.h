// What the parts of the native engine share: allocator, kernels, the library, and the conversion
// between values and contiguous runs of a compute type.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "worker/engine/engine.h"
#include "worker/engine/library.h"
#include "worker/engine/native/compute_type.h"
#include "worker/engine/view.h"

namespace gt::worker::native {

/// Contiguous elements of a compute type: those of a value where they are so already, else a copy.
struct Elements {
  const void* data = nullptr;
  BufferRef owner;  ///< holds the copy; null if the value's own memory is used
  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    return static_cast<const T*>(data);
  }
};

/// Where results are computed: the result's own memory if its dtype is that of the compute type,
/// else a scratch run that `Context::finish` rounds into it.
struct Destination {
  Value value;
  void* data = nullptr;
  BufferRef scratch;
  ComputeType type = ComputeType::kFloat;
  template <class T>
  [[nodiscard]] T* as() const noexcept {
    return static_cast<T*>(data);
  }
};

class Context {
 public:
  Context(Allocator& allocator, const KernelTable& kernels, std::function<Library&()> library)
      : allocator_(allocator), kernels_(kernels), library_(std::move(library)) {}

  [[nodiscard]] Allocator& allocator() noexcept { return allocator_; }
  [[nodiscard]] const KernelTable& kernels() const noexcept { return kernels_; }
  /// Loads the library's plugin if need be.
  [[nodiscard]] Library& library() { return library_(); }

  /// A contiguous value of that dtype and shape with undefined elements.
  [[nodiscard]] Value make_value(DType dtype, std::span<const std::int64_t> shape);
  [[nodiscard]] Value make_value(const TensorMeta& meta) {
    return make_value(meta.dtype, meta.shape);
  }
  /// A contiguous value with the elements of `value`, converted to `dtype`.
  [[nodiscard]] Value copy(const Value& value, DType dtype);
  [[nodiscard]] Value copy(const Value& value) { return copy(value, value.dtype); }
  /// `value` itself if contiguous, else a copy.
  [[nodiscard]] Value contiguous(const Value& value) {
    return value.is_contiguous() ? value : copy(value);
  }

  /// Uninitialised scratch memory for `count` elements.
  [[nodiscard]] BufferRef scratch(std::int64_t count, ComputeType type);
  [[nodiscard]] Elements elements(const Value& value, ComputeType type);
  [[nodiscard]] Destination destination(const TensorMeta& meta, ComputeType type);
  /// The same, in the memory of `operand` if it may be overwritten and fits. Every element is to be
  /// read, if at all, before it is written.
  [[nodiscard]] Destination destination(const TensorMeta& meta, ComputeType type,
                                        const EngineOperand& operand);
  /// The same, holding the elements of `operand` already: what accumulating rows add to. Costs no
  /// copy if `operand` may be overwritten and is of the compute type.
  [[nodiscard]] Destination accumulator(const TensorMeta& meta, ComputeType type,
                                        const EngineOperand& operand);
  /// Rounds the computed elements into the value's dtype.
  [[nodiscard]] Value finish(Destination destination);

  /// Runs another row of the table within this one (composites made of others).
  [[nodiscard]] Results call(Op op, std::span<const EngineOperand> operands,
                             const Attributes& attributes);
  [[nodiscard]] Value call_one(Op op, std::initializer_list<EngineOperand> operands,
                               const Attributes& attributes);

 private:
  Allocator& allocator_;
  const KernelTable& kernels_;
  std::function<Library&()> library_;
};

/// Operands of inner calls.
[[nodiscard]] inline EngineOperand operand_of(const Value& value) {
  EngineOperand operand;
  operand.value = &value;
  return operand;
}
[[nodiscard]] inline EngineOperand operand_of(ScalarValue scalar) {
  EngineOperand operand;
  operand.scalar = scalar;
  operand.is_scalar = true;
  return operand;
}

/// Whether a result of that dtype and shape can take the memory of the operand: it is reusable,
/// dense and of the same form.
[[nodiscard]] bool fits_in_place(const EngineOperand& operand, const TensorMeta& meta);

/// The view of `value` that a shape row, or a scatter with its attributes, names; a reshape copies
/// where there is none.
[[nodiscard]] Value view_of_row(Context& context, const EngineCall& call, const Value& value);

/// Runs `function.template operator()<T>()` with float, double or int64.
template <class Function>
decltype(auto) dispatch(ComputeType type, Function&& function) {
  switch (type) {
    case ComputeType::kFloat:
      return function.template operator()<float>();
    case ComputeType::kDouble:
      return function.template operator()<double>();
    case ComputeType::kInteger:
      return function.template operator()<std::int64_t>();
  }
  abort_broken_invariant("compute type", __FILE__, __LINE__, "unknown");
}

// One function for each class of the table.
[[nodiscard]] Results execute_pointwise(Context& context, const EngineCall& call);
[[nodiscard]] Results execute_reduction(Context& context, const EngineCall& call);
[[nodiscard]] Results execute_shape(Context& context, const EngineCall& call);
[[nodiscard]] Results execute_indexing(Context& context, const EngineCall& call);
[[nodiscard]] Results execute_composite(Context& context, const EngineCall& call);
[[nodiscard]] Results execute_creation(Context& context, const EngineCall& call);
[[nodiscard]] Results execute_random(Context& context, const EngineCall& call);
/// Any row but those of class communication.
[[nodiscard]] Results execute(Context& context, const EngineCall& call);
/// Null where there is nothing to prepare.
[[nodiscard]] std::unique_ptr<PreparedCall> prepare_pointwise(Context& context,
                                                              const EngineCall& call);
[[nodiscard]] std::unique_ptr<PreparedCall> prepare_view(Context& context, const EngineCall& call);

}  // namespace gt::worker::native
