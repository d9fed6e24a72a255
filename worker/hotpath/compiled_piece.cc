#include <algorithm>
#include <optional>
#include <utility>

#include "worker/hotpath/piece.h"

namespace gt::worker::hotpath {
CompiledPiece::~CompiledPiece() {
  if (run_ != nullptr) static_cast<void>(run_->abandon());
}

void CompiledPiece::begin(SegmentRun& run) {
  run_ = &run;
  left_ = count_items(queue_, run.code().source.length);
  covered_ = count_covered();
  state_ = State::waiting;
}

bool CompiledPiece::step() {
  switch (state_) {
    case State::waiting:
      end_lives();
      run_->begin(true);
      state_ = State::running;
      return run();
    case State::running:
      return run();
    case State::eager:
      host_.execute(queue_[0]);
      queue_.pop();
      return --left_ > 0;
  }
  return false;
}

/// Elements, and frees: up to where somebody looks at a value behind the segment.
std::size_t CompiledPiece::count_covered() const {
  std::size_t covered = 0;
  while (covered < left_ && (queue_.position(covered) || queue_.is_release(covered))) ++covered;
  return covered;
}

/// Values that are not used after the segment leave the table, so that the program is their only
/// owner.
void CompiledPiece::end_lives() {
  for (std::size_t k = 0; k < covered_; ++k) {
    if (queue_.is_release(k)) {
      host_.values().erase(queue_.word(k, 0));
      continue;
    }
    queue_.for_each_death(k, [this](ValueId id) { host_.values().erase(id); });
  }
}

bool CompiledPiece::run() {
  try {
    if (run_->step()) return true;
    store();
  } catch (const std::exception& error) {
    if (take_back()) return true;
    poison(error);
  }
  run_ = nullptr;
  state_ = State::eager;
  for (std::size_t k = 0; k < covered_; ++k, --left_) queue_.pop();
  return left_ > 0;
}

void CompiledPiece::store() {
  const std::vector<ValueId>& ids = run_->call().outputs;
  for (std::size_t k = 0; k < ids.size(); ++k)
    if (ids[k] != kNoValue) host_.values().make(ids[k]).first.value = run_->output(k);
  run_->finish();
}

/// The instructions run eagerly where nothing has been overwritten: the error is then that of
/// the one that fails.
bool CompiledPiece::take_back() {
  std::optional<std::vector<Value>> inputs = run_->abandon();
  if (!inputs) return false;
  const SegmentGraph& source = run_->code().source;
  for (std::size_t k = 0; k < source.inputs.size(); ++k) {
    const WordPlace& place = source.inputs[k];
    const ValueId id = queue_.word(queue_.element(place.element), place.word);
    if (host_.values().find(id) == nullptr)
      host_.values().make(id).first.value = std::move((*inputs)[k]);
  }
  run_ = nullptr;
  state_ = State::eager;
  return true;
}

void CompiledPiece::poison(const std::exception& error) {
  const std::uint32_t last = run_->code().source.length - 1;
  const std::size_t item = queue_.element(std::min(run_->current_origin(), last));
  const Poison poison = host_.fail(queue_[item], error);
  for (ValueId id : run_->call().outputs)
    if (id != kNoValue) host_.values().insert(id, {{}, poison, 0});
}

}  // namespace gt::worker::hotpath
