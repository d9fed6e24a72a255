#include "client/src/session/session.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <utility>

#include "client/src/session/background_thread.h"
#include "client/src/session/errors.h"
#include "client/src/session/prompt_thread.h"
#include "client/src/session/site.h"
#include "client/src/session/thread_local.h"
#include "common/config/version.h"
#include "common/transport/local_block.h"

namespace gt::client {
namespace {

using std::chrono::milliseconds;

/// A wait looks at the state of the session at least so often, whatever wakes it.
constexpr milliseconds kWaitSlice{100};

/// An upload of more bytes than this is announced before them.
constexpr std::size_t kBytesAheadOfBatch = std::size_t{16} << 20;
/// Smaller uploads are copied on the way.
constexpr std::size_t kLeastLentBytes = std::size_t{256} << 10;
/// Blocks of uploads that workers may hold: a connection can hold 1024 leases.
constexpr std::size_t kMostBlocks = 256;
/// Size of the batch after a read: a few instructions.
constexpr std::size_t kFirstBatchBytes = 160;

std::atomic<unsigned> forks{0};
std::atomic<std::uint64_t> next_serial{1};
/// The session whose lock this thread holds.
GT_FAST_THREAD_LOCAL const Session* locked_session = nullptr;

}  // namespace

const std::atomic<unsigned>& fork_counter() noexcept {
  static const int is_registered =
      pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  static_cast<void>(is_registered);
  return forks;
}

bool Session::is_locked_by_this_thread() const noexcept { return locked_session == this; }

Session::Lock::Lock(Session& session) : session_(session), lock_(session.mutex_, std::defer_lock) {
  if (!session.is_of_this_process())
    throw_error(ErrorKind::kConnection,
                "this process was forked after it connected to " + session.options_.address +
                    "; the session belongs to the parent: call gt::connect() in the child");
  lock();
}

Session::Lock::~Lock() {
  if (!session_.deferred_.empty()) session_.retire_deferred();
  locked_session = nullptr;
}

void Session::Lock::wait(std::condition_variable& condition, Clock::duration longest) {
  condition.wait_for(lock_, longest);
}

void Session::Lock::unlock() noexcept {
  locked_session = nullptr;
  lock_.unlock();
}

void Session::Lock::lock() {
  lock_.lock();
  locked_session = &session_;
}

std::shared_ptr<Session> Session::open(SessionOptions options) {
  auto session = std::make_shared<Session>(Passkey{}, std::move(options));
  session->wait_for_welcome();
  return session;
}

Session::Session(Passkey, SessionOptions options)
    : options_(std::move(options)),
      serial_(next_serial++),
      forks_(fork_counter()),
      fork_generation_(fork_generation()) {
  try {
    link_ = std::make_unique<Link>(options_.address, static_cast<LinkListener&>(*this),
                                   options_.health);
  } catch (const CommonError& error) {
    throw_public(error);
  }
  protocol::ClientHello hello;
  hello.library_version = library_version();
  hello.process = static_cast<std::uint64_t>(getpid());
  hello.settings = options_.settings;
  link_->send(transport::Lane::control, std::move(hello));
  link_->start();
  flusher_ = std::make_unique<std::thread>(start_background_thread([this] { flush_when_idle(); }));
}

Session::~Session() { close(); }

void Session::wait_for_welcome() {
  const auto deadline = Clock::now() + options_.connect_timeout;
  Lock lock(*this);
  while (state_ == State::connecting && !loss_) {
    const auto left = deadline - Clock::now();
    if (left <= Clock::duration::zero())
      throw_error(ErrorKind::kConnection,
                  fmt::format("no dispatcher answered at {} within {:.1f} seconds; start one with "
                              "`gt server --address {}`, or set GT_ADDRESS to the right address",
                              options_.address,
                              std::chrono::duration<double>(options_.connect_timeout).count(),
                              options_.address));
    wait_for_change(lock, std::min<Clock::duration>(left, kWaitSlice));
  }
  require_usable();
}

void Session::require_usable() const {
  if (loss_) throw_error(loss_->kind, loss_->message);
  if (state_ == State::closed)
    throw_error(ErrorKind::kConnection, "the session with " + options_.address +
                                            " was ended by gt::shutdown() or "
                                            "gt::connect(); its tensors cannot be used any more");
}

std::string Session::place_of(SiteId site) const {
  if (site == 0 || site >= sites_.size()) return {};
  // The call, which ends one byte before the address at which it returns.
  return describe_address(static_cast<char*>(sites_[site]) - 1);
}

void Session::throw_failure(const protocol::ErrorRecord& record) {
  recovery_epoch_.fetch_add(1, std::memory_order_relaxed);
  throw_record(record, place_of(record.site));
}

Session::WorkerCount Session::count_workers() {
  const auto deadline = Clock::now() + options_.connect_timeout;
  Lock lock(*this);
  while (cluster_state_.workers == 0 && Clock::now() < deadline) {
    require_usable();
    wait_for_change(lock, kWaitSlice);
  }
  require_usable();
  return {cluster_state_.workers, cluster_state_.gpu_workers};
}

/// The bytes in memory that can be lent, if they are many.
transport::SharedBlockRef Session::copy_of(std::span<const std::byte> bytes) {
  if (bytes.size() >= kLeastLentBytes && memory_->blocks < kMostBlocks)
    if (const auto block = pool_.take(bytes.size())) {
      std::memcpy(block->memory().data(), bytes.data(), bytes.size());
      return block;
    }
  return std::make_shared<transport::LocalBlock>(
      std::vector<std::byte>(bytes.begin(), bytes.end()));
}

ValueRef Session::upload(const TensorMeta& meta, std::span<const std::byte> bytes) {
  if (bytes.size() != meta.byte_count())
    throw_error(ErrorKind::kInvalidArgument,
                fmt::format("[upload] {} bytes were given for a tensor of {} bytes", bytes.size(),
                            meta.byte_count()));
  const bool is_inline = bytes.size() <= protocol::kInlinePayloadBytes;
  transport::SharedBlockRef block = is_inline ? nullptr : copy_of(bytes);

  ValueRef result;
  Lock lock(*this);
  require_usable();
  wait_for_upload_room(lock, bytes.size());
  Lane& lane = lane_of_this_thread();
  retire_released(lane);
  const protocol::PayloadId payload = next_payload_++;
  InferredCall call;
  call.row = &row_of(Op::upload);
  call.attributes = make_attributes(Op::upload, meta.dtype, meta.shape, payload);
  records_.clear();
  result = make_value(lane, append(lane, call, {}), 0, meta);
  lane.upload_bytes += bytes.size();
  unacknowledged_upload_bytes_ += bytes.size();
  if (is_inline) {
    lane.payloads.push_back({payload, {bytes.begin(), bytes.end()}});
    lane.payload_bytes += bytes.size();
  }
  // The dispatcher keeps a bounded number of bytes whose upload it has not been told of.
  if (bytes.size() > kBytesAheadOfBatch) flush(lock, lane, false);
  if (block) link_->send({welcome_.session, payload, std::move(block)});
  if (lane.is_full()) flush(lock, lane, false);
  return result;
}

HostBytes Session::fetch(const ValueRef& value) {
  GT_INVARIANT(value != nullptr, "fetch of no value");
  Lock lock(*this);
  require_usable();
  const EmitOperand operand(value);
  require_own(operand);
  if (const protocol::ErrorRecord* record = errors_.poison_of(value->id)) throw_failure(*record);
  Lane& lane = lane_of_this_thread();
  retire_released(lane);
  resolve(lock, lane, std::span(&operand, 1));
  const protocol::RequestId request = fetches_.begin(value->meta.byte_count());
  InferredCall call;
  call.row = &row_of(Op::fetch);
  call.attributes = make_attributes(Op::fetch, request);
  append(lane, call, std::span(&operand, 1));
  flush(lock, lane, true);
  lane.emitted_in_a_row = 0;
  become_prompt();

  std::optional<FetchTable::Outcome> outcome;
  while (true) {
    outcome = fetches_.take(request);
    if (outcome) break;
    require_usable();
    wait_for_change(lock, kWaitSlice);
  }
  // The workers have run dry: they get the next instructions soon, and run while more are emitted.
  if (!lane.is_open()) lane.leaves_at = kFirstBatchBytes;
  if (!outcome->error) return std::move(outcome->bytes);
  errors_.remember_poison(value->id, *outcome->error);
  throw_failure(*outcome->error);
}

void Session::synchronize() {
  Lock lock(*this);
  require_usable();
  retire_all_released();
  flush_all_with_mark(lock);
  std::vector<std::pair<Lane*, std::uint64_t>> awaited;
  for (Lane& lane : lanes_)
    if (!lane.sent.empty()) awaited.emplace_back(&lane, lane.sent.back().sequence);
  for (const auto& [lane, sequence] : awaited)
    while (!lane->sent.empty() && lane->sent.front().sequence <= sequence) {
      require_usable();
      wait_for_change(lock, kWaitSlice);
    }
  if (const auto error = errors_.take_oldest_unread()) throw_failure(*error);
}

Sink::RandomKey Session::next_random_key() {
  Lock lock(*this);
  require_usable();
  Lane& lane = lane_of_this_thread();
  if (lane.random_generation != seed_generation_) {
    lane.random_generation = seed_generation_;
    lane.random_count = 0;
  }
  return {seed_ ^ (lane.id * 0x9E3779B97F4A7C15ull), lane.random_count++};
}

void Session::manual_seed(std::uint64_t seed) {
  Lock lock(*this);
  require_usable();
  seed_ = seed;
  ++seed_generation_;
}

void Session::close() noexcept {
  if (!is_of_this_process()) {
    // Neither threads that do not run here nor a connection that the parent uses may be destroyed.
    static_cast<void>(link_.release());
    static_cast<void>(flusher_.release());
    return;
  }
  try {
    {
      Lock lock(*this);
      if (state_ == State::closed) return;
      retire_all_released();
      const auto deadline = Clock::now() + options_.close_wait;
      while (state_ == State::open && !loss_ && Clock::now() < deadline &&
             (!try_flush_all() || unacknowledged_batches_ > 0))
        wait_for_change(lock, milliseconds(10));
      state_ = State::closed;
      is_ended_ = true;
      link_->send(transport::Lane::control, protocol::Goodbye{});
      link_->notify();
      flusher_wake_.notify_all();
    }
    flusher_->join();
    link_->close();
    print_unread_errors();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gt: the session with %s did not end in order: %s\n",
                 options_.address.c_str(), error.what());
  }
}

void Session::print_unread_errors() {
  Lock lock(*this);
  const std::uint64_t count = errors_.unread_count();
  const auto oldest = errors_.take_oldest_unread();
  if (!oldest) return;
  const std::string place = place_of(oldest->site);
  std::fprintf(stderr, "gt: %llu error%s never read; the oldest: %s%s\n",
               static_cast<unsigned long long>(count), count == 1 ? " was" : "s were",
               describe(*oldest).c_str(), place.empty() ? "" : (" at " + place).c_str());
}

}  // namespace gt::client
