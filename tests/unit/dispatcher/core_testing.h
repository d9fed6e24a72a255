// Clients and workers of a core under test: they write batches and read planned ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ops/instruction.h"
#include "common/protocol/messages.h"
#include "dispatcher/core/core.h"

namespace gt::dispatcher::testing {

/// Writes the batches of one lane as a client does.
class LaneWriter {
 public:
  explicit LaneWriter(LaneId lane = 0) : lane_(lane) {}

  /// Appends an instruction; the tensor operands at the positions `dead` die. Returns its results.
  std::vector<ValueId> call(Op op, const std::vector<ValueId>& operands,
                            const Attributes& attributes = {},
                            const std::vector<std::size_t>& dead = {});
  /// A float32 value whose bytes travel in the batch.
  ValueId upload_inline(const Shape& shape);
  /// A float32 value whose bytes travel in frames under `payload`.
  ValueId upload(const Shape& shape, protocol::PayloadId payload);
  ValueId add(ValueId a, ValueId b, const std::vector<std::size_t>& dead = {});
  ValueId relu(ValueId a, const std::vector<std::size_t>& dead = {});
  void fetch(ValueId value, protocol::RequestId request);
  void release(ValueId value);
  /// The results of the instruction written last whose bits are set are never named.
  void drop_results(std::uint64_t results);

  /// The batch so far; the next one begins.
  protocol::ClientBatch take(bool mark = false);

  /// Lets the writer use a value of another writer, or one that does not exist.
  void know(ValueId id, const TensorMeta& meta) { metas_[id] = meta; }
  [[nodiscard]] const TensorMeta& meta(ValueId id) const { return metas_.at(id); }

 private:
  LaneId lane_;
  std::uint64_t sequence_ = 1;
  std::uint64_t next_output_ = 0;
  protocol::PayloadId next_inline_ = 1'000'000;
  std::map<ValueId, TensorMeta> metas_;
  std::vector<ResolvedKind> kinds_;
  std::size_t last_header_ = 0;
  protocol::ClientBatch batch_;
};

/// An instruction as a worker reads it.
struct Planned {
  Op op{};
  ValueId first_output = 0;
  std::vector<std::uint64_t> operands;
  std::vector<std::uint64_t> bindings;
  std::vector<bool> dies;
  std::vector<bool> results_die;
};

/// What one peer got.
struct Inbox {
  std::vector<protocol::Message> messages;
  std::vector<std::vector<std::byte>> frames;
  bool is_dropped = false;

  /// The messages of one type, in order.
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const protocol::Message& message : messages)
      if (const T* content = std::get_if<T>(&message)) found.push_back(*content);
    return found;
  }
  template <class T>
  [[nodiscard]] std::optional<T> last() const {
    const std::vector<T> found = all<T>();
    return found.empty() ? std::nullopt : std::optional<T>(found.back());
  }
};

/// A core, its peers' inboxes, and the log of everything that went in.
class Cluster {
 public:
  explicit Cluster(CoreOptions options = {}) : core_(options) {}

  /// Applies the event, and lets the core go on until nothing is left to do.
  void apply(Event event);
  void send(PeerId peer, protocol::Message message) {
    apply(MessageReceived{peer, std::move(message)});
  }
  void send_frame(PeerId peer, protocol::SessionId session, protocol::PayloadId payload,
                  std::uint64_t offset, std::uint64_t total, std::size_t size);
  void tick(std::uint64_t now_ms) { apply(Tick{now_ms}); }

  /// Connects a client or worker under the peer's number.
  protocol::SessionId connect_client(PeerId peer, protocol::Settings settings = {});
  protocol::WorkerId connect_worker(PeerId peer);
  /// The worker acknowledges all it got.
  void acknowledge_all(PeerId worker);

  [[nodiscard]] Inbox& inbox(PeerId peer) { return inboxes_[peer]; }
  /// The instructions that a worker got for a session, in order.
  [[nodiscard]] std::vector<Planned> planned(PeerId worker, protocol::SessionId session);
  [[nodiscard]] std::vector<Op> planned_ops(PeerId worker, protocol::SessionId session);

  /// Applies the event alone.
  void apply_one(Event event);
  [[nodiscard]] Core& core() { return core_; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] const std::vector<std::string>& actions() const { return actions_; }
  [[nodiscard]] const std::vector<LogLine>& log() const { return log_; }

 private:
  Core core_;
  std::map<PeerId, Inbox> inboxes_;
  std::vector<Event> events_;
  std::vector<std::string> actions_;
  std::vector<LogLine> log_;
};

/// An action as text that is equal only for equal actions.
[[nodiscard]] std::string text_of(const Action& action);

}  // namespace gt::dispatcher::testing
