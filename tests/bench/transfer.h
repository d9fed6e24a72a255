// Rows about moving 64 MiB between a program and a worker on one host.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// GB/s from memory of the program to a tensor on the worker, against memcpy.
[[nodiscard]] Comparison upload(int pairs);
/// GB/s from a tensor on the worker to memory of the program, against memcpy.
[[nodiscard]] Comparison fetch(int pairs);
/// The same over tcp on this machine.
[[nodiscard]] Comparison upload_tcp(int pairs);
[[nodiscard]] Comparison fetch_tcp(int pairs);
/// GB/s through three bare processes over tcp, which neither hash nor copy, against memcpy.
[[nodiscard]] Comparison tcp_bound(int pairs);

}  // namespace gt::bench
