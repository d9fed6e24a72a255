// A worker session that compiles, under test: the tests stand for client and dispatcher.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/stream_builder.h"
#include "tests/unit/allocation_counter.h"
#include "tests/unit/hotpath/interpreting_compiler.h"
#include "tests/unit/worker/executor_testing.h"
#include "worker/engine/native/native_engine.h"

namespace gt::worker::testing {

using Event = protocol::SequenceReport::Event;
using Action = protocol::ProgramDecision::Action;

/// Keeps reports beside what RecordingOutbox keeps.
class ReportingOutbox final : public Outbox {
 public:
  void to_dispatcher(protocol::Message message) override {
    if (auto* report = std::get_if<protocol::SequenceReport>(&message))
      sequences.push_back(std::move(*report));
    else
      others.to_dispatcher(std::move(message));
  }
  void to_dispatcher(OutgoingPayload payload) override { others.to_dispatcher(std::move(payload)); }
  void to_worker(protocol::WorkerId worker, protocol::Message message) override {
    others.to_worker(worker, std::move(message));
  }
  void to_worker(protocol::WorkerId worker, OutgoingPayload payload) override {
    others.to_worker(worker, std::move(payload));
  }

  std::vector<protocol::SequenceReport> sequences;
  RecordingOutbox others;
};

class HotSession {
 public:
  explicit HotSession(protocol::Settings settings) : settings_(std::move(settings)) {}
  HotSession(const HotSession&) = delete;
  HotSession& operator=(const HotSession&) = delete;
  ~HotSession() { executor->compile_pool().wait_until_idle(); }

  /// Goes to another engine, with kernels of another compiler, before anything is sent.
  void use(std::unique_ptr<Engine> other, hotpath::CompilerSetup compilers) {
    executor.reset();
    engine = std::move(other);
    executor =
        std::make_unique<Executor>(*engine, outbox, std::chrono::hours(1), std::move(compilers));
  }
  /// Sends what the builder holds, and runs it.
  void send(bool mark = false) {
    protocol::PlannedBatch batch;
    batch.session = 1;
    batch.sequence = ++sequence_;
    batch.mark = mark;
    batch.settings = std::exchange(settings_, {});
    batch.signals = std::exchange(signals, {});
    batch.decisions = std::exchange(decisions, {});
    batch.kinds = std::exchange(builder.kinds, {});
    batch.words = std::exchange(builder.words, {});
    executor->add(std::move(batch));
    run();
  }
  void run() {
    const std::size_t before = gt::testing::allocations();
    while (executor->step()) {
    }
    allocations += gt::testing::allocations() - before;
  }
  /// Time passes in which nothing comes.
  void rest() {
    executor->settle_quiet_sessions(std::chrono::steady_clock::duration::zero());
    run();
  }
  /// Decides as the dispatcher of one worker does.
  void answer_reports() {
    executor->compile_pool().wait_until_idle();
    for (; answered_ < outbox.sequences.size(); ++answered_) {
      const protocol::SequenceReport& report = outbox.sequences[answered_];
      if (report.event == Event::ready) decisions.push_back({report.sequence, Action::validate});
      if (report.event == Event::validated) decisions.push_back({report.sequence, Action::use});
    }
  }
  [[nodiscard]] std::size_t count(Event event) const {
    return static_cast<std::size_t>(
        std::count_if(outbox.sequences.begin(), outbox.sequences.end(),
                      [event](const auto& report) { return report.event == event; }));
  }
  [[nodiscard]] const protocol::SequenceReport* find(Event event) const {
    const auto found = std::find_if(outbox.sequences.begin(), outbox.sequences.end(),
                                    [event](const auto& report) { return report.event == event; });
    return found == outbox.sequences.end() ? nullptr : &*found;
  }
  /// All reports, for the message of a failure.
  [[nodiscard]] std::string reports() const {
    std::string text;
    for (const protocol::SequenceReport& report : outbox.sequences)
      text += std::to_string(static_cast<int>(report.event)) + " " +
              protocol::short_text(report.sequence) + " " + report.text + "\n";
    return text;
  }
  /// Fetches a value: its elements.
  std::vector<float> fetch(ValueId id, std::uint8_t rank) {
    builder.fetch(Operand::tensor(id, rank), ++request_);
    const std::size_t before = outbox.others.replies.size();
    send(true);
    if (outbox.others.replies.size() != before + 1) throw std::runtime_error("no reply");
    const protocol::FetchReply& reply = outbox.others.replies.back();
    EXPECT_FALSE(reply.failed) << reply.error.message;
    return floats(reply.bytes);
  }

  std::unique_ptr<Engine> engine = make_native_engine({.memory_limit = std::size_t{1} << 30});
  /// What the compiler is told. Its kernels run in the thread of the session.
  std::function<void(InterpretingCompiler&)> prepare_compiler;
  ReportingOutbox outbox;
  std::unique_ptr<Executor> executor = std::make_unique<Executor>(
      *engine, outbox, std::chrono::hours(1),
      hotpath::CompilerSetup{.make = [this]() -> std::unique_ptr<jit::KernelCompiler> {
        auto made = std::make_unique<InterpretingCompiler>(*engine);
        if (prepare_compiler) prepare_compiler(*made);
        return made;
      }});
  std::size_t allocations = 0;  ///< how often running asked the heap for memory
  StreamBuilder builder{InstructionForm::planned};
  std::vector<protocol::SignalDefinition> signals;
  std::vector<protocol::ProgramDecision> decisions;

 private:
  protocol::Settings settings_;
  std::uint64_t sequence_ = 0;
  std::uint64_t request_ = 0;
  std::size_t answered_ = 0;
};

inline protocol::Settings auto_compile() { return {{"GT_AUTO_COMPILE", "1"}}; }

/// `w -= 0.5 * relu(w + x)` step by step: values 1 (x) and 2 (w) come first.
class UpdateLoop {
 public:
  explicit UpdateLoop(HotSession& session, Shape shape = {4}) : session_(session), shape_(shape) {
    session_.builder.full(1, shape_, 0.25).full(2, shape_, 1.0);
    session_.send();
  }
  /// Appends one step; the last weight is `weight()`.
  void append() {
    StreamBuilder& builder = session_.builder;
    const auto rank = static_cast<std::uint8_t>(shape_.size());
    const ValueId sum = next_++, positive = next_++, scaled = next_++, updated = next_++;
    builder.add_tensors(sum, Operand::tensor(weight_, rank), Operand::tensor(1, rank), 11);
    builder.add(Op::relu, positive, {Operand::tensor(sum, rank, true)}, {}, 12);
    builder.add(Op::mul, scaled, {Operand::tensor(positive, rank, true), Operand::scalar(0.5)}, {},
                13);
    builder.add(Op::sub, updated,
                {Operand::tensor(weight_, rank, true), Operand::tensor(scaled, rank, true)},
                make_attributes(Op::sub, ScalarValue(1)), 14);
    weight_ = updated;
  }
  void step() {
    append();
    session_.answer_reports();
    session_.send();
  }
  void steps(int count) {
    for (int k = 0; k < count; ++k) step();
  }
  [[nodiscard]] ValueId weight() const noexcept { return weight_; }
  /// What a step makes of a weight.
  [[nodiscard]] static float after(float weight, int steps) {
    for (; steps > 0; --steps) weight -= 0.5f * std::max(weight + 0.25f, 0.0f);
    return weight;
  }

 private:
  HotSession& session_;
  Shape shape_;
  ValueId weight_ = 2;
  ValueId next_ = 100;
};

}  // namespace gt::worker::testing
