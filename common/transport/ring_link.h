// One connection over shared memory, between two processes of one user on one host.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/transport/link_memory.h"
#include "common/transport/ring_receiver.h"
#include "common/transport/ring_sender.h"
#include "common/transport/transport.h"
#include "common/transport/unix_socket.h"

namespace gt::transport {

/// Where rings are handed over for an `ipc://` address.
[[nodiscard]] std::string ring_path(const std::string& address);

/// A link that is handed over: memory, rings, the socket that tells of the other side's end. Calls
/// throw CommonError(kProtocol) when the peer breaks the format; the link is of no use then.
class RingLink {
 public:
  /// The connector's end: makes the memory and sends it to the listener, who need not have looked
  /// yet. Null if the listener has gone. Throws CommonError(kConnection) if the system gives no
  /// memory.
  [[nodiscard]] static std::unique_ptr<RingLink> connect(UnixSocket socket);
  /// The listener's end, from the connector's first packet.
  [[nodiscard]] static std::unique_ptr<RingLink> accept(UnixSocket socket, ReceivedPacket hello);
  RingLink(const RingLink&) = delete;
  RingLink& operator=(const RingLink&) = delete;

  [[nodiscard]] bool send(Lane lane, std::vector<std::byte> bytes, SharedBlockRef attachment);
  /// Writes what waits for room, and lets go of attachments that came back.
  void push();
  [[nodiscard]] bool has_waiting() const noexcept { return sender_.has_waiting(); }
  [[nodiscard]] bool needs_retry() const noexcept { return sender_.needs_retry(); }

  [[nodiscard]] std::optional<Incoming> receive(Lane lane) { return receiver_.receive(lane); }
  [[nodiscard]] bool has_records() const { return receiver_.has_records(); }
  /// Whether there is anything to take: records, or attachments that came back.
  [[nodiscard]] bool has_input() const { return receiver_.has_records() || sender_.has_returned(); }
  /// Asks the peer to raise `filled` at the next input; true if there is some already.
  [[nodiscard]] bool ask_for_input();

  /// Reads the socket: segments, the peer's end.
  void read_packets();
  /// The peer is gone; what it has written can still be received.
  [[nodiscard]] bool is_ended() const noexcept { return socket_.is_ended(); }
  /// Tells the peer of segments that are no more.
  void forget_segments() { sender_.forget_segments(); }

  [[nodiscard]] int socket() const noexcept { return socket_.descriptor(); }
  [[nodiscard]] EventFd& filled() noexcept { return memory_->filled(); }
  [[nodiscard]] EventFd& emptied() noexcept { return memory_->emptied(); }

 private:
  RingLink(UnixSocket socket, std::shared_ptr<LinkMemory> memory);
  void handle(ReceivedPacket packet);

  UnixSocket socket_;
  std::shared_ptr<LinkMemory> memory_;
  RingSender sender_;
  RingReceiver receiver_;
};

}  // namespace gt::transport
