// What the tests of the public interface share.
#pragma once

#include <gt/gt.h>

#include <sstream>
#include <string>
#include <vector>

namespace gt::testing {

/// The elements in row-major order. Waits.
inline std::vector<double> values_of(const Tensor& tensor) {
  const Tensor flat = tensor.detach().to(kDouble).reshape(-1);
  const double* first = flat.const_data_ptr<double>();
  return {first, first + flat.numel()};
}

template <class T>
std::string printed(const T& value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

/// The text of the error that the call throws; "nothing was thrown" if it does not.
template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

using Values = std::vector<double>;
using Sizes = std::vector<std::int64_t>;

}  // namespace gt::testing
