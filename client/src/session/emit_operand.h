// Operands and results of an emitted instruction.
#pragma once

#include <array>
#include <cstddef>

#include "client/src/session/value.h"
#include "common/ops/inference.h"

namespace gt::client {

/// A value, the current value of a tensor, a number, or nothing. Refers to what it was made from.
class EmitOperand {
 public:
  EmitOperand() = default;
  EmitOperand(const ValueRef& reference) : record_(reference.get()) {
    if (record_ == nullptr) return;
    form_ = OperandMeta::Form::tensor;
    dtype_ = record_->meta.dtype;
    shape_ = &record_->meta.shape;
    sink_ = &record_->sink();
  }
  EmitOperand(ScalarValue number)
      : form_(OperandMeta::Form::scalar), dtype_(number.dtype()), bits_(number.bits()) {}
  /// The value that `current` holds when the instruction is appended. All it ever holds have that
  /// dtype and shape, and belong to that sink.
  EmitOperand(const CurrentValue& current, DType dtype, const Shape& shape, Sink& sink)
      : form_(OperandMeta::Form::tensor),
        dtype_(dtype),
        shape_(&shape),
        current_(&current),
        sink_(&sink) {}

  [[nodiscard]] bool is_tensor() const noexcept { return form_ == OperandMeta::Form::tensor; }
  [[nodiscard]] bool is_scalar() const noexcept { return form_ == OperandMeta::Form::scalar; }
  /// Bits of a number.
  [[nodiscard]] std::uint64_t bits() const noexcept { return bits_; }
  /// Sink of a tensor.
  [[nodiscard]] const Sink* sink() const noexcept { return sink_; }
  /// The value; null for what is no tensor. To be called under the lock of the sink.
  [[nodiscard]] const ValueRecord* record() const noexcept {
    return current_ != nullptr ? current_->load(std::memory_order_acquire) : record_;
  }

  [[nodiscard]] OperandType type() const noexcept {
    return {form_, dtype_, static_cast<std::uint8_t>(shape_ != nullptr ? shape_->size() : 0)};
  }
  [[nodiscard]] OperandMeta meta() const {
    return {form_, dtype_, shape_ != nullptr ? *shape_ : Shape()};
  }
  [[nodiscard]] bool is_like(const OperandMeta& meta) const {
    return form_ == meta.form && dtype_ == meta.dtype &&
           (shape_ == nullptr || *shape_ == meta.shape);
  }

 private:
  OperandMeta::Form form_ = OperandMeta::Form::none;
  DType dtype_ = DType::kFloat32;
  const Shape* shape_ = nullptr;
  const ValueRecord* record_ = nullptr;
  const CurrentValue* current_ = nullptr;
  const Sink* sink_ = nullptr;
  std::uint64_t bits_ = 0;
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

}  // namespace gt::client
