// Single operations in LibTorch, in this process.
#pragma once

namespace gt::bench {

/// Operations compute on the calling thread alone from now on, and the process keeps the memory
/// that they free, as a worker does.
void prepare_libtorch();

/// Adds two tensors of eight floats `count` times, one after the other.
void add_in_libtorch(int count);

/// Makes a tensor of `rows` x `columns` zeros; `x[i] = i` for every row; the sum of all elements.
[[nodiscard]] double write_rows_in_libtorch(int rows, int columns);

}  // namespace gt::bench
