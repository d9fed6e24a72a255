// Planned batches, frames and ends of sessions that no dispatcher would send: a worker reports
// them and goes on; when its sessions are closed, nothing is left of them.
#include "worker/execution/executor.h"

#include <memory>

#include "tests/fuzz/any_message.h"

namespace {

using namespace gt;

class Silence final : public worker::Outbox {
 public:
  void to_dispatcher(protocol::Message message) override {
    if (protocol::encode(message).size() > protocol::kMaxMessageBytes) __builtin_trap();
  }
  void to_dispatcher(worker::OutgoingPayload) override {}
  void to_worker(protocol::WorkerId, protocol::Message) override {}
  void to_worker(protocol::WorkerId, worker::OutgoingPayload) override {}
};

worker::EngineOptions options() {
  return {
      .backend = "default", .device = "cpu", .memory_limit = std::size_t{1} << 20, .threads = 1};
}

/// A batch of instructions that can be read; their values need not exist, nor shapes agree.
protocol::PlannedBatch sound_batch(FuzzedDataProvider& input) {
  protocol::PlannedBatch batch;
  batch.session = input.ConsumeIntegralInRange<std::uint64_t>(0, 2);
  for (auto count = input.ConsumeIntegralInRange<KindId>(1, 4); count > 0; --count) {
    const OpRow& row = fuzz::row(input);
    Kind kind{.op = row.op, .signal = 0, .operands = {}, .statics = {}};
    std::vector<std::uint64_t> operands;
    for (std::size_t k = 0; k < row.operands.fixed_count(); ++k) {
      kind.operands.push_back({OperandMeta::Form::tensor, fuzz::dtype(input),
                               input.ConsumeIntegralInRange<std::uint8_t>(0, 3)});
      operands.push_back(input.ConsumeIntegralInRange<std::uint64_t>(0, 5));
    }
    Attributes::Words bindings;
    split_attributes(row, fuzz::attributes(input, row), kind.statics, bindings);
    const auto id = static_cast<KindId>(input.ConsumeIntegralInRange<KindId>(0, 6));
    try {
      const std::size_t header =
          InstructionWriter(InstructionForm::planned, batch.words)
              .append(id, resolve(kind), 0, input.ConsumeIntegralInRange<ValueId>(0, 5), operands,
                      {bindings.begin(), bindings.end()});
      if (!operands.empty() && input.ConsumeBool())
        InstructionWriter::mark_dead(batch.words, header, operands.size() - 1);
      batch.kinds.push_back({id, std::move(kind)});
    } catch (const CommonError&) {
      continue;
    }
  }
  return batch;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  Silence outbox;
  static const std::unique_ptr<worker::Engine> engine = worker::make_engine(options());
  worker::Executor executor(*engine, outbox, std::chrono::hours(1));
  while (input.remaining_bytes() > 0) {
    switch (input.ConsumeIntegralInRange(0, 5)) {
      case 0:
        executor.add(fuzz::planned_batch(input));
        break;
      case 1:
        executor.add(fuzz::received_frame(input));
        break;
      case 2:
        executor.add(protocol::PayloadFailed{input.ConsumeIntegralInRange<std::uint64_t>(0, 2),
                                             fuzz::word(input), fuzz::error(input)});
        break;
      case 3:
        while (executor.step()) {
        }
        break;
      default:
        executor.add(sound_batch(input));
    }
  }
  while (executor.step()) {
  }
  for (protocol::SessionId session = 0; session <= 4; ++session)
    executor.add(protocol::SessionClosed{session});
  if (executor.session_count() != 0 || engine->allocator().bytes_in_use() != 0) __builtin_trap();
  return 0;
}
