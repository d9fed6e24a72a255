// Operands of a case as values of an engine, in layouts that programs make: contiguous, transposed,
// every second element of something larger, expanded.
#pragma once

#include "tests/conformance/draw.h"
#include "worker/engine/engine.h"

namespace gt::conformance {

/// `tensor` on the engine, in a layout drawn at random. A dim along which all elements are equal
/// may be laid out with stride 0.
[[nodiscard]] worker::Value place(worker::Engine& engine, const HostTensor& tensor, Draw& draw);

/// The elements of a value in host memory.
[[nodiscard]] HostTensor take_back(worker::Engine& engine, const worker::Value& value);

}  // namespace gt::conformance
