// Work of a GPU that is captured once and started many times, as a whole.
#pragma once

#include <cstddef>

namespace gt::worker {

/// Made by Engine::begin_capture: until `finish` nothing that is started on the engine, or in its
/// queue, runs; it becomes part of the graph, with the addresses and numbers that it has then. What
/// the engine allocates meanwhile belongs to the graph and keeps its place until the graph dies.
/// Destroyed before it is finished, a graph ends the capture, and nothing has happened.
class WorkGraph {
 public:
  virtual ~WorkGraph() = default;
  /// Ends the capture. Throws what the device says where something could not be captured.
  virtual void finish() = 0;
  /// The executable graph, in which launches of kernels can be changed (a CUgraphExec).
  [[nodiscard]] virtual void* handle() const noexcept = 0;
  /// Runs it after everything that is in the queue; returns at once.
  virtual void start() = 0;
  /// Copies memory of the device after everything that is in the queue; not a part of the graph.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
};

}  // namespace gt::worker
