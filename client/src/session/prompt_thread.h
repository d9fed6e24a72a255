// Threads of the program beside others that want the same cores.
#pragma once

namespace gt::client {

/// The calling thread is about to wait for a value: from now on it has a short time slice, so that
/// it wakes up before threads that run without a pause (process::set_time_slice).
void become_prompt() noexcept;

/// The calling thread has emitted many instructions in a row: what waits for its core runs first.
/// The kernel has the dispatcher and the workers, which have just slept, wait there for
/// milliseconds, even while another core is idle. Whoever gives way loses the rest of its slice:
/// the thread becomes prompt first, so that it loses little to processes that do not.
void give_way() noexcept;

}  // namespace gt::client
