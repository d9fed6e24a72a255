// A value of any type on its way into or out of a type-erased module.
#pragma once

#include <gt/macros.h>

#include <any>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace gt::nn {

/// Holds one value. `get<T>()` throws unless T is exactly its type.
class AnyValue {
 public:
  template <class T, class = std::enable_if_t<!std::is_same_v<std::decay_t<T>, AnyValue>>>
  explicit AnyValue(T&& value) : content_(std::forward<T>(value)) {}

  template <class T>
  [[nodiscard]] T get() const {
    if (const T* value = try_get<T>()) return *value;
    throw Error(str("Attempted to cast AnyValue to ", typeid(T).name(), ", but its actual type is ",
                    type_info().name()));
  }
  template <class T>
  [[nodiscard]] const T* try_get() const {
    return std::any_cast<std::decay_t<T>>(&content_);
  }
  template <class T>
  [[nodiscard]] T* try_get() {
    return std::any_cast<std::decay_t<T>>(&content_);
  }
  [[nodiscard]] const std::type_info& type_info() const noexcept { return content_.type(); }

 private:
  std::any content_;
};

namespace detail {

/// One default argument of a `forward`: its position and value.
struct DefaultArgument {
  unsigned int position;
  AnyValue value;
};

[[nodiscard]] GT_API unsigned int first_default(const std::vector<DefaultArgument>& defaults);
[[nodiscard]] GT_API std::vector<AnyValue> fill_defaults(
    std::vector<AnyValue>&& arguments, const std::vector<DefaultArgument>& defaults);

template <class ModuleType>
struct DefaultArguments;

}  // namespace detail
}  // namespace gt::nn
