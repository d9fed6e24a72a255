// Single operations in LibTorch, in this process.
#pragma once

namespace gt::bench {

/// Operations compute on the calling thread alone from now on.
void use_one_libtorch_thread();

/// Adds two tensors of eight floats `count` times, one after the other.
void add_in_libtorch(int count);

}  // namespace gt::bench
