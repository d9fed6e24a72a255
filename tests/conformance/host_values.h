// Between tensors of the client and the judge's host tensors.
#pragma once

#include <gt/gt.h>

#include "tests/judge/judge.h"

namespace gt::conformance {

/// The values of a tensor; waits.
[[nodiscard]] judge::HostTensor to_host(const Tensor& tensor);
/// A tensor with these values.
[[nodiscard]] Tensor to_client(const judge::HostTensor& tensor);

}  // namespace gt::conformance
