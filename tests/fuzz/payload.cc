// Frames of payloads in any order, as a worker and as a client put them together.
#include <set>

#include "client/src/session/fetches.h"
#include "tests/fuzz/any_message.h"
#include "worker/execution/payload_store.h"

namespace {

using namespace gt;

constexpr std::size_t kLimit = std::size_t{1} << 16;

/// Bytes as they come from the network, or a frame with sound lengths.
std::optional<protocol::PayloadFrame> draw(FuzzedDataProvider& input) {
  if (input.ConsumeBool()) return fuzz::frame(input);
  try {
    auto message = protocol::decode(fuzz::bytes(input, 64));
    if (auto* frame = std::get_if<protocol::PayloadFrame>(&message)) return std::move(*frame);
  } catch (const CommonError&) {
  }
  return std::nullopt;
}

/// A worker takes every frame and fails what does not fit.
void feed(worker::PayloadStore& store, FuzzedDataProvider& input) {
  const auto frame = draw(input);
  if (!frame) return;
  const bool is_decided = store.add(*frame, kLimit);
  if (is_decided != store.is_decided(frame->payload)) __builtin_trap();
  if (!is_decided || input.ConsumeBool()) return;
  const auto payload = store.take(frame->payload);
  if (payload.bytes.size() > kLimit) __builtin_trap();
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
  worker::PayloadStore store;
  client::FetchTable table;
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
