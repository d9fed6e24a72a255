// All hot sequences of one session, whichever lane they run in, and what the dispatcher decided.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "common/protocol/messages.h"
#include "worker/hotpath/host.h"
#include "worker/hotpath/sequence.h"
#include "worker/hotpath/validation.h"
#include "worker/hotpath/wishes.h"
#include "worker/hotpath/workshop.h"

namespace gt::worker::hotpath {

class SequenceBook {
 public:
  /// All are borrowed. `save_to` as in CompileChoices.
  SequenceBook(const Wishes& wishes, Host& host, Workshop& workshop, std::string save_to)
      : wishes_(wishes), host_(host), workshop_(workshop), save_to_(std::move(save_to)) {}
  SequenceBook(const SequenceBook&) = delete;
  SequenceBook& operator=(const SequenceBook&) = delete;
  ~SequenceBook();

  /// The sequence of a hot unit; null if there are too many.
  [[nodiscard]] Sequence* adopt(const std::shared_ptr<const sequence::Unit>& unit, std::string text,
                                std::uint64_t executions);
  /// An execution has been recorded: compile it, unless that was done before.
  void compile(Sequence& sequence, LaneId lane, Recording recording);
  /// Between batches: takes what was compiled meanwhile.
  void collect();
  void decide(const protocol::ProgramDecision& decision);

  /// But for results of a segment that live on, the program fits the execution at hand.
  void note_missing(Sequence& sequence, Program& program, LaneId lane, std::size_t segment,
                    std::span<const ResultPlace> results);

  /// An execution has ended. Times are in seconds, 0 for one that was not measured.
  static void count_eager(Sequence& sequence, double seconds);
  void count_compiled(Sequence& sequence, Program& program, LaneId lane, double seconds);
  /// Reports what has been counted and is not reported yet.
  void report_runs();
  void segment_validated(Sequence& sequence, Program& program, LaneId lane, std::size_t segment,
                         const Validation& validation);

  void report(protocol::SequenceReport::Event event, const Sequence& sequence,
              const sequence::Hash128& id, LaneId lane, std::string text = {}, double seconds = 0,
              double compiled_seconds = 0);

 private:
  struct Place {
    Sequence* sequence = nullptr;
    Program* program = nullptr;
    LaneId lane = 0;
    std::string reason = {};    ///< why it is compiled anew
    bool is_announced = false;  ///< that it is compiled
    bool is_reported = false;   ///< that it is ready
  };
  void start(Sequence& sequence, LaneId lane, const sequence::Hash128& id, Recording recording,
             std::string reason, bool makes_more = false);
  [[nodiscard]] bool awaits_more(Sequence& sequence, sequence::Hash128& id, Recording& recording);
  struct General {
    Recording recording;
    const Program* from = nullptr;  ///< the earlier program that it is a case of, too
  };
  [[nodiscard]] std::string find_kind_change(const Sequence& sequence,
                                             const Recording& recording) const;
  [[nodiscard]] std::optional<General> find_general(const Sequence& sequence,
                                                    const Recording& recording) const;
  [[nodiscard]] bool keeps_sizes(const Sequence& sequence, const Recording& recording) const;
  [[nodiscard]] Place* find(const sequence::Hash128& id);
  void announce(Place& place);
  void take_result(Place& place, CompileResult result);
  void postpone(const sequence::Hash128& id, double pays_from);
  void give_up(Place& place, std::string reason);
  void report_ready(Place& place);
  static void drop(Sequence& sequence, Program& program);
  void settle(Program& program, double seconds);
  void report_refusal(const Sequence& sequence, Program& program, LaneId lane);
  void judge_gain(Sequence& sequence, Program& program, LaneId lane);
  void report_runs(const Sequence& sequence, Program& program, LaneId lane);

  [[nodiscard]] bool has_mode(const Recording& recording, config::CompileMode mode) const;
  [[nodiscard]] CompileChoices choices_for(const Recording& recording,
                                           const sequence::Hash128& structure,
                                           const sequence::Hash128& id) const;

  const Wishes& wishes_;
  Host& host_;
  Workshop& workshop_;
  std::string save_to_;
  std::map<sequence::Hash128, std::unique_ptr<Sequence>, protocol::SequenceIdLess>
      sequences_;                                                          ///< by structure
  std::map<sequence::Hash128, Place, protocol::SequenceIdLess> programs_;  ///< by id
  std::uint64_t batch_ = 0;                                                ///< the one at hand
  /// Whether an earlier start has made the first program's code; nothing before there is one.
  std::optional<bool> is_known_;
};

}  // namespace gt::worker::hotpath
