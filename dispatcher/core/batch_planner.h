// Rewrites the instructions of one client batch for the workers that hold the operands.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dispatcher/core/options.h"
#include "dispatcher/core/outbox.h"
#include "dispatcher/core/session.h"
#include "dispatcher/core/worker_registry.h"

namespace gt::dispatcher {

/// Plans a batch as far as it may go; made for that and thrown away. Throws a protocol violation if
/// the batch breaks a rule; the session must be closed then.
class BatchPlanner {
 public:
  BatchPlanner(Session& session, WorkerRegistry& workers, Outbox& outbox,
               const CoreOptions& options, PendingBatch& pending)
      : session_(session),
        workers_(workers),
        outbox_(outbox),
        options_(options),
        pending_(pending),
        batch_(pending.batch) {}

  enum class Outcome : std::uint8_t {
    complete,  ///< planned to its end
    waits,     ///< stopped before an upload or a fetch whose bytes have no room on their way
    paused,    ///< stopped after as many instructions as it may plan in a row
  };
  /// Plans instructions, at most `left` of them (and counts it down). Unless it pauses, sends at
  /// most one planned batch to each worker then; with the client's mark, to every worker that got
  /// instructions since the last one. If the batch is not complete, call it again later.
  [[nodiscard]] Outcome run(std::uint32_t& left);

 private:
  // batch_planner.cc
  void start(const LaneState& lane);
  void check_envelope(const LaneState& lane) const;
  void check_size() const;
  [[nodiscard]] bool plan(const Instruction& instruction);
  [[nodiscard]] BatchProgress& progress() const;
  void gather(const Instruction& instruction);
  void look_up_results(const Instruction& instruction);
  [[nodiscard]] const PlanCache::Metas& infer_results(const Instruction& instruction);
  [[nodiscard]] std::vector<OperandMeta> describe_operands(const Instruction& instruction) const;
  void log_received(const Instruction& instruction);
  [[noreturn]] void fail(const Instruction& instruction, const std::string& why) const;

  void pass_on(const Instruction& instruction, WorkerId worker);
  void execute(const Instruction& instruction, WorkerId worker);
  void add_results(const Instruction& instruction, WorkerId worker);
  void bury_dead(const Instruction& instruction, WorkerId executor, std::size_t header);

  [[nodiscard]] WorkerStream& stream_of(WorkerId worker) {
    return worker == last_worker_ ? *last_stream_ : open_stream(worker);
  }
  [[nodiscard]] WorkerStream& open_stream(WorkerId worker);
  void define(WorkerStream& stream, const PlannedKind& kind);
  std::size_t append(WorkerId worker, const PlannedKind& kind, SiteId site, ValueId first_output,
                     std::span<const std::uint64_t> operand_words,
                     std::span<const std::uint64_t> binding_words);
  void flush(bool is_complete);
  void forget_unused_metas();

  // batch_planner_movement.cc
  [[nodiscard]] bool has_room(const Instruction& instruction) const;
  [[nodiscard]] std::uint64_t reply_bytes() const;
  void move_operands(const Instruction& instruction, WorkerId worker);
  void start_upload(const Instruction& instruction, WorkerId worker);
  void start_fetch(const Instruction& instruction, WorkerId worker);
  void release(ValueId id, WorkerId except, SiteId site);
  void lose(const Instruction& instruction);

  Session& session_;
  WorkerRegistry& workers_;
  Outbox& outbox_;
  const CoreOptions& options_;
  PendingBatch& pending_;
  protocol::ClientBatch& batch_;  ///< of `pending_`

  WorkerId last_worker_ = kNoWorker;
  WorkerStream* last_stream_ = nullptr;  ///< of `last_worker_`
  // Of the instruction at hand.
  PlannedKind* kind_ = nullptr;
  std::vector<const Value*> values_;  ///< its tensor operands; valid until a value is made
  WorkerId sole_holder_ = kNoWorker;  ///< the one that holds all of them, if no other holds any
  const PlanCache::Metas* results_ = nullptr;
  std::shared_ptr<const protocol::ErrorRecord> loss_;
};

}  // namespace gt::dispatcher
