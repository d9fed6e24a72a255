// What goes into the dispatcher's core and what comes out: the one numbered input log, and actions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/protocol/messages.h"
#include "common/transport/transport.h"

namespace gt::dispatcher {

using transport::PeerId;

// ---- input ----

/// A control message, decoded.
struct MessageReceived {
  PeerId peer = 0;
  protocol::Message message;
};

/// A payload frame. `bytes` is the message, which may be forwarded as it is with its attachment.
struct FrameReceived {
  PeerId peer = 0;
  protocol::FrameHeader header;
  std::vector<std::byte> bytes;
  transport::SharedBlockRef attachment = nullptr;  ///< the part, unless it is in `bytes`
};

/// Bytes that are no message of the protocol.
struct MalformedReceived {
  PeerId peer = 0;
  std::string reason;
};

/// A peer cannot be reached any more.
struct PeerLost {
  PeerId peer = 0;
  std::string reason;
};

/// Time as data: milliseconds since some start, never falling.
struct Tick {
  std::uint64_t now_ms = 0;
};

/// Goes on with what an event left undone because it was much; see Core::has_more.
struct Proceed {};

/// The dispatcher ends; everybody is told.
struct ShutDown {
  std::string reason;
};

using Event = std::variant<MessageReceived, FrameReceived, MalformedReceived, PeerLost, Tick,
                           Proceed, ShutDown>;

// ---- output ----

/// Sends a message on the control lane.
struct SendMessage {
  PeerId peer = 0;
  protocol::Message message;
};

/// Sends the bytes of a payload frame on, on the bulk lane.
struct ForwardFrame {
  PeerId peer = 0;
  std::vector<std::byte> bytes;
  transport::SharedBlockRef attachment = nullptr;
};

/// Forgets a peer, after what was sent to it before.
struct DropPeer {
  PeerId peer = 0;
};

/// A line for the instruction log.
struct LogLine {
  std::string_view event;    ///< RECV, CONNECT, DISCONNECT, COMPILE
  std::string_view source;   ///< CLIENT or WORKER
  std::string_view command;  ///< BinaryOp, Session, ...
  std::string details;
};

/// Removes what a worker that may have been killed has left in the file system.
struct CleanUpAddress {
  std::string address;
};

using Action = std::variant<SendMessage, ForwardFrame, DropPeer, LogLine, CleanUpAddress>;

}  // namespace gt::dispatcher
