// Where emitted instructions go: the wire (Session), or a recorder. Tensor, autograd, nn and optim
// know nothing but this interface.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "common/ops/instruction.h"
#include "common/tensor/meta.h"

namespace gt::client {

class Sink;

/// One immutable value of a session, held by reference count. When the last reference goes, the
/// sink is told, which lets the value die with its last instruction.
class ValueRecord {
 public:
  ValueRecord(std::shared_ptr<Sink> sink, ValueId value_id, TensorMeta value_meta)
      : id(value_id), meta(std::move(value_meta)), sink_(std::move(sink)) {}
  ValueRecord(const ValueRecord&) = delete;
  ValueRecord& operator=(const ValueRecord&) = delete;
  ~ValueRecord();

  const ValueId id;
  const TensorMeta meta;
  [[nodiscard]] Sink& sink() const noexcept { return *sink_; }

  // Owned by the sink, under its lock: where the value was named last, for the "dies here" bit. At
  // first that is the instruction that made it, with `kMadeHere` and the number of the result.
  static constexpr std::uint16_t kMadeHere = 0x8000;
  std::uint64_t last_batch = 0;
  std::uint32_t last_header = 0;
  std::uint16_t last_operand = 0;
  LaneId last_lane = 0;
  bool used_by_several_lanes = false;

 private:
  std::shared_ptr<Sink> sink_;
};

/// A counted reference to a value; empty means none.
using ValueRef = std::shared_ptr<ValueRecord>;

/// Operand of an emitted instruction: a value, a number, or nothing.
struct EmitOperand {
  const ValueRef* value = nullptr;
  ScalarValue scalar;
  bool is_scalar = false;

  EmitOperand() = default;
  EmitOperand(const ValueRef& reference) : value(reference ? &reference : nullptr) {}
  EmitOperand(ScalarValue number) : scalar(number), is_scalar(true) {}
};

/// Results of one instruction, in place.
class EmitResults {
 public:
  static constexpr std::size_t kCapacity = kMaxResults;

  void push_back(ValueRef value) {
    GT_INVARIANT(size_ < kCapacity, "no row makes so many results");
    values_[size_++] = std::move(value);
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] ValueRef& operator[](std::size_t k) { return values_[k]; }
  [[nodiscard]] const ValueRef& operator[](std::size_t k) const { return values_[k]; }
  [[nodiscard]] ValueRef& front() { return values_[0]; }
  [[nodiscard]] ValueRef* data() noexcept { return values_.data(); }
  [[nodiscard]] const ValueRef* data() const noexcept { return values_.data(); }
  [[nodiscard]] ValueRef* begin() noexcept { return values_.data(); }
  [[nodiscard]] ValueRef* end() noexcept { return values_.data() + size_; }
  [[nodiscard]] const ValueRef* begin() const noexcept { return values_.data(); }
  [[nodiscard]] const ValueRef* end() const noexcept { return values_.data() + size_; }

 private:
  std::array<ValueRef, kCapacity> values_;
  std::size_t size_ = 0;
};

class Sink : public std::enable_shared_from_this<Sink> {
 public:
  virtual ~Sink() = default;

  /// Appends one checked instruction. `metas` are the inferred results.
  [[nodiscard]] virtual EmitResults emit(const OpRow& row, std::span<const EmitOperand> operands,
                                         const Attributes& attributes,
                                         std::span<const TensorMeta> metas) = 0;

  /// A value with these bytes (row-major, copied before the call returns).
  [[nodiscard]] virtual ValueRef upload(const TensorMeta& meta,
                                        std::span<const std::byte> bytes) = 0;

  /// The bytes of a value, row-major. Waits; throws gt::Error of the root failure if the value is
  /// poisoned, or the kind of the loss if the worker or the dispatcher is gone.
  [[nodiscard]] virtual std::vector<std::byte> fetch(const ValueRef& value) = 0;

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

  /// Called by the last reference to a value.
  virtual void release(ValueRecord& value) noexcept = 0;
};

/// The sink of this process: connects (or starts an embedded cluster) at the first use.
/// Throws gt::Error naming what could not be started or reached.
[[nodiscard]] const std::shared_ptr<Sink>& current_sink();
/// Replaces it: `gt::connect` and tests use this.
void set_current_sink(std::shared_ptr<Sink> sink);

/// Infers dtypes and shapes, then emits. Throws gt::Error (or IndexError, TypeError, ValueError,
/// NotImplementedError) with the `[op] ` prefix for a caller's mistake.
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
