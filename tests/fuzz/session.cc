// Whole sessions: arbitrary messages of clients, workers and monitors, fed to the dispatcher's core
// and to the executor of an honest worker behind it. Whatever the others do, a quiet client gets
// its own values right, only offenders are dropped, and all memory is free at the end.
#include <deque>
#include <map>
#include <memory>

#include "common/payload/payload_sender.h"
#include "common/payload/received_frame.h"
#include "dispatcher/core/core.h"
#include "tests/fuzz/any_message.h"
#include "tests/fuzz/program_writer.h"
#include "worker/execution/executor.h"

namespace {

using namespace gt;
using dispatcher::Event;
using dispatcher::FrameReceived;
using dispatcher::MessageReceived;
using dispatcher::PeerId;

constexpr PeerId kWorker = 1;   ///< honest
constexpr PeerId kWitness = 2;  ///< an honest client
constexpr protocol::SessionId kWitnessSession = 1;
constexpr PeerId kFirstOther = 3;
constexpr PeerId kLastOther = 6;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// An executor whose messages wait until they are fetched.
class HonestWorker final : public worker::Outbox {
 public:
  HonestWorker() : executor(engine(), *this, std::chrono::hours(1)) {}

  void to_dispatcher(protocol::Message message) override {
    events.emplace_back(MessageReceived{kWorker, std::move(message)});
  }
  void to_dispatcher(worker::OutgoingPayload payload) override {
    require(payload::send_in_parts(payload, [this](std::vector<std::byte> bytes,
                                                   transport::SharedBlockRef attachment) {
      const auto header = protocol::read_frame_header(bytes, attachment->size());
      events.emplace_back(FrameReceived{kWorker, header, std::move(bytes), std::move(attachment)});
      return true;
    }));
  }
  void to_worker(protocol::WorkerId, protocol::Message) override {}
  void to_worker(protocol::WorkerId, worker::OutgoingPayload) override {}

  void receive(protocol::Message message) {
    if (auto* batch = std::get_if<protocol::PlannedBatch>(&message))
      executor.add(std::move(*batch));
    else if (auto* failed = std::get_if<protocol::PayloadFailed>(&message))
      executor.add(std::move(*failed));
    else if (auto* closed = std::get_if<protocol::SessionClosed>(&message))
      executor.add(*closed);
  }
  void receive(const dispatcher::ForwardFrame& frame) {
    executor.add(payload::read_frame(
        {transport::kServer, transport::Lane::bulk, frame.bytes, frame.attachment}));
  }
  static std::size_t bytes_in_use() { return engine().allocator().bytes_in_use(); }

  std::deque<Event> events;
  worker::Executor executor;

 private:
  /// Serves all inputs: each gives back what it took.
  static worker::Engine& engine() {
    static const auto engine = worker::make_engine({.backend = "default",
                                                    .device = "cpu",
                                                    .memory_limit = std::size_t{4} << 20,
                                                    .threads = 1});
    return *engine;
  }
};

/// What the quiet client does: one value at the beginning, read at the end.
class Witness {
 public:
  void receive(const protocol::Message& message) {
    require(!std::holds_alternative<protocol::Refusal>(message));
    require(!std::holds_alternative<protocol::ErrorReport>(message));
    if (const auto* reply = std::get_if<protocol::FetchReply>(&message)) {
      require(!reply->failed && reply->request == 1 && reply->bytes == expected());
      is_answered = true;
    }
  }
  protocol::ClientBatch first_batch() {
    protocol::ClientBatch batch;
    batch.sequence = 1;
    append(batch, 0, Op::full, make_attributes(Op::full, Shape{3}, ScalarValue(7), DType::kInt64),
           {});
    return batch;
  }
  protocol::ClientBatch last_batch() {
    protocol::ClientBatch batch;
    batch.sequence = 2;
    batch.first_output = 1;
    batch.mark = true;
    append(batch, 1, Op::fetch, make_attributes(Op::fetch, 1), {0});
    return batch;
  }

  bool is_answered = false;

 private:
  static std::vector<std::byte> expected() {
    constexpr std::int64_t kValues[] = {7, 7, 7};
    const auto bytes = std::as_bytes(std::span(kValues));
    return {bytes.begin(), bytes.end()};
  }
  static void append(protocol::ClientBatch& batch, KindId id, Op op, const Attributes& attributes,
                     const std::vector<std::uint64_t>& operands) {
    Kind kind{.op = op, .signal = 0, .operands = {}, .statics = {}};
    kind.operands.resize(operands.size(), {OperandMeta::Form::tensor, DType::kInt64, 1});
    Attributes::Words bindings;
    split_attributes(row_of(op), attributes, kind.statics, bindings);
    batch.kinds.push_back({id, kind});
    InstructionWriter(InstructionForm::client, batch.words)
        .append(id, resolve(kind), 0, 0, operands, {bindings.begin(), bindings.end()});
  }
};

class Cluster {
 public:
  Cluster() {
    apply(MessageReceived{kWorker, protocol::WorkerHello{}});
    apply(MessageReceived{kWitness, protocol::ClientHello{}});
    apply(MessageReceived{kWitness, witness_.first_batch()});
    run();
  }

