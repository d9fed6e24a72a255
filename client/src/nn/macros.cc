#include <gt/macros.h>
#include <gt/nn/any_value.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace gt {
namespace detail {

void throw_check_failure(const char* condition, const std::string& message) {
  throw Error(message.empty() ? "Expected " + std::string(condition) + " to be true, but got false."
                              : message);
}

void warn(const std::string& message) { std::cerr << "gt: warning: " << message << '\n'; }

void abort_assertion(const char* condition, const char* file, int line,
                     const std::string& message) {
  std::cerr << "gt: assertion `" << condition << "` failed at " << file << ':' << line << ": "
            << message << '\n';
  std::abort();
}

}  // namespace detail

namespace nn::detail {

unsigned int first_default(const std::vector<DefaultArgument>& defaults) {
  unsigned int first = defaults.front().position;
  for (const DefaultArgument& argument : defaults) first = std::min(first, argument.position);
  return first;
}

std::vector<AnyValue> fill_defaults(std::vector<AnyValue>&& arguments,
                                    const std::vector<DefaultArgument>& defaults) {
  std::vector<AnyValue> filled = std::move(arguments);
  for (const DefaultArgument& argument : defaults)
    if (argument.position == filled.size()) filled.push_back(argument.value);
  return filled;
}

}  // namespace nn::detail
}  // namespace gt
