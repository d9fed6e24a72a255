// A hostile client's batches: the dispatcher's core refuses them or plans them, and what it sends
// to a worker is sound by the worker's own reading.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/ops/instruction.h"
#include "common/protocol/messages.h"
#include "dispatcher/core/core.h"

namespace {

using gt::dispatcher::Action;
using gt::dispatcher::MessageReceived;
using gt::dispatcher::SendMessage;

constexpr gt::dispatcher::PeerId kWorker = 1;
constexpr gt::dispatcher::PeerId kClient = 2;

/// Small numbers name kinds and values that exist, more often than random words would.
std::uint64_t word(FuzzedDataProvider& input) {
  return input.ConsumeBool() ? input.ConsumeIntegralInRange<std::uint64_t>(0, 8)
                             : input.ConsumeIntegral<std::uint64_t>();
}

std::vector<std::uint64_t> words(FuzzedDataProvider& input, std::size_t at_most) {
  std::vector<std::uint64_t> result(input.ConsumeIntegralInRange<std::size_t>(0, at_most));
  for (auto& value : result) value = word(input);
  return result;
}

gt::Kind kind(FuzzedDataProvider& input) {
  const auto table = gt::op_table();
  const auto row = input.ConsumeIntegralInRange<std::size_t>(0, table.size() - 1);
  gt::Kind result{.op = table[row].op, .signal = 0, .operands = {}, .statics = {}};
  result.operands.resize(input.ConsumeIntegralInRange<std::size_t>(0, 4));
  for (auto& operand : result.operands) {
    operand.form = static_cast<gt::OperandMeta::Form>(input.ConsumeIntegralInRange(0, 2));
    operand.dtype = static_cast<gt::DType>(input.ConsumeIntegralInRange(0, 9));
    operand.rank = input.ConsumeIntegralInRange<std::uint8_t>(0, 9);
  }
  result.statics = words(input, 4);
  return result;
}

gt::protocol::ClientBatch batch(FuzzedDataProvider& input, std::uint64_t sequence) {
  gt::protocol::ClientBatch result;
  result.sequence = input.ConsumeBool() ? sequence : word(input);
  result.first_output = word(input);
  result.mark = input.ConsumeBool();
  for (auto count = input.ConsumeIntegralInRange(0, 3); count > 0; --count)
    result.kinds.push_back({static_cast<gt::KindId>(word(input)), kind(input)});
  if (input.ConsumeBool())
    result.payloads.push_back({word(input), std::vector<std::byte>(word(input) % 64)});
  result.words = words(input, 24);
  return result;
}

/// Reads what a worker is sent as a worker does.
class Reader {
 public:
  void read(const std::vector<Action>& actions) {
    for (const Action& action : actions) {
      const auto* sent = std::get_if<SendMessage>(&action);
      if (sent == nullptr || sent->peer != kWorker) continue;
      if (const auto* planned = std::get_if<gt::protocol::PlannedBatch>(&sent->message))
        read(*planned);
    }
  }

 private:
  void read(const gt::protocol::PlannedBatch& planned) {
    for (const auto& definition : planned.kinds)
      kinds_.insert_or_assign(definition.id, gt::resolve(definition.kind));
    gt::InstructionReader reader(gt::InstructionForm::planned, planned.words,
                                 [this](gt::KindId id) {
                                   const auto found = kinds_.find(id);
                                   return found == kinds_.end() ? nullptr : &found->second;
                                 });
    while (reader.next()) {
    }
  }

  std::unordered_map<gt::KindId, gt::ResolvedKind> kinds_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  gt::dispatcher::Core core({});
  Reader reader;
  reader.read(core.apply(MessageReceived{kWorker, gt::protocol::WorkerHello{}}));
  reader.read(core.apply(MessageReceived{kClient, gt::protocol::ClientHello{}}));
  for (std::uint64_t sequence = 1; input.remaining_bytes() > 0; ++sequence)
    reader.read(core.apply(MessageReceived{kClient, batch(input, sequence)}));
  // Whatever the client did, the worker is still there.
  if (core.worker_count() != 1) __builtin_trap();
  return 0;
}
