// What both ends of the ZeroMQ transport share: socket options, messages from and to byte vectors.
#pragma once

#include <cstddef>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace gt::transport {

/// A socket for the address, with the limits of this transport.
[[nodiscard]] zmq::socket_t make_socket(zmq::context_t& context, zmq::socket_type type,
                                        const std::string& address);

/// A message that takes over the bytes of a large vector, and copies those of a small one.
[[nodiscard]] zmq::message_t to_message(std::vector<std::byte> bytes);
[[nodiscard]] std::vector<std::byte> to_bytes(const zmq::message_t& message);

/// Hands one message to the socket; false if the peer is unreachable or its queue is full.
[[nodiscard]] bool try_send(zmq::socket_t& socket, zmq::message_t& message, zmq::send_flags flags);

}  // namespace gt::transport
