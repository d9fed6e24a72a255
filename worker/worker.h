// A worker: joins a dispatcher and executes its stream until it is told to end.
#pragma once

#include <string>

#include "common/process/stop_watcher.h"
#include "worker/engine/engine.h"

namespace gt::worker {

struct WorkerOptions {
  std::string address;  ///< of the dispatcher, normalised
  EngineOptions engine;
  int lifeline = -1;  ///< descriptor whose end of file ends the worker; -1: none
  std::string name;   ///< for people; empty: host and process
};

/// Serves until SIGINT, SIGTERM or the end of the lifeline, which give 0. When the dispatcher is
/// lost, a worker with a lifeline ends with 1; one started by hand drops its state and keeps trying
/// to join again. A dispatcher that refuses the worker gives 1. Throws CommonError for options that
/// cannot work.
[[nodiscard]] int run_worker(const WorkerOptions& options);

}  // namespace gt::worker
