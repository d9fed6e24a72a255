// A hostile client's batches: the dispatcher's core refuses them or plans them, and what it sends
// to a worker is sound by the worker's own reading.
#include <unordered_map>
#include <utility>

#include "dispatcher/core/core.h"
#include "tests/fuzz/source.h"

namespace {

using gt::dispatcher::Action;
using gt::dispatcher::MessageReceived;
using gt::dispatcher::SendMessage;

constexpr gt::dispatcher::PeerId kWorker = 1;
constexpr gt::dispatcher::PeerId kClient = 2;

gt::protocol::ClientBatch batch(FuzzedDataProvider& input, std::uint64_t sequence) {
  gt::protocol::ClientBatch result;
  result.sequence = input.ConsumeBool() ? sequence : gt::fuzz::word(input);
  result.first_output = gt::fuzz::word(input);
  result.mark = input.ConsumeBool();
  for (auto count = input.ConsumeIntegralInRange(0, 3); count > 0; --count)
    result.kinds.push_back({static_cast<gt::KindId>(gt::fuzz::word(input)), gt::fuzz::kind(input)});
  if (input.ConsumeBool())
    result.payloads.push_back(
        {gt::fuzz::word(input), std::vector<std::byte>(gt::fuzz::word(input) % 64)});
  result.words = gt::fuzz::words(input, 24);
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
