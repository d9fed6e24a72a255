// One session on a worker: its kinds, values and payloads, and the batches it still has to run.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/ops/instruction.h"
#include "common/protocol/messages.h"
#include "worker/engine/engine.h"
#include "worker/execution/kind_table.h"
#include "worker/execution/lender.h"
#include "worker/execution/outbox.h"
#include "worker/execution/payload_store.h"
#include "worker/execution/turn.h"
#include "worker/execution/value_table.h"
#include "worker/hotpath/hot_path.h"

namespace gt::worker {

/// Runs the planned batches of a session in order. An upload or receive whose payload is under way
/// pauses this session only. No failure leaves it: a failed instruction makes an ErrorRecord that
/// poisons its results and whatever depends on them, and is reported to the dispatcher once.
class Session : private hotpath::Host {
 public:
  /// Engine, outbox, memory and workshop are borrowed.
  Session(protocol::SessionId id, Engine& engine, Outbox& outbox, SharedMemory& memory,
          hotpath::Workshop& workshop);

  void enqueue(protocol::PlannedBatch batch);
  /// Adds a part of a payload; see PayloadStore.
  void add_payload(payload::ReceivedFrame frame);
  void fail_payload(protocol::PayloadFailed failed);

  /// Whether `run_batch` would get on.
  [[nodiscard]] bool is_runnable() const;

  /// Runs the first batch until it ends, waits for a payload, or the turn is over. Gives its
  /// sequence number when it has ended.
  std::optional<std::uint64_t> run_batch(Turn& turn);

  /// Whether instructions are kept that may become part of a program.
  [[nodiscard]] bool holds() const { return hot_path_ != nullptr && hot_path_->holds(); }
  /// Nothing came for a while: what is kept is to be run.
  void settle() { hot_path_->mark(); }
  /// The session has ended: what is counted of its programs is reported.
  void end() {
    if (hot_path_ != nullptr) hot_path_->report_runs();
  }
  /// When the last batch came or ended, of a session that compiles.
  [[nodiscard]] std::chrono::steady_clock::time_point quiet_since() const { return quiet_since_; }

  [[nodiscard]] std::size_t live_values() const noexcept { return values_.size(); }

 private:
  struct KindLookup {
    const KindTable* kinds;
    const ResolvedKind* operator()(KindId id) const noexcept {
      const KindTable::Entry* entry = kinds->find(id);
      return entry == nullptr ? nullptr : &entry->resolved;
    }
  };
  using Reader = InstructionReader<KindLookup>;

  // session.cc
  void start_batch();
  void end_batch();
  [[nodiscard]] bool has_work() const { return hot_path_ != nullptr && hot_path_->has_work(); }
  void read_wishes(const protocol::PlannedBatch& batch);
  void define_kinds(std::vector<protocol::KindDefinition>& kinds);
  [[nodiscard]] bool read_instruction();
  [[nodiscard]] bool waits(const Instruction& instruction) const;
  void compute(const Instruction& instruction, KindTable::Entry& kind);
  void run_call(const Instruction& instruction, CallCache& calls);
  [[nodiscard]] Poison gather(const Instruction& instruction);
  [[nodiscard]] bool is_reusable(const Instruction& instruction, std::size_t operand) const;
  void poison_results(const Instruction& instruction, const Poison& poison);
  void consume(const Instruction& instruction);
  /// A cleared entry for a new value.
  [[nodiscard]] TableEntry& make_entry(ValueId id);
  void store(ValueId id, TableEntry&& entry);
  [[nodiscard]] Poison fail(const Instruction& instruction, ErrorKind kind, std::string message);
  void report_broken_stream(const std::string& message);
  template <class Action>
  [[nodiscard]] Poison guard(const Instruction& instruction, Action&& action);

  // hotpath::Host
  void execute(const Instruction& instruction) override;
  [[nodiscard]] Poison fail(const Instruction& instruction, const std::exception& error) override;
  [[nodiscard]] ValueTable& values() noexcept override { return values_; }
  [[nodiscard]] Engine& engine() noexcept override { return engine_; }
  void report(protocol::SequenceReport report) override;

  // look_ahead.cc
  [[nodiscard]] bool may_change_first_operand(const Instruction& instruction);
  [[nodiscard]] bool is_released_next(ValueId id) const;

  // communication.cc
  void communicate(const Instruction& instruction);
  void receive_payload(const Instruction& instruction);
  [[nodiscard]] transport::SharedBlockRef read(const Value& value);
  [[nodiscard]] Poison find_operand(const Instruction& instruction, const Value*& value);
  void fetch(const Instruction& instruction);
  void send(const Instruction& instruction);

  // recovery.cc
  /// Result k of an instruction that could not run, with its fallback.
  [[nodiscard]] TableEntry poisoned_result(const Instruction& instruction, const Poison& poison,
                                           std::size_t k);
  [[nodiscard]] Value view_of(const Instruction& instruction, const Value& fallback);
  void recover(const Instruction& instruction);

  protocol::SessionId id_;
  Engine& engine_;
  Outbox& outbox_;
  KindTable kinds_;
  ValueTable values_;
  transport::SharedPool pool_;
  Lender lender_;
  PayloadStore payloads_;

  hotpath::Workshop& workshop_;
  hotpath::Wishes wishes_;
  std::chrono::steady_clock::time_point quiet_since_;
  std::unique_ptr<hotpath::HotPath> hot_path_;  ///< null where the session compiles nothing

  std::deque<protocol::PlannedBatch> batches_;
  std::optional<Reader> reader_;         ///< over the words of batches_.front(), once it started
  Instruction instruction_;              ///< read last
  bool is_pending_ = false;              ///< it was read, but waits for its payload
  bool is_marked_ = false;               ///< the batch has ended but for what its mark set free
  std::vector<EngineOperand> operands_;  ///< of it; kept to spare allocations
};

/// The number under which an upload or receive asks for its payload.
[[nodiscard]] protocol::PayloadId payload_of(const Instruction& instruction);

/// `float32[2, 3]` for a tensor, the number for a scalar, `none` for an absent operand.
[[nodiscard]] std::string describe(const EngineOperand& operand);

}  // namespace gt::worker
