// The indexing rows, by kind; indexing.cc chooses.
#pragma once

#include "worker/engine/native/context.h"

namespace gt::worker::native {

/// Checked index values as int64, negative ones already counted from the start.
class IndexValues {
 public:
  /// How a row words its complaint about a bad index.
  enum class Wording : std::uint8_t { out_of_bounds, out_of_range_in_self };

  /// Throws CommonError(kIndex) unless every value is in [0, size), or [-size, size) if
  /// `from_end` allows it. `dim` only words the error; `prefix` stands before it.
  IndexValues(Context& context, const Value& index, std::int64_t dim, std::int64_t size,
              bool from_end, Wording wording, const char* prefix = "");

  [[nodiscard]] std::int64_t operator[](std::int64_t i) const noexcept { return data_[i]; }
  [[nodiscard]] std::int64_t size() const noexcept { return count_; }

 private:
  BufferRef owner_;
  const std::int64_t* data_ = nullptr;
  std::int64_t count_ = 0;
};

// Rows that place whole tensors (arrangement.cc).
[[nodiscard]] Value concatenate(Context& context, const EngineCall& call);
[[nodiscard]] Value flip(Context& context, const EngineCall& call);
[[nodiscard]] Value roll(Context& context, const EngineCall& call);
[[nodiscard]] Value triangle(Context& context, const EngineCall& call, bool lower);
[[nodiscard]] Value scatter_view(Context& context, const EngineCall& call);

// One index tensor along a dim (index_along_dim.cc).
[[nodiscard]] Value index_select(Context& context, const EngineCall& call);
[[nodiscard]] Value embedding(Context& context, const EngineCall& call);
[[nodiscard]] Value index_add(Context& context, const EngineCall& call);
[[nodiscard]] Value index_copy(Context& context, const EngineCall& call);
[[nodiscard]] Value index_fill(Context& context, const EngineCall& call);
[[nodiscard]] Value embedding_dense_backward(Context& context, const EngineCall& call);

// One index an element (index_elements.cc).
[[nodiscard]] Value gather(Context& context, const EngineCall& call);
[[nodiscard]] Value scatter(Context& context, const EngineCall& call);
[[nodiscard]] Value scatter_add(Context& context, const EngineCall& call);
[[nodiscard]] Value nonzero(Context& context, const EngineCall& call);
[[nodiscard]] Value masked_select(Context& context, const EngineCall& call);

// Index tensors for several dims (index_list.cc).
[[nodiscard]] Value index_list(Context& context, const EngineCall& call);
[[nodiscard]] Value index_put(Context& context, const EngineCall& call);

}  // namespace gt::worker::native
