#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <utility>

#include "common/tensor/half.h"
#include "worker/hotpath/piece.h"

namespace gt::worker::hotpath {
namespace {

template <class T>
T element_at(std::span<const std::byte> bytes, std::size_t index) {
  T element;
  std::memcpy(&element, bytes.data() + index * sizeof(T), sizeof(T));
  return element;
}

template <class T>
std::string text_of(T element) {
  if constexpr (std::is_integral_v<T>)
    return fmt::format("{}", static_cast<std::int64_t>(element));
  else
    return fmt::format("{}", static_cast<double>(element));
}

template <class T>
bool is_nan_at(std::span<const std::byte> bytes, std::size_t index) {
  const auto element = static_cast<double>(element_at<T>(bytes, index));
  return element != element;
}

/// Runs `function.template operator()<T>()` with the type of floating elements; false for others.
template <class Function>
bool visit_floating(DType dtype, Function&& function) {
  if (dtype == DType::kFloat32) return function.template operator()<float>();
  if (dtype == DType::kFloat64) return function.template operator()<double>();
  if (dtype == DType::kFloat16) return function.template operator()<Half>();
  if (dtype == DType::kBFloat16) return function.template operator()<BFloat16>();
  return false;
}

std::string element_text(DType dtype, std::span<const std::byte> bytes, std::size_t index) {
  switch (dtype) {
    case DType::kFloat32:
      return text_of(element_at<float>(bytes, index));
    case DType::kFloat64:
      return text_of(element_at<double>(bytes, index));
    case DType::kFloat16:
      return text_of(element_at<Half>(bytes, index));
    case DType::kBFloat16:
      return text_of(element_at<BFloat16>(bytes, index));
    case DType::kUInt8:
    case DType::kBool:
      return text_of(element_at<std::uint8_t>(bytes, index));
    case DType::kUInt16:
      return text_of(element_at<std::uint16_t>(bytes, index));
    case DType::kInt8:
      return text_of(element_at<std::int8_t>(bytes, index));
    case DType::kInt16:
      return text_of(element_at<std::int16_t>(bytes, index));
    case DType::kInt32:
      return text_of(element_at<std::int32_t>(bytes, index));
    case DType::kInt64:
      return text_of(element_at<std::int64_t>(bytes, index));
  }
  return {};
}

/// How far results may be apart where kernels and rows round differently, for each part of the
/// largest one: sums of numbers of either sign lose as much.
double tolerance_of(DType dtype) {
  constexpr double kSteps = 64;
  switch (dtype) {
    case DType::kFloat64:
      return kSteps * 0x1p-52;
    case DType::kFloat32:
      return kSteps * 0x1p-23;
    case DType::kFloat16:
      return 8 * 0x1p-10;
    case DType::kBFloat16:
      return 8 * 0x1p-7;
    case DType::kUInt8:
    case DType::kUInt16:
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64:
    case DType::kBool:
      break;
  }
  return 0;
}

/// The largest finite magnitude of floating elements.
double largest_of(const TensorMeta& meta, std::span<const std::byte> bytes) {
  double largest = 0;
  visit_floating(meta.dtype, [&]<class T>() {
    for (std::size_t i = 0; i * sizeof(T) < bytes.size(); ++i) {
      const double magnitude = std::abs(static_cast<double>(element_at<T>(bytes, i)));
      if (std::isfinite(magnitude)) largest = std::max(largest, magnitude);
    }
    return true;
  });
  return largest;
}

template <class T>
bool is_near_at(std::span<const std::byte> compiled, std::span<const std::byte> eager,
                std::size_t index, double allowed) {
  const auto a = static_cast<double>(element_at<T>(compiled, index));
  const auto b = static_cast<double>(element_at<T>(eager, index));
  return std::abs(a - b) <= allowed;
}

/// The first element that differs; NaN equals NaN. Empty if there is none.
std::string compare(const TensorMeta& meta, std::span<const std::byte> compiled,
                    std::span<const std::byte> eager, bool bit_for_bit) {
  const std::size_t size = size_of(meta.dtype);
  const double allowed = bit_for_bit ? 0 : tolerance_of(meta.dtype) * largest_of(meta, eager);
  for (std::size_t i = 0; i * size < eager.size(); ++i) {
    if (std::memcmp(compiled.data() + i * size, eager.data() + i * size, size) == 0) continue;
    const bool both_nan = visit_floating(
        meta.dtype, [&]<class T>() { return is_nan_at<T>(compiled, i) && is_nan_at<T>(eager, i); });
    if (both_nan) continue;
    const bool is_near = visit_floating(
        meta.dtype, [&]<class T>() { return is_near_at<T>(compiled, eager, i, allowed); });
    if (!bit_for_bit && is_near) continue;
    return fmt::format("element {} of a result {}{}: {} compiled, {} eagerly", i,
                       short_name(meta.dtype), to_string(meta.shape),
                       element_text(meta.dtype, compiled, i), element_text(meta.dtype, eager, i));
  }
  return {};
}

}  // namespace

ValidatingPiece::~ValidatingPiece() {
  if (run_ != nullptr) static_cast<void>(run_->abandon());
}

void ValidatingPiece::begin(SegmentRun& run, Done done) {
  run_ = &run;
  done_ = std::move(done);
  state_ = State::eager;
}

bool ValidatingPiece::step() {
  try {
    switch (state_) {
      case State::eager:  // what it reads is held by the call, so nothing of it is overwritten
        if (eager_.step()) return true;
        state_ = State::waiting;
        if (!has_failed_eagerly()) return true;
        end({Validation::Verdict::undecided, {}});
        return false;
      case State::waiting:
        run_->begin();
        state_ = State::running;
        return true;
      case State::running:
        if (run_->step()) return true;
        end(compare_outputs());
        return false;
    }
  } catch (const std::exception& error) {
    end({Validation::Verdict::unfinished, error.what()});
  }
  return false;
}

void ValidatingPiece::end(Validation validation) {
  static_cast<void>(run_->abandon());
  run_ = nullptr;
  done_(std::move(validation));
}

bool ValidatingPiece::has_failed_eagerly() const {
  const std::vector<ValueId>& ids = run_->call().outputs;
  return std::any_of(ids.begin(), ids.end(), [this](ValueId id) {
    const TableEntry* entry = id == kNoValue ? nullptr : host_.values().find(id);
    return entry != nullptr && entry->poison;
  });
}

Validation ValidatingPiece::compare_outputs() {
  const std::vector<ValueId>& ids = run_->call().outputs;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (ids[k] == kNoValue) continue;
    const TableEntry* entry = host_.values().find(ids[k]);
    if (entry == nullptr) continue;
    const Value& made = run_->output(k);
    Engine& engine = host_.engine();
    std::string text = compare(entry->value.meta(), engine.to_host(made),
                               engine.to_host(entry->value), engine.rows_have_kernel_bits());
    if (!text.empty()) return {Validation::Verdict::different, std::move(text)};
  }
  return {};
}

}  // namespace gt::worker::hotpath
