#include <utility>

#include "worker/hotpath/piece.h"

namespace gt::worker::hotpath {
namespace {

class EagerPiece final : public Piece {
 public:
  EagerPiece(std::size_t items, InstructionQueue& queue, Host& host, BeforeElement before)
      : left_(items), queue_(queue), host_(host), before_(std::move(before)) {}

  bool step() override {
    if (left_ == 0) return false;
    const bool is_element = queue_.position(0).has_value();
    const Instruction instruction = queue_[0];
    if (is_element && before_) before_(instruction);
    host_.execute(instruction);
    queue_.pop();
    return --left_ > 0;
  }

 private:
  std::size_t left_;
  InstructionQueue& queue_;
  Host& host_;
  BeforeElement before_;
};

}  // namespace

std::unique_ptr<Piece> make_eager_piece(std::uint64_t elements, InstructionQueue& queue, Host& host,
                                        BeforeElement before) {
  return std::make_unique<EagerPiece>(count_items(queue, elements), queue, host, std::move(before));
}

std::size_t count_items(const InstructionQueue& queue, std::uint64_t elements) {
  std::size_t items = 0;
  for (; items < queue.size(); ++items)
    if (queue.position(items) && elements-- == 0) break;
  return items;
}

}  // namespace gt::worker::hotpath
