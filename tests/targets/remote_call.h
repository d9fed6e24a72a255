// How a test speaks to the program that runs kernels on another machine (kernel_server.cc): a
// RemoteCall, its tables, the bytes of its memory; back come needs, or the memory and whether an
// index was refused.
#pragma once

#include <cstdint>

namespace gt::worker::jit {

struct RemoteCall {
  enum class Kind : std::uint64_t { load, needs, run };
  Kind kind = Kind::load;
  std::uint64_t module = 0;  ///< of load: the length of the path that follows
  std::uint64_t kernel = 0;
  std::int64_t first = 0, last = 0;
  std::uint64_t scratch_bytes = 0;
  // Of the tables that follow, in 64-bit words: bytes of each region, region of each tensor, ...
  std::uint64_t regions = 0, tensors = 0, strides = 0, sizes = 0, bindings = 0, derived = 0;
};

}  // namespace gt::worker::jit
