#include "dispatcher/core/placement.h"

#include <algorithm>

namespace gt::dispatcher {
namespace {

bool all_at(WorkerId worker, std::span<const Value* const> operands) {
  return std::all_of(operands.begin(), operands.end(),
                     [&](const Value* value) { return value->sole_holder == worker; });
}

std::size_t bytes_at(WorkerId worker, std::span<const Value* const> operands) {
  std::size_t bytes = 0;
  for (const Value* value : operands)
    if (value->is_held_by(worker)) bytes += value->meta->byte_count();
  return bytes;
}

}  // namespace

WorkerId place_with_operands(std::span<const Value* const> operands) {
  const WorkerId first = operands[0]->holders().front();
  if (all_at(first, operands)) return first;
  std::size_t largest = 0;
  for (const Value* value : operands) largest = std::max(largest, value->meta->byte_count());
  WorkerId best = kNoWorker;
  std::size_t best_bytes = 0;
  for (const Value* value : operands) {
    if (value->meta->byte_count() != largest) continue;
    for (WorkerId holder : value->holders()) {
      const std::size_t bytes = bytes_at(holder, operands);
      if (best == kNoWorker || bytes > best_bytes || (bytes == best_bytes && holder < best)) {
        best = holder;
        best_bytes = bytes;
      }
    }
  }
  return best;
}

WorkerId place_source(Session& session, Placement placement, const WorkerRegistry& workers) {
  switch (placement) {
    case Placement::home:
      return session.home;
    case Placement::spread:
      session.last_spread = workers.next_after(session.last_spread);
      return session.last_spread;
  }
  return kNoWorker;
}

}  // namespace gt::dispatcher
