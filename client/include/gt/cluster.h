// Which cluster a program uses, and when it starts, waits and ends.
//
// A program need not call any of this: the first tensor connects to GT_ADDRESS, or starts a
// dispatcher and GT_WORKERS workers (default 1) of its own, which end with it.
#pragma once

#include <gt/export.h>

#include <optional>
#include <string>
#include <string_view>

namespace gt {

/// How to reach or start a cluster. What is left out comes from the environment.
struct ClusterOptions {
  /// `host:port`, `tcp://host:port` or `ipc://path` of a running dispatcher; empty: start one with
  /// its workers on this machine, private to this process.
  std::string address;
  /// Worker processes to start (GT_WORKERS). Only without an address.
  std::optional<int> workers;
  /// Threads of each started worker (GT_WORKER_THREADS). Only without an address.
  std::optional<int> worker_threads;
  /// Memory limit of each started worker, as GT_MEMORY_LIMIT takes it. Only without an address.
  std::optional<std::string> memory_limit;
  /// Engine of the started workers, as GT_BACKEND takes it. Only without an address.
  std::optional<std::string> backend;
  /// Device of the started workers, `cpu` or `cuda:N` (GT_DEVICE). Only without an address.
  std::optional<std::string> device;
  /// Allow an address on another machine, although nothing is authenticated or encrypted.
  bool insecure = false;
};

/// Uses the dispatcher at `address` from now on, for all threads; ends the session that was in use.
/// Throws ConnectionError naming the address if nothing answers within GT_CONNECT_TIMEOUT seconds,
/// Error for a malformed address. Tensors made before belong to the old session and cannot be used.
GT_API void connect(std::string_view address);
/// The same, or starts a cluster of its own. Throws Error naming what could not be found or
/// started.
GT_API void connect(const ClusterOptions& options);

/// Ends the session in order, and the processes it started. Does nothing without a session. The
/// next tensor starts anew; tensors made before cannot be used any more. Runs by itself at process
/// exit.
GT_API void shutdown();

/// Waits until everything emitted so far has run on the workers. Throws the oldest error that no
/// read has thrown yet; ConnectionError if the dispatcher is gone. Does nothing without a session.
GT_API void synchronize();

}  // namespace gt
