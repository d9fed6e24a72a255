// What a worker asks of an engine: compute one row of the op table. Speaks GT's types only.
//
// To add a backend, implement Engine (docs/add-a-backend.md); the conformance suite runs over it.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/ops/attributes.h"
#include "common/ops/op.h"
#include "common/tensor/scalar.h"
#include "common/transport/shared_block.h"
#include "worker/engine/value.h"
#include "worker/engine/work_graph.h"

namespace gt::worker {

/// One operand of an instruction. `value` is null for scalars and absent operands.
struct EngineOperand {
  const Value* value = nullptr;
  ScalarValue scalar;
  bool is_scalar = false;
  /// The operand is not used after this instruction and its buffer holds no other value: the
  /// engine may write a result into it, if shape, dtype and layout fit.
  bool reusable = false;

  [[nodiscard]] bool is_none() const noexcept { return value == nullptr && !is_scalar; }
};

/// One instruction as an engine sees it. Spans live during the call.
struct EngineCall {
  const OpRow& row;
  std::span<const EngineOperand> operands;
  const Attributes& attributes;
  std::span<const TensorMeta> result_metas;  ///< inferred dtype and shape of every result
};

/// A call that has been seen before, with everything decided but addresses and numbers. Its
/// operands have the dtypes, shapes, strides and forms of the call that it was made for.
class PreparedCall {
 public:
  virtual ~PreparedCall() = default;
  /// The one result. Errors as Engine::execute.
  [[nodiscard]] virtual Value run(std::span<const EngineOperand> operands) = 0;
  /// The same with the result in dense memory of the caller's, which no operand lies in. Returns
  /// false, having done nothing, where the call finds memory for its result by itself.
  [[nodiscard]] virtual bool run_into(std::span<const EngineOperand> operands,
                                      const Value& result) {
    static_cast<void>(operands);
    static_cast<void>(result);
    return false;
  }
  /// Other attributes, of which only those of classes value, position and key differ.
  virtual void bind(const Attributes& attributes) = 0;
};

/// Computes rows of the op table. One engine serves one worker; calls come from one thread.
///
/// Errors: throws CommonError (kValue or kIndex for values the op does not admit, with LibTorch's
/// wording), OutOfMemory, or std::exception for an internal failure; then no result was made and
/// no operand was changed.
class Engine {
 public:
  virtual ~Engine() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  /// `cpu` or `cuda:N`.
  [[nodiscard]] virtual std::string_view device() const noexcept = 0;
  [[nodiscard]] virtual Allocator& allocator() noexcept = 0;
  /// Whether compiled kernels may work on its memory, in place of rows.
  [[nodiscard]] virtual bool takes_kernels() const noexcept { return false; }
  /// Whether kernels give the bits of its rows; else they agree within rounding.
  [[nodiscard]] virtual bool rows_have_kernel_bits() const noexcept { return true; }
  /// Of a GPU: where its work is queued, and kernels are to be (a CUstream; null is the default).
  [[nodiscard]] virtual void* queue() const { return nullptr; }
  /// Whether what the device does can be captured in graphs.
  [[nodiscard]] virtual bool has_graphs() const noexcept { return false; }
  /// Begins a graph, where there are any. Throws what the device says if it does not begin.
  [[nodiscard]] virtual std::unique_ptr<WorkGraph> begin_capture() { return nullptr; }
  /// Whether calls of the row can be part of a graph: they neither wait for the device nor take
  /// anything from the host but their attributes.
  [[nodiscard]] virtual bool captures(const OpRow& row) const {
    static_cast<void>(row);
    return false;
  }
  /// Threads in which whoever computes for this engine may do so.
  [[nodiscard]] virtual int threads() const noexcept { return 1; }
  /// Calls `work`, which throws nothing, once in each of `threads()` threads, this one among them,
  /// and waits for all, where the engine keeps so many; else returns false, having done nothing.
  /// Threads that wait for the next call of a library may look for it without a pause, so that
  /// others beside them would have no cores.
  [[nodiscard]] virtual bool run_in_threads(const std::function<void()>& work) {
    static_cast<void>(work);
    return false;
  }

  /// Computes the results of any row but those of class communication. Results may share buffers
  /// with operands (views) and have any strides; dtypes and shapes are those of `result_metas`.
  [[nodiscard]] virtual Results execute(const EngineCall& call) = 0;

  /// Prepares for more calls like this one; null where `execute` is as good. The prepared call
  /// lives no longer than the engine and gives the same bits.
  [[nodiscard]] virtual std::unique_ptr<PreparedCall> prepare(const EngineCall& call) {
    static_cast<void>(call);
    return nullptr;
  }

  /// A contiguous value with these bytes (row-major).
  [[nodiscard]] virtual Value from_host(const TensorMeta& meta,
                                        std::span<const std::byte> bytes) = 0;
  /// The same from memory that nobody writes to, and that the value may keep instead of a copy; it
  /// counts as in use then, is never written to, and the value must not outlive the engine.
  [[nodiscard]] virtual Value adopt(const TensorMeta& meta, transport::SharedBlockRef block) {
    const transport::SharedBlockRef held = std::move(block);
    return from_host(meta, held->bytes());
  }
  /// The elements in row-major order.
  [[nodiscard]] virtual std::vector<std::byte> to_host(const Value& value) = 0;
  /// The same into memory of their size.
  virtual void copy_to_host(const Value& value, std::span<std::byte> bytes) {
    const std::vector<std::byte> elements = to_host(value);
    std::copy(elements.begin(), elements.end(), bytes.begin());
  }
  /// Waits until everything computed so far is in memory.
  virtual void synchronize() = 0;
};

struct EngineOptions {
  std::string backend = "default";  ///< `default` or `reference`
  std::string device = "cpu";       ///< `cpu` or `cuda:N`
  std::size_t memory_limit = 0;     ///< bytes; 0: 80% of what the machine or its cgroup has free
  int threads = 1;                  ///< compute threads
};

/// Makes the engine that the options name; throws CommonError(kInvalidArgument) naming what is
/// wrong and the values that are right.
[[nodiscard]] std::unique_ptr<Engine> make_engine(const EngineOptions& options);

}  // namespace gt::worker
