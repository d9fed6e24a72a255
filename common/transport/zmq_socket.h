// What both ends of the ZeroMQ transport share: socket options, messages from and to byte vectors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/transport/seal.h"
#include "common/transport/transport.h"

namespace gt::transport {

/// A socket for the address, with the limits of this transport.
[[nodiscard]] zmq::socket_t make_socket(zmq::context_t& context, zmq::socket_type type,
                                        const std::string& address);

/// A message as it travels: seal, bytes, and the attachment if there is one.
struct SealedMessage {
  zmq::message_t seal;
  zmq::message_t bytes;
  std::optional<zmq::message_t> attachment;
};
/// The next message of the lane, sealed. The attachment's memory is held until it has been sent.
[[nodiscard]] SealedMessage seal_message(Seals& seals, Lane lane, std::vector<std::byte> bytes,
                                         SharedBlockRef attachment);
/// Hands one part to the socket; false if the peer is unreachable or its queue is full.
[[nodiscard]] bool try_send(zmq::socket_t& socket, zmq::message_t& part, zmq::send_flags flags);
/// Hands a message to the socket; false if the peer is unreachable or its queue is full.
[[nodiscard]] bool try_send(zmq::socket_t& socket, SealedMessage& message);
/// What follows `head`, which was received and is taken over. Nothing, and it is thrown away, if it
/// has another form.
[[nodiscard]] std::optional<SealedMessage> receive_rest(zmq::socket_t& socket,
                                                        zmq::message_t& head);
/// What is wrong with a message; empty if it is the next one of its lane, unharmed.
[[nodiscard]] std::string check(Seals& seals, Lane lane, const SealedMessage& message);
/// The message for its receiver; the attachment's memory is that of ZeroMQ.
[[nodiscard]] Incoming to_incoming(PeerId peer, Lane lane, SealedMessage message);

}  // namespace gt::transport
