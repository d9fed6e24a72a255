// The hot path of one session: all its lanes, between the stream and the engine.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/ops/instruction.h"
#include "worker/hotpath/lane.h"
#include "worker/hotpath/sequence_book.h"
#include "worker/hotpath/wishes.h"

namespace gt::worker::hotpath {

/// Takes the instructions of a session in their order, and runs them in an order that no program
/// can tell from it.
class HotPath {
 public:
  /// All are borrowed. `save_to`: folder for what is compiled, for people; empty for none.
  HotPath(const Wishes& wishes, Workshop& workshop, Host& host, std::string save_to);

  /// A kind, before its first instruction.
  void define(KindId id, const ResolvedKind& kind) { kinds_.define(id, kind); }
  void decide(const protocol::ProgramDecision& decision) { book_.decide(decision); }
  /// Between batches: takes what was compiled.
  void collect() { book_.collect(); }
  /// Before the end: reports what programs have done and was not reported yet.
  void report_runs() { book_.report_runs(); }

  /// The next instruction: runs it, or keeps it. Not while there is work.
  void take(const Instruction& instruction);
  /// Nothing may be kept any longer: it becomes work.
  void mark();
  /// What can run now. To be done before the next `take`.
  [[nodiscard]] bool has_work() const noexcept;
  /// Does a small part of it.
  void work();
  /// Whether instructions are kept that are no work yet.
  [[nodiscard]] bool holds() const noexcept;
  /// What is kept behind the instruction that is being run; null if it is none that was kept.
  [[nodiscard]] const InstructionQueue* queue_at_hand() const noexcept {
    return at_hand_ == nullptr ? nullptr : &at_hand_->queue();
  }

 private:
  [[nodiscard]] Lane& lane(LaneId id);
  void settle_other_lanes(const Instruction& instruction, LaneId id);

  const Wishes& wishes_;
  Host& host_;
  sequence::KindCatalog kinds_;
  SequenceBook book_;
  std::map<LaneId, std::unique_ptr<Lane>> lanes_;
  Lane* at_hand_ = nullptr;  ///< whose work is being done
};

}  // namespace gt::worker::hotpath
