#include <utility>

#include "worker/hotpath/piece.h"

namespace gt::worker::hotpath {
namespace {

class CompiledPiece final : public Piece {
 public:
  CompiledPiece(SegmentRun& run, SegmentCall call, InstructionQueue& queue, Host& host)
      : run_(run),
        call_(std::move(call)),
        queue_(queue),
        host_(host),
        left_(count_items(queue, run.code().source.length)),
        covered_(count_covered()) {}
  CompiledPiece(const CompiledPiece&) = delete;
  CompiledPiece& operator=(const CompiledPiece&) = delete;
  ~CompiledPiece() override {
    if (state_ == State::running) static_cast<void>(run_.abandon());
  }

  bool step() override {
    switch (state_) {
      case State::waiting:
        end_lives();
        run_.begin(std::move(call_.inputs));
        state_ = State::running;
        return true;
      case State::running:
        return run();
      case State::eager:
        host_.execute(queue_[0]);
        queue_.pop();
        return --left_ > 0;
    }
    return false;
  }

 private:
  enum class State : std::uint8_t { waiting, running, eager };

  /// Elements, and frees: up to where somebody looks at a value behind the segment.
  [[nodiscard]] std::size_t count_covered() const {
    std::size_t covered = 0;
    while (covered < left_ && (queue_.position(covered) || is_release(queue_[covered]))) ++covered;
    return covered;
  }
  static bool is_release(const Instruction& instruction) {
    return instruction.row().op == Op::release;
  }

  /// Values that are not used after the segment leave the table, so that the program is their only
  /// owner.
  void end_lives() {
    for (std::size_t k = 0; k < covered_; ++k) {
      const Instruction instruction = queue_[k];
      if (is_release(instruction)) {
        let_go(instruction.operand_words[0]);
        continue;
      }
      if (!instruction.may_end_values()) continue;
      const auto& types = instruction.kind->kind.operands;
      std::size_t word = 0;
      for (std::size_t o = 0; o < types.size(); ++o) {
        if (types[o].form == OperandMeta::Form::none) continue;
        const ValueId id = instruction.operand_words[word++];
        if (types[o].form == OperandMeta::Form::tensor && instruction.dies(o)) let_go(id);
      }
    }
  }
  void let_go(ValueId id) { host_.values().erase(id); }

  bool run() {
    try {
      if (run_.step()) return true;
      store(run_.finish());
    } catch (const std::exception& error) {
      if (take_back()) return true;
      poison(error);
    }
    state_ = State::eager;
    for (std::size_t k = 0; k < covered_; ++k, --left_) queue_.pop();
    return left_ > 0;
  }

  void store(std::vector<Value> outputs) {
    for (std::size_t k = 0; k < outputs.size(); ++k)
      if (call_.outputs[k] != kNoValue)
        host_.values().make(call_.outputs[k]).first.value = std::move(outputs[k]);
  }

  /// The instructions run eagerly where nothing has been overwritten: the error is then that of
  /// the one that fails.
  bool take_back() {
    std::optional<std::vector<Value>> inputs = run_.abandon();
    if (!inputs) return false;
    const SegmentGraph& source = run_.code().source;
    std::vector<ValueId> ids = input_ids(source);
    for (std::size_t k = 0; k < ids.size(); ++k)
      if (host_.values().find(ids[k]) == nullptr)
        host_.values().make(ids[k]).first.value = std::move((*inputs)[k]);
    state_ = State::eager;
    return true;
  }
  [[nodiscard]] std::vector<ValueId> input_ids(const SegmentGraph& source) const {
    std::vector<std::size_t> elements;
    for (std::size_t k = 0; k < covered_; ++k)
      if (queue_.position(k)) elements.push_back(k);
    std::vector<ValueId> ids;
    for (const WordPlace& place : source.inputs)
      ids.push_back(queue_[elements[place.element]].operand_words[place.word]);
    return ids;
  }

  void poison(const std::exception& error) {
    std::uint32_t element = run_.current_origin();
    std::size_t item = 0;
    for (; item + 1 < covered_; ++item)
      if (queue_.position(item) && element-- == 0) break;
    const Poison poison = host_.fail(queue_[item], error);
    for (ValueId id : call_.outputs)
      if (id != kNoValue) host_.values().insert(id, {{}, poison, 0});
  }

  SegmentRun& run_;
  SegmentCall call_;
  InstructionQueue& queue_;
  Host& host_;
  std::size_t left_;     ///< instructions in front of the queue that are to be run
  std::size_t covered_;  ///< of these, what the program stands for
  State state_ = State::waiting;
};

}  // namespace

std::unique_ptr<Piece> make_compiled_piece(SegmentRun& run, SegmentCall call,
                                           InstructionQueue& queue, Host& host) {
  return std::make_unique<CompiledPiece>(run, std::move(call), queue, host);
}

}  // namespace gt::worker::hotpath
