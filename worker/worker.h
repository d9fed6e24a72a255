// A worker: joins a dispatcher and executes its stream until it is told to end.
#pragma once

#include <chrono>
#include <string>

#include "common/process/stop_watcher.h"
#include "worker/engine/engine.h"

namespace gt::worker {

struct WorkerOptions {
  std::string address;  ///< of the dispatcher, normalised
  EngineOptions engine;
  int lifeline = -1;  ///< descriptor whose end of file ends the worker; -1: none
  std::string name;   ///< for people; empty: host and process
  /// That the end of a connection waits for what is being compiled. Less than a compilation may
  /// take only if the process ends without the destructors of static objects.
  std::chrono::milliseconds compile_patience = std::chrono::minutes(5);
};

/// Serves until SIGINT, SIGTERM or the end of the lifeline, which give 0. When the dispatcher is
/// lost, a worker with a lifeline ends with 1; one started by hand drops its state and keeps trying
/// to join again. A dispatcher that refuses the worker gives 1. Throws CommonError for options that
/// cannot work.
[[nodiscard]] int run_worker(const WorkerOptions& options);

}  // namespace gt::worker
