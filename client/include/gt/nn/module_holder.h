// Holders: values with the semantics of a shared_ptr to a module.
#pragma once

#include <gt/macros.h>

#include <iosfwd>
#include <memory>
#include <ostream>
#include <type_traits>
#include <utility>

namespace gt::nn {

class Module;

namespace detail {

struct ModuleHolderIndicator {};

}  // namespace detail

template <class T>
inline constexpr bool is_module_holder_v =
    std::is_base_of_v<detail::ModuleHolderIndicator, std::decay_t<T>>;

namespace detail {

/// Whether `Head` is a holder of exactly this module class, that is, copying is meant.
template <class Head, class Contained, class = void>
struct is_holder_of : std::false_type {};
template <class Head, class Contained>
struct is_holder_of<Head, Contained, std::enable_if_t<is_module_holder_v<Head>>>
    : std::is_same<typename std::decay_t<Head>::ContainedType, Contained> {};

}  // namespace detail

/// Holds a `shared_ptr<Contained>`. The default constructor makes a module if Contained has one;
/// `{nullptr}` holds none. Copies share the module.
template <class Contained>
class ModuleHolder : detail::ModuleHolderIndicator {
 public:
  using ContainedType = Contained;

  ModuleHolder() : impl_(default_construct()) {
    static_assert(std::is_default_constructible_v<Contained>,
                  "this module has no default constructor: construct its holder with nullptr, or "
                  "with the arguments of the module");
  }
  ModuleHolder(std::nullptr_t) : impl_(nullptr) {}
  ModuleHolder(std::shared_ptr<Contained> module) : impl_(std::move(module)) {}
  /// Forwards the arguments to the module's constructor.
  template <class Head, class... Tail,
            class = std::enable_if_t<!(detail::is_holder_of<Head, Contained>::value &&
                                       sizeof...(Tail) == 0) &&
                                     !std::is_convertible_v<Head, std::shared_ptr<Contained>>>>
  explicit ModuleHolder(Head&& head, Tail&&... tail)
      : impl_(std::make_shared<Contained>(std::forward<Head>(head), std::forward<Tail>(tail)...)) {}

  explicit operator bool() const noexcept { return !is_empty(); }
  [[nodiscard]] Contained* operator->() { return get(); }
  [[nodiscard]] const Contained* operator->() const { return get(); }
  [[nodiscard]] Contained& operator*() { return *get(); }
  [[nodiscard]] const Contained& operator*() const { return *get(); }
  /// Throws `Accessing empty ModuleHolder` when there is none.
  [[nodiscard]] const std::shared_ptr<Contained>& ptr() const {
    TORCH_CHECK(!is_empty(), "Accessing empty ModuleHolder");
    return impl_;
  }
  [[nodiscard]] Contained* get() const { return ptr().get(); }
  [[nodiscard]] bool is_empty() const noexcept { return impl_ == nullptr; }

  /// `forward` of the module, with its own return type.
  template <class... Arguments>
  auto operator()(Arguments&&... arguments) {
    return get()->forward(std::forward<Arguments>(arguments)...);
  }
  /// `operator[]` of the module: `sequential[0]`.
  template <class Index>
  decltype(auto) operator[](Index&& index) {
    return (*get())[std::forward<Index>(index)];
  }

 protected:
  std::shared_ptr<Contained> impl_;

 private:
  static std::shared_ptr<Contained> default_construct() {
    if constexpr (std::is_default_constructible_v<Contained>) return std::make_shared<Contained>();
    return nullptr;
  }
};

template <class Contained>
std::ostream& operator<<(std::ostream& stream, const ModuleHolder<Contained>& module) {
  return stream << *module;
}

}  // namespace gt::nn
