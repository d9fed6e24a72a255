#include "worker/hotpath/hot_path.h"

#include <utility>

namespace gt::worker::hotpath {
namespace {

/// The lane whose stream the instruction belongs to.
LaneId lane_of_instruction(const Instruction& instruction) {
  return lane_of(instruction.row().results != 0 || instruction.operand_words.empty()
                     ? instruction.first_output
                     : instruction.operand_words[0]);
}

}  // namespace

HotPath::HotPath(const Wishes& wishes, Workshop& workshop, Host& host, std::string save_to)
    : wishes_(wishes), host_(host), book_(wishes, host, workshop, std::move(save_to)) {}

Lane& HotPath::lane(LaneId id) {
  std::unique_ptr<Lane>& lane = lanes_[id];
  if (lane == nullptr) lane = std::make_unique<Lane>(id, kinds_, wishes_, book_, host_);
  return *lane;
}

void HotPath::take(const Instruction& instruction) {
  const LaneId id = lane_of_instruction(instruction);
  if (lanes_.size() > 1) settle_other_lanes(instruction, id);
  lane(id).take(instruction);
}

/// Nothing overtakes what another lane keeps: neither a use of its values nor the end of a value
/// that it uses.
void HotPath::settle_other_lanes(const Instruction& instruction, LaneId id) {
  const bool may_end_values = instruction.may_end_values() || instruction.row().op == Op::release;
  for (const auto& [other, lane] : lanes_) {
    if (other == id || !lane->holds()) continue;
    bool meets = may_end_values && lane->holds_foreign_values();
    for (const sequence::TensorOperand& tensor : kinds_.at(instruction.kind_id).tensors)
      meets = meets || lane_of(instruction.operand_words[tensor.word]) == other;
    if (!meets) continue;
    lane->mark(Wait::observed);
    at_hand_ = lane.get();
    while (lane->has_work()) lane->work();
    at_hand_ = nullptr;
  }
}

void HotPath::mark() {
  for (const auto& [id, lane] : lanes_) lane->mark(Wait::hurried);
}

bool HotPath::has_work() const noexcept {
  for (const auto& [id, lane] : lanes_)
    if (lane->has_work()) return true;
  return false;
}

void HotPath::work() {
  for (const auto& [id, lane] : lanes_) {
    if (!lane->has_work()) continue;
    at_hand_ = lane.get();
    lane->work();
    at_hand_ = nullptr;
    return;
  }
}

bool HotPath::holds() const noexcept {
  for (const auto& [id, lane] : lanes_)
    if (lane->holds()) return true;
  return false;
}

}  // namespace gt::worker::hotpath
