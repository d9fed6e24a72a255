// Where emitted instructions go: the wire (Session), or a recorder. Tensor, autograd, nn and optim
// know nothing but this interface.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "client/src/session/call_cache.h"
#include "client/src/session/emit_operand.h"
#include "client/src/session/host_bytes.h"
#include "client/src/session/value.h"

namespace gt::client {

class Sink : public std::enable_shared_from_this<Sink> {
 public:
  virtual ~Sink() = default;

  /// What this thread inferred last.
  [[nodiscard]] virtual CallCache& calls() = 0;

  /// Appends one checked instruction: `call` was inferred for these operands.
  [[nodiscard]] virtual EmitResults emit(InferredCall& call,
                                         std::span<const EmitOperand> operands) = 0;

  /// A value with these bytes (row-major, copied before the call returns).
  [[nodiscard]] virtual ValueRef upload(const TensorMeta& meta,
                                        std::span<const std::byte> bytes) = 0;

  /// The bytes of a value, row-major. Waits; throws gt::Error of the root failure if the value is
  /// poisoned, or the kind of the loss if the worker or the dispatcher is gone.
  [[nodiscard]] virtual HostBytes fetch(const ValueRef& value) = 0;

  /// Waits until everything emitted so far has run; throws the oldest error nobody has read.
  virtual void synchronize() = 0;

  /// Seed and running number for the next random instruction of this thread's lane.
  struct RandomKey {
    std::uint64_t seed = 0;
    std::uint64_t counter = 0;
  };
  [[nodiscard]] virtual RandomKey next_random_key() = 0;
  virtual void manual_seed(std::uint64_t seed) = 0;

  /// How many workers there are, and how many of them compute on a GPU; waits for a first worker.
  struct WorkerCount {
    std::size_t all = 0;
    std::size_t with_gpu = 0;
  };
  [[nodiscard]] virtual WorkerCount count_workers() { return {}; }

  /// Rises when the error of a worker has been thrown to the program; see `recover`.
  [[nodiscard]] virtual std::uint64_t recovery_epoch() const noexcept { return 0; }

  /// Called by the last reference to a value, which is the sink's again.
  virtual void release(const ValueRecord* value) noexcept = 0;
};

/// The sink of this process: connects (or starts an embedded cluster) at the first use.
/// Throws gt::Error naming what could not be started or reached.
[[nodiscard]] const std::shared_ptr<Sink>& current_sink();
/// Replaces it: `gt::connect` and tests use this.
void set_current_sink(std::shared_ptr<Sink> sink);

/// Infers dtypes and shapes, without emitting; the results are valid until the next call. Throws
/// gt::Error (or IndexError, TypeError, ValueError, NotImplementedError) with the `[op] ` prefix
/// for a caller's mistake.
[[nodiscard]] std::span<const TensorMeta> infer(Op op, std::span<const EmitOperand> operands,
                                                const Attributes& attributes);
/// Infers, then emits; throws the same.
[[nodiscard]] EmitResults emit(Op op, std::span<const EmitOperand> operands,
                               const Attributes& attributes);
/// For rows with one result.
[[nodiscard]] ValueRef emit_one(Op op, std::initializer_list<EmitOperand> operands,
                                const Attributes& attributes);

/// The value of a tensor that is written in place, after an error was thrown: `value`, or if it is
/// poisoned the last sound value of the tensor, unless that is older than value `since`, which the
/// tensor got from elsewhere. Goes to the value's own sink. Throws if that one is gone.
[[nodiscard]] ValueRef recover(const ValueRef& value, ValueId since);

}  // namespace gt::client
