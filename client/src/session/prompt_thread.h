// Threads of the program that read, and those that only emit.
#pragma once

namespace gt::client {

/// The calling thread is about to wait for a value: from now on it has a short time slice, so that
/// it wakes up before threads that run without a pause (process::set_time_slice).
void become_prompt() noexcept;

/// The calling thread has emitted a full batch and read nothing: it gets its own time slice back,
/// and gives way to threads that read.
void become_patient() noexcept;

}  // namespace gt::client
