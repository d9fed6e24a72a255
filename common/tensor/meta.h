// What is known of a tensor without its values.
#pragma once

#include "common/tensor/dtype.h"
#include "common/tensor/layout.h"
#include "common/tensor/shape.h"

namespace gt {

/// Element type, global shape and layout of a value.
struct TensorMeta {
  DType dtype = DType::kFloat32;
  Shape shape;
  Layout layout;

  [[nodiscard]] std::int64_t element_count() const noexcept { return gt::element_count(shape); }
  [[nodiscard]] std::size_t byte_count() const noexcept {
    return static_cast<std::size_t>(element_count()) * size_of(dtype);
  }
  friend bool operator==(const TensorMeta&, const TensorMeta&) = default;
};

}  // namespace gt
