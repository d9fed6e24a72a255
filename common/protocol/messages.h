// The typed messages of the wire. Encoding and decoding (FlatBuffers, schemas/*.fbs) hide behind
// `encode` and `decode`; nothing outside common/protocol sees generated code.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/config/signal.h"
#include "common/error.h"
#include "common/ops/instruction.h"
#include "common/protocol/sequence_id.h"
#include "common/tensor/meta.h"

namespace gt::protocol {

/// Raised with every incompatible change; peers of different versions refuse each other.
inline constexpr std::uint32_t kProtocolVersion = 6;
/// Largest part of a payload that travels in one frame.
inline constexpr std::size_t kMaxFrameBytes = std::size_t{1} << 20;
/// Bytes of a frame before its part.
inline constexpr std::size_t kFrameHeaderBytes = 40;
/// A batch leaves when its words reach this size.
inline constexpr std::size_t kBatchBytes = std::size_t{64} << 10;
/// Payloads up to this size travel inside the batch that announces them.
inline constexpr std::size_t kInlinePayloadBytes = std::size_t{4} << 10;
/// Largest words, and largest inline payloads together, that a client's batch may have.
inline constexpr std::size_t kMaxBatchWordBytes = std::size_t{512} << 10;
inline constexpr std::size_t kMaxBatchPayloadBytes = std::size_t{1} << 20;
/// Largest message that is accepted; a planned batch is larger than the client's it comes from.
inline constexpr std::size_t kMaxMessageBytes = std::size_t{8} << 20;
/// Bytes of replies that a client may leave unconfirmed, and what each counts besides its elements.
inline constexpr std::uint64_t kReplyWindowBytes = std::uint64_t{256} << 20;
inline constexpr std::uint64_t kReplyOverheadBytes = 1024;
/// Most decisions about programs in one batch.
inline constexpr std::size_t kMaxDecisions = 4096;
/// Payload numbers with this bit are the dispatcher's (worker to worker), others the client's.
inline constexpr std::uint64_t kTransferBit = std::uint64_t{1} << 63;

using SessionId = std::uint64_t;
using WorkerId = std::uint32_t;
using PayloadId = std::uint64_t;
using RequestId = std::uint64_t;

/// A failed instruction, as it travels from a worker to the client. Poison refers to it.
struct ErrorRecord {
  ErrorKind kind = ErrorKind::kInternal;
  std::string op;                     ///< the operation that failed first, by table name
  std::string message;                ///< LibTorch's wording, without prefix
  std::vector<std::string> operands;  ///< dtype and shape of each operand, `float32[2, 3]`
  LaneId lane = 0;
  SiteId site = 0;    ///< the client's own number for the user's source line
  ValueId value = 0;  ///< first output of the failed instruction
};

/// A kind defined under a session-wide number before the batch that first uses it.
struct KindDefinition {
  KindId id = 0;
  Kind kind;
};

/// A signal defined under a session-wide number before the kinds that name it.
struct SignalDefinition {
  std::uint16_t id = 0;  ///< from 1
  config::Signal signal;
};

/// Small payload inside a batch.
struct InlinePayload {
  PayloadId id = 0;
  std::vector<std::byte> bytes;
};

/// Names and values of settings: GT_* variables of session scope.
using Settings = std::vector<std::pair<std::string, std::string>>;

// ---- client -> dispatcher ----

/// First message of a client.
struct ClientHello {
  std::uint32_t version = kProtocolVersion;
  std::string library_version;
  std::uint64_t process = 0;
  Settings settings;
};

/// Instructions of one lane in the client form (outputs implicit from `first_output`).
struct ClientBatch {
  LaneId lane = 0;
  std::uint64_t sequence = 0;      ///< rising by one within the lane, from 1
  std::uint64_t first_output = 0;  ///< number in the lane of the first output
  bool mark = false;               ///< somebody waits: hold nothing past this batch
  std::uint64_t epoch = 0;
  std::vector<KindDefinition> kinds;
  std::vector<InlinePayload> payloads;
  std::vector<std::uint64_t> words;
  std::vector<SignalDefinition> signals;
};

/// What the client has received of its fetches since it connected: for each reply
/// kReplyOverheadBytes, and the bytes of each value that came in full. Sent before an eighth of the
/// window is unconfirmed.
struct RepliesReceived {
  std::uint64_t bytes = 0;
};

/// The sender leaves in order: a client's session is freed, a worker's values are lost.
struct Goodbye {};

// ---- dispatcher -> client ----

struct ClientWelcome {
  SessionId session = 0;
  std::uint32_t workers = 0;
  std::uint32_t credits = 0;       ///< batches of the session that may be unacknowledged at a time
  std::uint32_t heartbeat_ms = 0;  ///< both sides send something at least this often
};

/// Refuses a peer, or ends a connection for a reason that is named.
struct Refusal {
  ErrorKind kind = ErrorKind::kProtocol;
  std::string message;
};

/// Batches of a lane up to `executed` have run everywhere (cumulative); up to `durable` they need
/// not be kept for a dispatcher that restarts.
struct Acknowledgement {
  LaneId lane = 0;
  std::uint64_t executed = 0;
  std::uint64_t durable = 0;
};

/// Answer to a fetch. The bytes follow as PayloadFrames under `payload`, unless inline. `payload`
/// equals `request`: numbers of fetches and of uploads go in opposite directions.
struct FetchReply {
  RequestId request = 0;
  bool failed = false;
  ErrorRecord error;  ///< when failed
  TensorMeta meta;    ///< when not; the bytes are row-major
  PayloadId payload = 0;
  bool is_inline = false;
  std::vector<std::byte> bytes;
};

/// An instruction failed; sent at once, whether or not anybody reads the value.
struct ErrorReport {
  ErrorRecord error;
};

/// Who computes at this moment; sent after the welcome, and whenever a worker joins or leaves.
struct ClusterState {
  std::uint32_t workers = 0;
  std::uint32_t gpu_workers = 0;  ///< those of them that compute on a GPU
};

/// A line for the person who runs the client: it goes to standard error.
struct Notice {
  std::string text;  ///< without a line end
};

// ---- worker -> dispatcher ----

struct WorkerHello {
  std::uint32_t version = kProtocolVersion;
  std::string library_version;
  std::string name;     ///< host and process, for people
  std::string device;   ///< `cpu`, `cuda:0`
  std::string backend;  ///< `default`, `reference`
  std::uint64_t memory_limit = 0;
  std::string peer_address;  ///< where other workers send payloads to
};

/// How far a worker is with the stream of one session.
struct SessionProgress {
  SessionId session = 0;
  std::uint64_t executed = 0;  ///< planned batches of the session, cumulative
};

/// What a worker has executed since it said so last; a session that waits holds no other back.
struct WorkerAcknowledgement {
  std::vector<SessionProgress> sessions;
  std::uint64_t memory_used = 0;
};

/// A worker's answer to the fetch of a session, routed to its client.
struct WorkerFetchReply {
  SessionId session = 0;
  FetchReply reply;
};
struct WorkerErrorReport {
  SessionId session = 0;
  ErrorRecord error;
};

/// What a worker has found out about a hot sequence of a session. Fields that an event does not
/// name are 0 or empty.
struct SequenceReport {
  enum class Event : std::uint8_t {
    detected,     ///< executed `executions` times so far; `text` is `matmul -> relu -> sum`
    compiling,    ///< its compilation begins
    ready,        ///< compiled in `seconds`; can be validated
    failed,       ///< cannot be compiled: `text` says why
    validated,    ///< a compiled execution gave the bits of an eager one
    mismatched,   ///< it gave others: `text` says both values and where
    entered,      ///< from now on the lane executes it by its program
    left,         ///< from now on it does not: `text` says why
    measured,     ///< means of an execution: `seconds` eagerly, `compiled_seconds` compiled; `text`
                  ///< says what an earlier start measured, if one did
    slow,         ///< measured so, and no faster than eagerly: it should be dropped
    recompiling,  ///< its program is made again: `text` says which dimension or attribute changed
    counted,      ///< since the last such report: `executions` by programs, which took
                  ///< `compiled_seconds` instead of an estimated `seconds`, and did not
                  ///< materialise `bytes_saved` of results
    uncaptured,   ///< a GPU starts (a part of) its program call by call although graphs are wanted:
                  ///< `text` says why
  };
  SessionId session = 0;
  LaneId lane = 0;
  SequenceId sequence;
  Event event = Event::detected;
  std::uint64_t executions = 0;
  std::uint64_t instructions = 0;  ///< in one execution
  double seconds = 0;
  double compiled_seconds = 0;
  std::uint64_t bytes_saved = 0;
  std::string text;
};
inline constexpr std::uint8_t kLastSequenceEvent =
    static_cast<std::uint8_t>(SequenceReport::Event::uncaptured);

// ---- dispatcher -> worker ----

struct WorkerWelcome {
  WorkerId worker = 0;
  std::uint32_t heartbeat_ms = 0;
};

/// What a worker does from here on with the program of a sequence.
struct ProgramDecision {
  enum class Action : std::uint8_t {
    validate,  ///< at the next execution compare it with an eager one, and report
    use,       ///< execute the sequence by it
    drop,      ///< forget it: the sequence stays eager
  };
  SequenceId sequence;
  Action action = Action::validate;
  friend bool operator==(const ProgramDecision&, const ProgramDecision&) = default;
};

/// Instructions in the planned form, in stream order.
struct PlannedBatch {
  SessionId session = 0;
  std::uint64_t sequence = 0;  ///< rising by one within the session and worker, from 1
  bool mark = false;
  std::uint64_t epoch = 0;
  std::vector<KindDefinition> kinds;  ///< session-wide numbers, before first use on this worker
  std::vector<InlinePayload> payloads;
  std::vector<std::uint64_t> words;
  Settings settings;  ///< of the session; in its first batch to this worker only
  std::vector<SignalDefinition> signals;   ///< before the first kind here that names each
  std::vector<ProgramDecision> decisions;  ///< in force before the first instruction
};

/// Everything of the session may be freed.
struct SessionClosed {
  SessionId session = 0;
};

/// Another worker joined or left; `address` is empty when it left.
struct WorkerAddress {
  WorkerId worker = 0;
  std::string address;
};

// ---- monitor <-> dispatcher ----

/// Asks for the state of the cluster; the first message of a monitor, and every later one.
struct StatisticsRequest {};

/// One session. Counts are totals since its start.
struct SessionStatistics {
  SessionId session = 0;
  std::uint64_t process = 0;  ///< the client's process id
  WorkerId home = 0;          ///< worker of its sources, ~0 for none
  std::uint32_t lanes = 0;
  std::uint64_t instructions = 0;
  std::uint64_t batches = 0;
  std::uint64_t in_flight = 0;    ///< batches that are not acknowledged
  std::uint64_t waiting = 0;      ///< batches that wait for a worker
  std::uint64_t values = 0;       ///< live
  std::uint64_t value_bytes = 0;  ///< of those, views counted in full
  std::uint64_t uploaded_bytes = 0;
  std::uint64_t fetched_bytes = 0;
  std::uint64_t errors = 0;               ///< instructions that failed
  std::uint64_t sequences = 0;            ///< hot sequences that workers have reported
  std::uint64_t compiled = 0;             ///< of those, in use as programs
  std::uint64_t dropped = 0;              ///< of those, given up
  std::uint64_t compiled_executions = 0;  ///< of sequences, by programs
  double eager_seconds = 0;       ///< what these would have taken eagerly, by measured means
  double compiled_seconds = 0;    ///< what they took
  std::uint64_t bytes_saved = 0;  ///< of results that were not materialised
};

/// One worker. Counts are totals since it joined.
struct WorkerStatistics {
  WorkerId worker = 0;
  std::string name;
  std::string device;
  std::string backend;
  std::uint64_t sessions = 0;  ///< whose home it is
  std::uint64_t instructions = 0;
  std::uint64_t batches = 0;
  std::uint64_t in_flight = 0;  ///< batches that it has not acknowledged
  std::uint64_t memory_used = 0;
  std::uint64_t memory_limit = 0;
};

/// The state of the cluster at one moment.
struct Statistics {
  std::string library_version;
  std::uint64_t uptime_ms = 0;  ///< of the dispatcher
  std::uint64_t events = 0;     ///< in its input log so far
  std::vector<SessionStatistics> sessions;
  std::vector<WorkerStatistics> workers;
  std::uint64_t ended_sessions = 0;  ///< since the dispatcher started
  SessionStatistics ended;           ///< their totals; what names a session, or lives, is 0
};

// ---- both ways ----

struct Heartbeat {};

/// A part of a payload; on the bulk lane. Frames of one payload come in order, the last one says
/// so by offset + bytes == total.
struct PayloadFrame {
  SessionId session = 0;
  PayloadId payload = 0;
  std::uint64_t offset = 0;
  std::uint64_t total = 0;
  std::vector<std::byte> bytes;
};

/// A payload will not come (its source value is poisoned, or its sender died).
struct PayloadFailed {
  SessionId session = 0;
  PayloadId payload = 0;
  ErrorRecord error;
};

using Message =
    std::variant<ClientHello, ClientBatch, Goodbye, ClientWelcome, Refusal, Acknowledgement,
                 FetchReply, ErrorReport, WorkerHello, WorkerAcknowledgement, WorkerFetchReply,
                 WorkerErrorReport, WorkerWelcome, PlannedBatch, SessionClosed, WorkerAddress,
                 Heartbeat, PayloadFrame, PayloadFailed, ClusterState, StatisticsRequest,
                 Statistics, RepliesReceived, SequenceReport, Notice>;

/// The bytes of a message as docs/wire.md gives them.
[[nodiscard]] std::vector<std::byte> encode(const Message& message);
/// The message in `bytes` (any alignment); throws CommonError(kProtocol) naming what is wrong with
/// them. Never crashes, whatever the bytes.
[[nodiscard]] Message decode(std::span<const std::byte> bytes);

/// What a payload frame says before its bytes.
struct FrameHeader {
  SessionId session = 0;
  PayloadId payload = 0;
  std::uint64_t offset = 0;
  std::uint64_t total = 0;
  std::uint64_t size = 0;  ///< bytes of this part
  /// Whether this is the last frame of its payload.
  [[nodiscard]] bool is_last() const noexcept { return offset + size == total; }
};
/// A payload frame seen in place: `part` points into the bytes of the message.
struct FrameView {
  FrameHeader header;
  std::span<const std::byte> part;
};
/// A payload frame's bytes from a part in place: one copy. The part has at most kMaxFrameBytes.
[[nodiscard]] std::vector<std::byte> encode_frame(SessionId session, PayloadId payload,
                                                  std::uint64_t offset, std::uint64_t total,
                                                  std::span<const std::byte> part);
/// The header of a frame whose part is the attachment of its message.
[[nodiscard]] std::vector<std::byte> encode_frame_header(const FrameHeader& header);
/// What the frame in `bytes` says of its part, which is the attachment if there is one, of
/// `attached` bytes; throws CommonError(kProtocol) if they are no frame.
[[nodiscard]] FrameHeader read_frame_header(std::span<const std::byte> bytes,
                                            std::optional<std::size_t> attached);
/// The frame in `bytes`, without a copy; throws CommonError(kProtocol) if they are no frame.
[[nodiscard]] FrameView view_frame(std::span<const std::byte> bytes);
/// The name of the message's type, for logs and errors.
[[nodiscard]] std::string_view name_of(const Message& message) noexcept;

}  // namespace gt::protocol
