// Rows about single small instructions.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Adds of eight floats a second, executed, against at::add in a loop.
[[nodiscard]] Comparison eager_rate(int pairs);
/// Milliseconds of 60,000 writes `x[i] = i` into a tensor of as many rows, against LibTorch.
[[nodiscard]] Comparison write_loop(int pairs);
/// Microseconds of one operation and a fetch (median of many), against a message of the same size
/// that bare processes pass there and back on the same transport.
[[nodiscard]] Comparison round_trip(int pairs);
/// The same over tcp.
[[nodiscard]] Comparison round_trip_tcp(int pairs);

}  // namespace gt::bench
