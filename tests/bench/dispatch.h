// Rows about the dispatcher: what an instruction costs it, and what one client costs another.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Nanoseconds of processor time of the dispatcher for each addition of 8 floats, against a process
/// that forwards the same bytes in batches of the same size unread; over the default transport of
/// one host.
[[nodiscard]] Comparison dispatch_cost(int pairs);
/// The same over ZeroMQ.
[[nodiscard]] Comparison dispatch_cost_zmq(int pairs);

/// The 99th percentile of a client's round trips, in microseconds, while another client of the same
/// cluster floods it with additions, against the same without the other.
[[nodiscard]] Comparison neighbour_p99(int pairs);
/// What the kernel leaves of it: the same percentile for a message through three bare processes in
/// the places of client, dispatcher and worker, with time slices as those have, beside two
/// processes that never wait, against the same without those.
[[nodiscard]] Comparison neighbour_bound(int pairs);

}  // namespace gt::bench
