#include <fmt/format.h>

#include <cstring>
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
std::string describe_elements(std::span<const std::byte> compiled, std::span<const std::byte> eager,
                              std::size_t index) {
  return fmt::format("{} compiled, {} eagerly", static_cast<double>(element_at<T>(compiled, index)),
                     static_cast<double>(element_at<T>(eager, index)));
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

/// The first element that differs; NaN equals NaN. Empty if there is none.
std::string compare(const TensorMeta& meta, std::span<const std::byte> compiled,
                    std::span<const std::byte> eager) {
  const std::size_t size = size_of(meta.dtype);
  for (std::size_t i = 0; i * size < eager.size(); ++i) {
    if (std::memcmp(compiled.data() + i * size, eager.data() + i * size, size) == 0) continue;
    const bool both_nan = visit_floating(
        meta.dtype, [&]<class T>() { return is_nan_at<T>(compiled, i) && is_nan_at<T>(eager, i); });
    if (both_nan) continue;
    std::string values = "its bits differ";
    visit_floating(meta.dtype, [&]<class T>() {
      values = describe_elements<T>(compiled, eager, i);
      return true;
    });
    return fmt::format("element {} of a result {}{}: {}", i, short_name(meta.dtype),
                       to_string(meta.shape), values);
  }
  return {};
}

class ValidatingPiece final : public Piece {
 public:
  ValidatingPiece(SegmentRun& run, SegmentCall call, std::unique_ptr<Piece> eager, Host& host,
                  ValidationDone done)
      : run_(run),
        call_(std::move(call)),
        eager_(std::move(eager)),
        host_(host),
        done_(std::move(done)) {}
  ValidatingPiece(const ValidatingPiece&) = delete;
  ValidatingPiece& operator=(const ValidatingPiece&) = delete;
  ~ValidatingPiece() override {
    if (is_running_) static_cast<void>(run_.abandon());
  }

  bool step() override {
    if (eager_ != nullptr) {  // what it reads is held here too, so nothing of it is overwritten
      if (!eager_->step()) eager_.reset();
      return true;
    }
    try {
      if (!is_running_) {
        run_.begin(std::move(call_.inputs));
        is_running_ = true;
        return true;
      }
      if (run_.step()) return true;
      is_running_ = false;
      done_(compare_outputs(run_.finish()));
    } catch (const std::exception& error) {
      static_cast<void>(run_.abandon());
      is_running_ = false;
      done_(error.what());
    }
    return false;
  }

 private:
  std::string compare_outputs(const std::vector<Value>& outputs) {
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (call_.outputs[k] == kNoValue) continue;
      const TableEntry* entry = host_.values().find(call_.outputs[k]);
      if (entry == nullptr) continue;
      if (entry->poison) return "eager execution failed: " + entry->poison->message;
      std::string text = compare(entry->value.meta(), host_.engine().to_host(outputs[k]),
                                 host_.engine().to_host(entry->value));
      if (!text.empty()) return text;
    }
    return {};
  }

  SegmentRun& run_;
  SegmentCall call_;
  std::unique_ptr<Piece> eager_;
  Host& host_;
  ValidationDone done_;
  bool is_running_ = false;
};

}  // namespace

std::unique_ptr<Piece> make_validating_piece(SegmentRun& run, SegmentCall call,
                                             std::unique_ptr<Piece> eager, Host& host,
                                             ValidationDone done) {
  return std::make_unique<ValidatingPiece>(run, std::move(call), std::move(eager), host,
                                           std::move(done));
}

}  // namespace gt::worker::hotpath
