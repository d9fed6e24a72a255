// Frames of payloads in any order, as a worker and as a client put them together.
#include <atomic>
#include <set>

#include "client/src/session/fetches.h"
#include "common/transport/local_block.h"
#include "tests/fuzz/any_message.h"
#include "worker/execution/payload_store.h"

namespace {

using namespace gt;

constexpr std::size_t kLimit = std::size_t{1} << 16;

/// Bytes as they come from the network, or a frame with sound lengths.
std::optional<payload::ReceivedFrame> draw(FuzzedDataProvider& input) {
  transport::Incoming incoming;
  incoming.lane = transport::Lane::bulk;
  incoming.bytes =
      input.ConsumeBool() ? protocol::encode(fuzz::frame(input)) : fuzz::bytes(input, 64);
  if (input.ConsumeBool())
    incoming.attachment = std::make_shared<transport::LocalBlock>(fuzz::bytes(input, 64));
  try {
    return payload::read_frame(std::move(incoming));
  } catch (const CommonError&) {
    return std::nullopt;
  }
}

/// A worker takes every frame and fails what does not fit.
void feed(worker::PayloadStore& store, FuzzedDataProvider& input) {
  const auto frame = draw(input);
  if (!frame) return;
  const bool is_decided = store.add(*frame, kLimit);
  if (is_decided != store.is_decided(frame->header.payload)) __builtin_trap();
  if (!is_decided || input.ConsumeBool()) return;
  const auto payload = store.take(frame->header.payload);
  if (payload.size() > kLimit) __builtin_trap();
}

/// A client ends the connection at the first thing that does not fit.
void feed(client::FetchTable& table, FuzzedDataProvider& input) {
  switch (input.ConsumeIntegralInRange(0, 3)) {
    case 0:
      return table.on_reply(fuzz::fetch_reply(input));
    case 1:
      return table.on_failed({0, fuzz::word(input), fuzz::error(input)});
    default:
      if (const auto frame = draw(input)) table.on_frame(*frame);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kExpected = 24;
  FuzzedDataProvider input(data, size);
  transport::SharedPool pool(std::make_shared<transport::PoolAccount>(kLimit));
  worker::PayloadStore store(pool, std::make_shared<std::atomic<std::size_t>>(0));
  client::FetchTable table(pool);
  std::set<protocol::RequestId> requests;
  for (int k = 0; k < 3; ++k) requests.insert(table.begin(kExpected));
  try {
    while (input.remaining_bytes() > 0) {
      if (input.ConsumeBool()) {
        feed(store, input);
        continue;
      }
      feed(table, input);
      for (auto request = requests.begin(); request != requests.end();) {
        const auto outcome = table.take(*request);
        if (outcome && !outcome->error && outcome->bytes.size() != kExpected) __builtin_trap();
        request = outcome ? requests.erase(request) : std::next(request);
      }
    }
  } catch (const CommonError& error) {
    if (error.kind() != ErrorKind::kProtocol) __builtin_trap();
  }
  return 0;
}
