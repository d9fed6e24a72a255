#include "worker/execution/executor.h"

#include <algorithm>
#include <utility>

namespace gt::worker {
namespace {

/// A busy worker acknowledges after so many batches, an idle one at once.
constexpr std::uint32_t kBatchesPerAcknowledgement = 4;
/// Closed sessions whose late frames are still recognised.
constexpr std::size_t kRememberedSessions = 4096;

}  // namespace

Executor::Executor(Engine& engine, Outbox& outbox) : engine_(engine), outbox_(outbox) {}

bool Executor::is_closed(protocol::SessionId id) const {
  return std::find(closed_.begin(), closed_.end(), id) != closed_.end();
}

/// The session, made if it is new; null if it was closed.
Executor::Member* Executor::member_of(protocol::SessionId id) {
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) return &found->second;
  if (is_closed(id)) return nullptr;
  Member& member = sessions_[id];
  member.session = std::make_unique<Session>(id, engine_, outbox_);
  return &member;
}

void Executor::queue_if_runnable(protocol::SessionId id, Member& member) {
  if (member.is_queued || !member.session->is_runnable()) return;
  member.is_queued = true;
  turns_.push_back(id);
}

void Executor::add(protocol::PlannedBatch batch) {
  const protocol::SessionId id = batch.session;
  Member* member = member_of(id);
  if (member == nullptr) return;
  member->session->enqueue(std::move(batch));
  queue_if_runnable(id, *member);
}

void Executor::add(const protocol::PayloadFrame& frame) {
  Member* member = member_of(frame.session);
  if (member == nullptr) return;
  member->session->add_payload(frame);
  queue_if_runnable(frame.session, *member);
}

void Executor::add(protocol::PayloadFailed failed) {
  const protocol::SessionId id = failed.session;
  Member* member = member_of(id);
  if (member == nullptr) return;
  member->session->fail_payload(std::move(failed));
  queue_if_runnable(id, *member);
}

void Executor::add(const protocol::SessionClosed& closed) {
  const auto found = sessions_.find(closed.session);
  closed_.push_back(closed.session);
  if (closed_.size() > kRememberedSessions) closed_.pop_front();
  if (found == sessions_.end()) return;
  if (found->second.is_queued) std::erase(turns_, closed.session);
  sessions_.erase(found);
}

bool Executor::step() {
  if (!turns_.empty()) {
    const protocol::SessionId id = turns_.front();
    turns_.pop_front();
    Member& member = sessions_.at(id);
    member.is_queued = false;
    const auto ended = member.session->run_batch();
    queue_if_runnable(id, member);
    if (ended) batch_ended(id, *ended);
  }
  if (turns_.empty()) acknowledge();
  return !turns_.empty();
}

void Executor::batch_ended(protocol::SessionId id, std::uint64_t sequence) {
  const auto known = std::find_if(progress_.begin(), progress_.end(),
                                  [id](const auto& progress) { return progress.session == id; });
  if (known == progress_.end())
    progress_.push_back({id, sequence});
  else
    known->executed = sequence;
  if (++unacknowledged_ >= kBatchesPerAcknowledgement) acknowledge();
}

void Executor::acknowledge() {
  if (unacknowledged_ == 0) return;
  unacknowledged_ = 0;
  outbox_.to_dispatcher(protocol::WorkerAcknowledgement{std::exchange(progress_, {}),
                                                        engine_.allocator().bytes_in_use()});
}

std::size_t Executor::live_values(protocol::SessionId id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? 0 : found->second.session->live_values();
}

}  // namespace gt::worker
