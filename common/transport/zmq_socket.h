// What both ends of the ZeroMQ transport share: socket options, messages from and to byte vectors.
#pragma once

#include <cstddef>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "common/transport/seal.h"

namespace gt::transport {

/// A socket for the address, with the limits of this transport.
[[nodiscard]] zmq::socket_t make_socket(zmq::context_t& context, zmq::socket_type type,
                                        const std::string& address);

/// A message that takes over the bytes of a large vector, and copies those of a small one.
[[nodiscard]] zmq::message_t to_message(std::vector<std::byte> bytes);
[[nodiscard]] std::vector<std::byte> to_bytes(const zmq::message_t& message);

/// The part that goes before a message, and back; nothing if it has not the right size.
[[nodiscard]] zmq::message_t to_message(const Seal& seal);
[[nodiscard]] std::optional<Seal> to_seal(const zmq::message_t& message);
[[nodiscard]] std::span<const std::byte> view_of(const zmq::message_t& message);

/// Takes and throws away what is left of a message of several parts.
void skip_rest(zmq::socket_t& socket, bool has_more);

/// Hands one message to the socket; false if the peer is unreachable or its queue is full.
[[nodiscard]] bool try_send(zmq::socket_t& socket, zmq::message_t& message, zmq::send_flags flags);

}  // namespace gt::transport
