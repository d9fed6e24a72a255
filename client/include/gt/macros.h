// The macros of LibTorch's C++ frontend, expanding to names of GT.
#pragma once

#include <gt/error.h>
#include <gt/export.h>

#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace gt {

/// The parts written one after the other with `<<`.
template <class... Parts>
[[nodiscard]] std::string str(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

namespace detail {

/// Throws gt::Error for a failed TORCH_CHECK.
[[noreturn]] GT_API void throw_check_failure(const char* condition, const std::string& message);
/// Writes a warning to standard error.
GT_API void warn(const std::string& message);
/// Reports a broken invariant of the program and aborts.
[[noreturn]] GT_API void abort_assertion(const char* condition, const char* file, int line,
                                         const std::string& message);

}  // namespace detail
}  // namespace gt

/// Throws gt::Error with the parts as its message unless the condition holds.
#define TORCH_CHECK(condition, ...)                                                          \
  do {                                                                                       \
    if (!(condition)) ::gt::detail::throw_check_failure(#condition, ::gt::str(__VA_ARGS__)); \
  } while (false)

#define TORCH_WARN(...) ::gt::detail::warn(::gt::str(__VA_ARGS__))

#define TORCH_INTERNAL_ASSERT(condition, ...)                                                \
  do {                                                                                       \
    if (!(condition))                                                                        \
      ::gt::detail::abort_assertion(#condition, __FILE__, __LINE__, ::gt::str(__VA_ARGS__)); \
  } while (false)

#define AT_ASSERT(...) TORCH_INTERNAL_ASSERT(__VA_ARGS__)

// Types cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
/// Declares an option `name` of an options class with chaining setters and a getter.
#define TORCH_ARG(Type, name)                                 \
 public:                                                      \
  auto name(const Type& new_##name) -> decltype(*this) {      \
    this->name##_ = new_##name;                               \
    return *this;                                             \
  }                                                           \
  auto name(Type&& new_##name) -> decltype(*this) {           \
    this->name##_ = std::move(new_##name);                    \
    return *this;                                             \
  }                                                           \
  const Type& name() const noexcept { return this->name##_; } \
  Type& name() noexcept { return this->name##_; }             \
                                                              \
 private:                                                     \
  Type name##_

/// Declares the holder `Name` of the module class `ImplType`.
#define TORCH_MODULE_IMPL(Name, ImplType)                 \
  class Name : public ::gt::nn::ModuleHolder<ImplType> {  \
   public:                                                \
    using ::gt::nn::ModuleHolder<ImplType>::ModuleHolder; \
    using Impl = ImplType;                                \
  }

// NOLINTEND(bugprone-macro-parentheses)

/// Declares the holder `Name` of `NameImpl`.
#define TORCH_MODULE(Name) TORCH_MODULE_IMPL(Name, Name##Impl)

/// Lets AnyModule (and Sequential) call a `forward` that has default arguments:
/// `FORWARD_HAS_DEFAULT_ARGS({1, gt::nn::AnyValue(3)})` inside the module class.
#define FORWARD_HAS_DEFAULT_ARGS(...)                                            \
  template <class ModuleType>                                                    \
  friend struct ::gt::nn::detail::DefaultArguments;                              \
                                                                                 \
 protected:                                                                      \
  unsigned int _forward_num_required_args() override {                           \
    return ::gt::nn::detail::first_default({__VA_ARGS__});                       \
  }                                                                              \
  std::vector<::gt::nn::AnyValue> _forward_populate_default_args(                \
      std::vector<::gt::nn::AnyValue>&& arguments) override {                    \
    return ::gt::nn::detail::fill_defaults(std::move(arguments), {__VA_ARGS__}); \
  }
