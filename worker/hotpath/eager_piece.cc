#include <utility>

#include "worker/hotpath/piece.h"

namespace gt::worker::hotpath {

void EagerPiece::begin(std::uint64_t elements, BeforeElement before) {
  left_ = count_items(queue_, elements);
  before_ = std::move(before);
}

bool EagerPiece::step() {
  if (left_ == 0) return false;
  const bool is_element = queue_.position(0).has_value();
  const Instruction instruction = queue_[0];
  if (is_element && before_) before_(instruction);
  host_.execute(instruction);
  queue_.pop();
  return --left_ > 0;
}

std::size_t count_items(const InstructionQueue& queue, std::uint64_t elements) {
  return elements < queue.elements() ? queue.element(elements) : queue.size();
}

}  // namespace gt::worker::hotpath
