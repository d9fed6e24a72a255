// The embedded cluster that a benchmark runs on.
#pragma once

#include <gt/cluster.h>

namespace gt::bench {

/// A dispatcher and one worker of one compute thread, from construction to destruction.
class OneWorker {
 public:
  OneWorker() {
    ClusterOptions options;
    options.workers = 1;
    options.worker_threads = 1;
    connect(options);
  }
  ~OneWorker() { shutdown(); }
  OneWorker(const OneWorker&) = delete;
  OneWorker& operator=(const OneWorker&) = delete;
};

}  // namespace gt::bench
