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

/// Plans one batch; made for it and thrown away. Throws a protocol violation if the batch breaks a
/// rule; nothing of it has been sent to a worker as instruction then, and the session must be
/// closed.
class BatchPlanner {
 public:
  BatchPlanner(Session& session, WorkerRegistry& workers, Outbox& outbox,
               const CoreOptions& options, protocol::ClientBatch& batch)
      : session_(session), workers_(workers), outbox_(outbox), options_(options), batch_(batch) {}

  /// Plans all instructions, then sends at most one planned batch to each worker; with the
  /// client's mark, to every worker that got instructions since the last one.
  void run();

 private:
  struct TensorOperand {
    std::size_t index = 0;  ///< operand number in the kind
    ValueId id = 0;
  };

  void check_envelope(const LaneState& lane) const;
  void plan(const Instruction& instruction);
  void gather(const Instruction& instruction);
  void infer_results(const Instruction& instruction);
  [[noreturn]] void fail(const Instruction& instruction, const std::string& why) const;

  void execute(const Instruction& instruction, WorkerId worker);
  void move_operands(WorkerId worker, SiteId site);
  void start_upload(const Instruction& instruction, WorkerId worker);
  void start_fetch(const Instruction& instruction, WorkerId worker);
  void add_results(const Instruction& instruction, WorkerId worker);
  void bury_dead(const Instruction& instruction, WorkerId executor, std::size_t header);
  void release(ValueId id, WorkerId except, SiteId site);
  void lose(const Instruction& instruction);

  std::size_t append(WorkerId worker, const PlannedKind& kind, SiteId site, ValueId first_output,
                     std::span<const std::uint64_t> operand_words,
                     std::span<const std::uint64_t> binding_words);
  void flush();

  Session& session_;
  WorkerRegistry& workers_;
  Outbox& outbox_;
  const CoreOptions& options_;
  protocol::ClientBatch& batch_;

  std::uint64_t next_output_ = 0;
  std::size_t used_payloads_ = 0;
  // Of the instruction at hand.
  std::vector<OperandMeta> operands_;
  std::vector<TensorOperand> tensors_;
  std::vector<const Value*> values_;  ///< of `tensors_`
  const Inferred* inferred_ = nullptr;
  std::shared_ptr<const protocol::ErrorRecord> loss_;
};

}  // namespace gt::dispatcher
