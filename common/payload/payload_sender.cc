#include "common/payload/payload_sender.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "common/transport/block_part.h"

namespace gt::payload {
namespace {

constexpr int kFramesAtATime = 4;

std::size_t part_size(const OutgoingPayload& payload, std::size_t offset) {
  return std::min(payload.block->size() - offset, kPartBytes);
}

std::vector<std::byte> header_of(const OutgoingPayload& payload, std::size_t offset,
                                 std::size_t size) {
  return protocol::encode_frame_header(
      {payload.session, payload.payload, offset, payload.block->size(), size});
}

}  // namespace

bool can_be_lent(const OutgoingPayload& payload) { return payload.block->location().has_value(); }

bool send_whole(const OutgoingPayload& payload, const Send& send) {
  return send(header_of(payload, 0, payload.block->size()), payload.block);
}

bool send_in_parts(const OutgoingPayload& payload, const Send& send) {
  std::size_t offset = 0;
  do {
    const std::size_t size = part_size(payload, offset);
    auto part = std::make_shared<transport::BlockPart>(payload.block, offset, size);
    if (!send(header_of(payload, offset, size), std::move(part))) return false;
    offset += size;
  } while (offset < payload.block->size());
  return true;
}

/// How much is with the transport. Lives as long as the sender and its last part.
class PayloadSender::Window {
 public:
  explicit Window(std::function<void()> has_room) : has_room_(std::move(has_room)) {}

  [[nodiscard]] bool is_open() const noexcept { return used_ < kWindow; }
  void take(std::size_t bytes) noexcept { used_ += bytes; }
  void give_back(std::size_t bytes) noexcept {
    const std::size_t before = used_.fetch_sub(bytes);
    if (before <= kWindow / 2 || before - bytes > kWindow / 2) return;
    const std::lock_guard lock(mutex_);
    if (has_room_) has_room_();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    has_room_ = {};
  }

 private:
  std::atomic<std::size_t> used_ = 0;
  std::mutex mutex_;
  std::function<void()> has_room_;  ///< guarded by mutex_
};

class PayloadSender::Part final : public transport::BlockPart {
 public:
  Part(const OutgoingPayload& payload, std::size_t offset, std::size_t size,
       std::shared_ptr<Window> window)
      : BlockPart(payload.block, offset, size), window_(std::move(window)) {
    window_->take(size);
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() override { window_->give_back(size()); }

 private:
  std::shared_ptr<Window> window_;
};

PayloadSender::PayloadSender(std::function<void()> has_room)
    : window_(std::make_shared<Window>(std::move(has_room))) {}

PayloadSender::~PayloadSender() { window_->close(); }

bool PayloadSender::can_send() const noexcept { return !payloads_.empty() && window_->is_open(); }

bool PayloadSender::send_some(bool shares_memory, const Send& send) {
  for (int count = 0; count < kFramesAtATime && can_send(); ++count) {
    Progress progress = std::move(payloads_.front());
    payloads_.pop_front();
    if (!send_next(progress, shares_memory, send)) return false;
    if (progress.offset < progress.payload.block->size()) payloads_.push_back(std::move(progress));
  }
  return true;
}

bool PayloadSender::send_next(Progress& progress, bool shares_memory, const Send& send) {
  const OutgoingPayload& payload = progress.payload;
  if (progress.offset == 0 && shares_memory && can_be_lent(payload)) {
    progress.offset = payload.block->size();
    return send_whole(payload, send);
  }
  const std::size_t size = part_size(payload, progress.offset);
  const std::size_t offset = std::exchange(progress.offset, progress.offset + size);
  return send(header_of(payload, offset, size),
              std::make_shared<Part>(payload, offset, size, window_));
}

}  // namespace gt::payload
