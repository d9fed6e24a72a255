// A client's session whose dispatcher says anything: a read ends with its value or an error, and
// nothing crashes.
#include <gt/error.h>

#include <thread>

#include "client/src/session/session.h"
#include "common/transport/transport.h"
#include "tests/fuzz/any_message.h"

namespace {

using namespace gt;
using namespace std::chrono_literals;

constexpr const char* kAddress = "inproc-twin://fuzz";

/// What the dispatcher says once it has been asked for a value.
std::vector<protocol::Message> draw(FuzzedDataProvider& input) {
  std::vector<protocol::Message> messages;
  while (input.remaining_bytes() > 0) {
    protocol::Message message = fuzz::any_message(input);
    if (auto* reply = std::get_if<protocol::FetchReply>(&message); reply && input.ConsumeBool())
      reply->request = reply->payload = 1;
    if (auto* frame = std::get_if<protocol::PayloadFrame>(&message); frame && input.ConsumeBool())
      frame->payload = 1;
    if (auto* failed = std::get_if<protocol::PayloadFailed>(&message);
        failed && input.ConsumeBool())
      failed->payload = 1;
    messages.push_back(std::move(message));
  }
  return messages;
}

/// Welcomes one client, says its piece when a batch comes, and ends the connection.
void serve(transport::Endpoint& listener, const protocol::ClientWelcome& welcome,
           const std::vector<protocol::Message>& messages) {
  const auto say = [&](transport::PeerId peer, const protocol::Message& message) {
    const bool is_frame = std::holds_alternative<protocol::PayloadFrame>(message);
    static_cast<void>(listener.send(peer,
                                    is_frame ? transport::Lane::bulk : transport::Lane::control,
                                    protocol::encode(message)));
  };
  while (const auto incoming = listener.receive(5s)) {
    const protocol::Message message = protocol::decode(incoming->bytes);
    if (std::holds_alternative<protocol::Goodbye>(message)) return;
    if (std::holds_alternative<protocol::ClientHello>(message)) say(incoming->peer, welcome);
    if (!std::holds_alternative<protocol::ClientBatch>(message)) continue;
    for (const protocol::Message& piece : messages) say(incoming->peer, piece);
    return say(incoming->peer, protocol::Refusal{ErrorKind::kConnection, "the end"});
  }
}

client::SessionOptions options() {
  client::SessionOptions options;
  options.address = kAddress;
  options.close_wait = 0ms;
  return options;
}

void read_one_value() {
  const auto session = client::Session::open(options());
  const Attributes attributes =
      make_attributes(Op::full, Shape{2}, ScalarValue(1.0), DType::kFloat32);
  const auto value = session->emit(session->calls().infer(Op::full, {}, attributes), {}).front();
  if (session->fetch(value).size() != value->meta.byte_count()) __builtin_trap();
  session->synchronize();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  protocol::ClientWelcome welcome{1, 1, 2, 1000};
  if (input.ConsumeIntegralInRange(0, 7) == 0)
    welcome.credits = static_cast<std::uint32_t>(fuzz::word(input));
  const auto messages = draw(input);
  const auto listener = transport::listen(kAddress);
  std::thread dispatcher([&] { serve(*listener, welcome, messages); });
  try {
    read_one_value();
  } catch (const Error&) {
  }
  listener->wake();
  dispatcher.join();
  return 0;
}
