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

Executor::Executor(Engine& engine, Outbox& outbox, std::chrono::microseconds turn,
                   hotpath::CompilerSetup compilers)
    : engine_(engine), outbox_(outbox), workshop_(std::move(compilers), engine), turn_(turn) {}

bool Executor::is_closed(protocol::SessionId id) const {
  return std::find(closed_.begin(), closed_.end(), id) != closed_.end();
}

/// The session, made if it is new; null if it was closed.
Executor::Member* Executor::member_of(protocol::SessionId id) {
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) return &found->second;
  if (is_closed(id)) return nullptr;
  Member& member = sessions_[id];
  ++announced_;
  member.session = std::make_unique<Session>(id, engine_, outbox_, memory_, workshop_);
  return &member;
}

void Executor::wake(protocol::SessionId id, Member& member) {
  if (member.is_queued || !member.session->is_runnable()) return;
  member.is_queued = true;
  woken_.push_back(id);
}

/// The session whose turn it is; there is one.
protocol::SessionId Executor::take_turn() {
  const bool takes_woken = busy_.empty() || (!woken_.empty() && !has_overtaken_);
  has_overtaken_ = takes_woken && !busy_.empty();
  std::deque<protocol::SessionId>& turns = takes_woken ? woken_ : busy_;
  const protocol::SessionId id = turns.front();
  turns.pop_front();
  return id;
}

void Executor::add(protocol::PlannedBatch batch) {
  const protocol::SessionId id = batch.session;
  Member* member = member_of(id);
  if (member == nullptr) return;
  if (!std::exchange(member->has_begun, true)) --announced_;
  member->session->enqueue(std::move(batch));
  wake(id, *member);
}

void Executor::add(payload::ReceivedFrame frame) {
  const protocol::SessionId id = frame.header.session;
  Member* member = member_of(id);
  if (member == nullptr) return;
  member->session->add_payload(std::move(frame));
  wake(id, *member);
}

void Executor::add(protocol::PayloadFailed failed) {
  const protocol::SessionId id = failed.session;
  Member* member = member_of(id);
  if (member == nullptr) return;
  member->session->fail_payload(std::move(failed));
  wake(id, *member);
}

void Executor::add(const protocol::SessionClosed& closed) {
  const auto found = sessions_.find(closed.session);
  closed_.push_back(closed.session);
  if (closed_.size() > kRememberedSessions) closed_.pop_front();
  if (found == sessions_.end()) return;
  if (found->second.is_queued) {
    std::erase(woken_, closed.session);
    std::erase(busy_, closed.session);
  }
  if (!found->second.has_begun) --announced_;
  found->second.session->end();
  sessions_.erase(found);
  if (sessions_.empty()) engine_.allocator().trim();
}

bool Executor::may_announce(protocol::SessionId id) const {
  return announced_ < kMostAnnounced || sessions_.contains(id) || is_closed(id);
}

bool Executor::step() {
  if (!is_idle()) {
    const protocol::SessionId id = take_turn();
    Member& member = sessions_.at(id);
    turn_.begin();
    const auto ended = member.session->run_batch(turn_);
    member.is_queued = member.session->is_runnable();
    if (member.is_queued) busy_.push_back(id);
    if (ended) batch_ended(id, *ended);
  }
  if (is_idle()) acknowledge();
  return !is_idle();
}

void Executor::settle_quiet_sessions(std::chrono::steady_clock::duration quiet) {
  for (auto& [id, member] : sessions_) {
    if (!member.session->holds() || member.is_queued) continue;
    if (std::chrono::steady_clock::now() - member.session->quiet_since() < quiet) continue;
    member.session->settle();
    wake(id, member);
  }
}

bool Executor::holds() const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [](const auto& entry) { return entry.second.session->holds(); });
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
