// Memory, streams and graphs of a GPU by its driver alone, for tests where nothing else is
// installed.
#pragma once

#include <memory>
#include <string>

#include "tests/targets/staged_compiler.h"

namespace gt::worker::jit {

class DriverRoom : public DeviceRoom {
 public:
  /// For all that was started.
  virtual void wait() = 0;
  /// What the queue is given until `end_capture` becomes a graph.
  virtual void begin_capture() = 0;
  /// The executable graph (a CUgraphExec), which lives as long as the room.
  [[nodiscard]] virtual void* end_capture() = 0;
  virtual void start(void* graph) = 0;
};

/// Of GPU number 0. Throws CommonError(kInternal) where there is none.
[[nodiscard]] std::shared_ptr<DriverRoom> make_driver_room();

}  // namespace gt::worker::jit