  /// One step of the others, or of the honest.
  void step(FuzzedDataProvider& input) {
    const auto peer = input.ConsumeIntegralInRange<PeerId>(kFirstOther, kLastOther);
    switch (input.ConsumeIntegralInRange(0, 10)) {
      case 0:
        return apply(MessageReceived{peer, fuzz::any_message(input)});
      case 1:
        return apply(event_of(peer, fuzz::frame(input)));
      case 2:
        return apply(dispatcher::PeerLost{peer, "cut"});
      case 3:
        return apply(MessageReceived{peer, protocol::ClientHello{}});
      case 4:
        worker_.executor.step();
        return deliver(1);
      case 5:
        return run();
      case 6:
        return tick(input.ConsumeIntegralInRange<std::uint64_t>(0, 2000));
      case 7:
        return apply(event_of(peer, others_[peer].upload_frame(input, sessions_[peer])));
      case 8:
        return report(fuzz::sequence_report(input));
      default:
        return apply(MessageReceived{peer, others_[peer].batch(input)});
    }
  }

  /// Whatever the honest worker says of sequences, it says of the witness.
  void report(protocol::SequenceReport report) {
    report.session = kWitnessSession;
    report.lane = 0;
    apply(MessageReceived{kWorker, std::move(report)});
  }

  void end() {
    for (PeerId peer = kFirstOther; peer <= kLastOther; ++peer)
      apply(dispatcher::PeerLost{peer, "the end"});
    run();
    apply(MessageReceived{kWitness, witness_.last_batch()});
    run();
    require(witness_.is_answered);
    apply(MessageReceived{kWitness, protocol::Goodbye{}});
    run();
    require(core_.session_count() == 0 && core_.worker_count() == 1 && !core_.has_more());
    require(worker_.executor.session_count() == 0 && worker_.bytes_in_use() == 0);
  }

 private:
  static Event event_of(PeerId peer, const protocol::PayloadFrame& frame) {
    try {
      auto bytes = protocol::encode(frame);
      const auto header = protocol::view_frame(bytes).header;
      return FrameReceived{peer, header, std::move(bytes)};
    } catch (const CommonError& error) {
      return dispatcher::MalformedReceived{peer, error.what()};
    }
  }

  void apply(Event event) {
    for (dispatcher::Action& action : core_.apply(std::move(event)))
      std::visit([this](auto& content) { perform(content); }, action);
  }

  /// Whoever is sent something can read it.
  void perform(const dispatcher::SendMessage& action) {
    protocol::Message message = protocol::decode(protocol::encode(action.message));
    if (action.peer == kWorker)
      worker_.receive(std::move(message));
    else if (action.peer == kWitness)
      witness_.receive(message);
    else if (const auto* welcome = std::get_if<protocol::ClientWelcome>(&message)) {
      sessions_[action.peer] = welcome->session;
      others_[action.peer] = {};
    }
  }
  void perform(const dispatcher::ForwardFrame& action) {
    static_cast<void>(payload::read_frame(
        {transport::kServer, transport::Lane::bulk, action.bytes, action.attachment}));
    if (action.peer == kWorker) worker_.receive(action);
  }
  void perform(const dispatcher::DropPeer& action) {
    require(action.peer != kWorker && (action.peer != kWitness || witness_.is_answered));
  }
  void perform(const dispatcher::LogLine&) {}
  void perform(const dispatcher::CleanUpAddress&) {}

  void deliver(std::size_t at_most) {
    for (; at_most > 0 && !worker_.events.empty(); --at_most) {
      Event event = std::move(worker_.events.front());
      worker_.events.pop_front();
      apply(std::move(event));
    }
  }

  /// Until nobody who is honest has anything to do.
  void run() {
    while (worker_.executor.step() || !worker_.events.empty() || core_.has_more()) {
      deliver(worker_.events.size());
      if (core_.has_more()) apply(dispatcher::Proceed{});
    }
  }

  /// The honest are heard of in time.
  void tick(std::uint64_t ms) {
    now_ms_ += ms;
    if (!witness_.is_answered) apply(MessageReceived{kWitness, protocol::Heartbeat{}});
    apply(MessageReceived{kWorker, protocol::Heartbeat{}});
    apply(dispatcher::Tick{now_ms_});
  }

  static dispatcher::CoreOptions options() {
    dispatcher::CoreOptions options;
    options.credits = 4;
    options.worker_credits = 2;
    options.instructions_a_turn = 4;
    options.upload_window = options.reply_window = std::uint64_t{16} << 10;
    options.max_early_payload_bytes = options.max_waiting_payload_bytes = std::size_t{4} << 10;
    options.log_instructions = true;
    return options;
  }

  dispatcher::Core core_{options()};
  HonestWorker worker_;
  Witness witness_;
  std::map<PeerId, fuzz::ProgramWriter> others_;
  std::map<PeerId, protocol::SessionId> sessions_;
  std::uint64_t now_ms_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  Cluster cluster;
  while (input.remaining_bytes() > 0) cluster.step(input);
  cluster.end();
  return 0;
}
