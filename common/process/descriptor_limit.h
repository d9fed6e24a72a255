// How many file descriptors a process of GT may have.
#pragma once

namespace gt::process {

/// Raises the limit of open descriptors to what the system allows this process. Every connection
/// and every shared segment of a peer takes some, and the usual limit of 1024 is for programs that
/// use select().
void raise_descriptor_limit() noexcept;

}  // namespace gt::process
