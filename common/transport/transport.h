// One interface for moving messages between processes: shared-memory rings (ipc), ZeroMQ (tcp, ipc)
// and an in-process twin.
//
// Two lanes join each pair of peers: control (small messages, never behind large ones) and bulk
// (payload frames of at most 1 MiB). Within a lane and direction order is kept. Sending never
// blocks: flow control is the protocol's business (credits), not the transport's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/transport/mode.h"
#include "common/transport/shared_block.h"

namespace gt::transport {

enum class Lane : std::uint8_t { control = 0, bulk = 1 };

/// A peer as a listener knows it: stable while it stays connected, never re-used.
using PeerId = std::uint64_t;
/// The one peer of a connector.
inline constexpr PeerId kServer = 0;
/// Attachments that are not lent have at most so many bytes.
inline constexpr std::size_t kMaxCopiedAttachment = std::size_t{1} << 20;

struct Incoming {
  PeerId peer = 0;
  Lane lane = Lane::control;
  std::vector<std::byte> bytes;
  /// What the sender attached. While it is held, nobody writes to the memory.
  SharedBlockRef attachment = nullptr;
};

/// One end of the transport. `send`, `shares_memory`, `try_receive` and `drop` need mutual
/// exclusion by the caller (one thread, or a lock); `wait` may run in one thread, and `wake` in
/// any, while another one uses the endpoint.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  /// Queues the bytes for the peer; they get there without further calls. Returns false if the peer
  /// is unknown, gone, or so far behind that the safety limit is reached; the caller treats it as
  /// lost. `attachment` rides with the message: as memory that is lent, held until the receiver has
  /// let go of it or is gone, if it has a location and memory is shared with the peer; else as a
  /// copy, of at most kMaxCopiedAttachment bytes.
  [[nodiscard]] virtual bool send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
                                  SharedBlockRef attachment = nullptr) = 0;

  /// Whether memory can be lent to this peer. Once true it stays so until the peer is gone.
  [[nodiscard]] virtual bool shares_memory(PeerId peer) const = 0;

  /// The next message if there is one; never waits. Control messages come before bulk ones. No
  /// message of a peer is missing, harmed or out of order: where that happens, a listener drops the
  /// peer, and a connector throws CommonError(kConnection) saying what is wrong.
  [[nodiscard]] virtual std::optional<Incoming> try_receive() = 0;

  /// Blocks until `try_receive` may give something (true; it need not), or until the time is over
  /// or after `wake` (false). At once while messages are there.
  [[nodiscard]] virtual bool wait(std::chrono::microseconds timeout) = 0;

  /// Ends a running or the next `wait` early. From any thread, and from signal handlers.
  virtual void wake() = 0;

  /// Forgets a peer; later sends to it return false.
  virtual void drop(PeerId peer) = 0;

  /// The peers that a listener has dropped since the last call because messages of theirs were
  /// missing, harmed or out of order.
  [[nodiscard]] virtual std::vector<PeerId> take_broken() { return {}; }

  /// The address at which others reach a listener (with the real port for `tcp://host:0`); for a
  /// connector, the address it was given.
  [[nodiscard]] virtual const std::string& address() const noexcept = 0;

  /// `try_receive` and `wait` in turn: the next message, or nothing when the time is over or after
  /// `wake`. For callers with one thread.
  [[nodiscard]] std::optional<Incoming> receive(std::chrono::milliseconds timeout);
};

/// Accepts any number of peers at `ipc://path`, `tcp://host:port` (port 0 or `*`: any free one) or
/// `inproc-twin://name`. Throws CommonError(kConnection) naming the address and the reason. Both
/// lanes share the address: the implementation derives what it needs from it. The mode says what
/// carries the messages; one that is impossible at the address is such a reason.
[[nodiscard]] std::unique_ptr<Endpoint> listen(const std::string& address,
                                               Mode mode = process_mode());

/// Connects to a listener; returns at once, messages wait until it is there. Throws
/// CommonError(kConnection) for a malformed address, or if a listener is there that cannot be
/// reached in this mode; if it comes later, `try_receive` throws that.
[[nodiscard]] std::unique_ptr<Endpoint> connect(const std::string& address,
                                                Mode mode = process_mode());

/// `host:port` becomes `tcp://host:port`; a scheme is kept. Throws CommonError(kInvalidArgument)
/// for anything else, naming the forms that are right.
[[nodiscard]] std::string normalise_address(std::string_view address);

}  // namespace gt::transport
