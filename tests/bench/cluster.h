// The clusters that benchmarks run on.
#pragma once

#include <gt/cluster.h>

#include <string>

#include "tests/bench/child_program.h"

namespace gt::bench {

/// A dispatcher and one worker of one compute thread, if nothing else is said, or on a GPU, from
/// construction to destruction.
class OneWorker {
 public:
  explicit OneWorker(const char* device = "cpu", int threads = 1) {
    ClusterOptions options;
    options.device = device;
    options.workers = 1;
    options.worker_threads = threads;
    connect(options);
  }
  ~OneWorker() { shutdown(); }
  OneWorker(const OneWorker&) = delete;
  OneWorker& operator=(const OneWorker&) = delete;
};

/// The same over tcp on this machine, as between machines.
class OneWorkerOverTcp {
 public:
  OneWorkerOverTcp() : OneWorkerOverTcp(free_tcp_address()) {}
  ~OneWorkerOverTcp() { shutdown(); }
  OneWorkerOverTcp(const OneWorkerOverTcp&) = delete;
  OneWorkerOverTcp& operator=(const OneWorkerOverTcp&) = delete;

 private:
  explicit OneWorkerOverTcp(const std::string& address);
  /// An address of this machine that nobody listens at.
  [[nodiscard]] static std::string free_tcp_address();

  ChildProgram server_;
  ChildProgram worker_;
};

}  // namespace gt::bench
