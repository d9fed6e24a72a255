// A dispatcher that computes nothing: it records what a session sends, and answers as a test wants.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/src/session/session.h"
#include "common/ops/instruction.h"
#include "common/protocol/messages.h"
#include "common/transport/transport.h"

namespace gt::client::testing {

/// An instruction as it came, with its batch.
struct SeenInstruction {
  Op op{};
  LaneId lane = 0;
  std::uint64_t batch = 0;
  ValueId first_output = 0;
  std::vector<ValueId> operands;
  std::vector<bool> dies;
  std::vector<bool> results_die;
  Attributes attributes;
};

struct FakeDispatcherOptions {
  std::uint32_t credits = 16;
  std::uint32_t heartbeat_ms = 1000;
  bool welcomes = true;
  bool acknowledges = true;  ///< every batch, when it comes
  bool answers_fetches = true;
};

class FakeDispatcher {
 public:
  using Clock = std::chrono::steady_clock;

  explicit FakeDispatcher(FakeDispatcherOptions options = {});
  ~FakeDispatcher();

  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  [[nodiscard]] SessionOptions session_options() const;
  [[nodiscard]] std::shared_ptr<Session> open() const { return Session::open(session_options()); }

  /// Queues a message to the client.
  void send(protocol::Message message, transport::Lane lane = transport::Lane::control);
  void acknowledge(LaneId lane, std::uint64_t executed) {
    send(protocol::Acknowledgement{lane, executed, executed});
  }
  void set_acknowledges(bool acknowledges);
  /// What a fetch of a value is answered with; its request number is filled in.
  void answer_fetch(ValueId value, protocol::FetchReply reply);
  /// Neither sends nor receives from now on.
  void fall_silent() { is_silent_ = true; }

  /// All instructions so far once `done` holds for them; fails the test after five seconds.
  std::vector<SeenInstruction> wait_for(
      const std::function<bool(const std::vector<SeenInstruction>&)>& done);
  /// The same for a number of instructions.
  std::vector<SeenInstruction> wait_for_count(std::size_t count);
  [[nodiscard]] std::vector<protocol::ClientBatch> batches() const;
  /// The batches once there are so many; fails the test after five seconds.
  std::vector<protocol::ClientBatch> wait_for_batches(std::size_t count);
  [[nodiscard]] std::vector<protocol::Message> others() const;
  [[nodiscard]] bool said_goodbye() const;

 private:
  void run();
  void handle(protocol::Message message);
  void record(const protocol::ClientBatch& batch);
  void answer(const SeenInstruction& fetch);

  const FakeDispatcherOptions options_;
  std::string address_;
  std::unique_ptr<transport::Endpoint> endpoint_;
  std::optional<transport::PeerId> client_;
  std::vector<ResolvedKind> kinds_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SeenInstruction> instructions_;
  std::vector<protocol::ClientBatch> batches_;
  std::vector<protocol::Message> others_;
  std::vector<std::pair<transport::Lane, protocol::Message>> outbox_;
  std::map<ValueId, protocol::FetchReply> replies_;
  bool acknowledges_ = true;

  std::atomic<bool> is_silent_{false};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

/// float32[2], the meta of every value in these tests.
[[nodiscard]] TensorMeta pair_meta();
/// Emits a row without attributes, or `add` with alpha 1.
[[nodiscard]] ValueRef emit_op(Session& session, Op op, std::vector<ValueRef> operands);
/// A value of the session that is made of nothing else.
[[nodiscard]] ValueRef make_source(Session& session);
/// The record of a failure, as a worker would tell it.
[[nodiscard]] protocol::ErrorRecord failure(ErrorKind kind, ValueId value,
                                            std::string message = "it went wrong");

}  // namespace gt::client::testing
