// Deaths: values that the program let go of.
#include "client/src/session/session.h"
#include "client/src/session/thread_local.h"

namespace gt::client {

void Session::release(const ValueRecord* value) noexcept {
  if (is_ended_.load(std::memory_order_relaxed) || !is_of_this_process()) return;
  // An awake flusher looks after what this thread leaves behind when it goes on to something else.
  // It may fall asleep just now: then the value ends when it wakes for other reasons.
  Lane* lane = lane_in_use();
  if (lane != nullptr && !is_flusher_asleep_.load(std::memory_order_relaxed) &&
      lane->released.push(value))
    return;
  try {
    if (is_locked_by_this_thread()) {
      deferred_.push_back(value);
      return;
    }
    Lock lock(*this);
    if (lane != nullptr) retire_released(*lane);
    retire(value);
  } catch (const std::exception&) {
    // Out of memory: the value lives until the session ends.
  }
}

void Session::retire_released(Lane& lane) {
  while (const ValueRecord* value = lane.released.pop()) retire(value);
}

void Session::retire_all_released() {
  for (Lane& lane : lanes_) retire_released(lane);
}

void Session::retire(const ValueRecord* value) {
  if (is_ended_) return;
  const ValueRecord::Use& use = value->last_use;
  if (use.by_several_lanes && !try_flush_all()) {
    deferred_.push_back(value);
    return;
  }
  errors_.forget(value->id);
  Lane& lane = lanes_[use.lane];
  if (use.batch != lane.sequence || use.by_several_lanes)
    append_release(lane, *value);
  else if (use.operand < ValueRecord::Use::kMadeHere)
    InstructionWriter::mark_dead(lane.words, use.header, use.operand);
  else
    InstructionWriter::mark_results_dead(
        lane.words, use.header, std::uint64_t{1} << (use.operand - ValueRecord::Use::kMadeHere));
  values_.end(value);
}

void Session::append_release(Lane& lane, const ValueRecord& value) {
  const KindTable::Named named =
      kinds_.release_of(value.meta.dtype, static_cast<std::uint8_t>(value.meta.shape.size()));
  if (!lane.is_open()) lane.first_output = lane.next_output;
  InstructionWriter writer(InstructionForm::client, lane.words);
  const std::size_t header =
      writer.append(named.id, *named.kind, 0, 0, std::span(&value.id, 1), {});
  InstructionWriter::mark_dead(lane.words, header, 0);
  note_activity();
  if (lane.is_full()) try_flush(lane);
}

void Session::retire_deferred() noexcept {
  try {
    for (const ValueRecord* value : std::exchange(deferred_, {})) retire(value);
  } catch (const std::exception&) {
    // Out of memory: the values live until the session ends.
  }
}

}  // namespace gt::client
