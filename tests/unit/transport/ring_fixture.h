// A listener and a connector over rings, and memory to share.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "common/process/descriptor.h"
#include "tests/unit/transport/transport_testing.h"

namespace gt::transport {

inline bool holds_within(std::chrono::milliseconds time, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Memory that can be shared, with a text in it.
class TextBlock final : public SharedBlock {
 public:
  explicit TextBlock(std::string_view text, int seals = F_SEAL_SHRINK | F_SEAL_GROW)
      : size_(text.size()), memory_(::memfd_create("text", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    EXPECT_EQ(::ftruncate(memory_.get(), kBytes), 0);
    EXPECT_EQ(::fallocate(memory_.get(), 0, 0, kBytes), 0);
    EXPECT_EQ(::fcntl(memory_.get(), F_ADD_SEALS, seals), 0);
    base_ = static_cast<std::byte*>(
        ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0));
    std::memcpy(base_ + kOffset, text.data(), text.size());
  }
  ~TextBlock() override { ::munmap(base_, kBytes); }
  std::span<const std::byte> bytes() const noexcept override { return {base_ + kOffset, size_}; }
  std::optional<SharedLocation> location() const override {
    return SharedLocation{segment_, memory_.get(), kBytes, kOffset};
  }

 private:
  static constexpr std::size_t kBytes = 8192;
  static constexpr std::size_t kOffset = 100;
  std::size_t size_;
  process::Descriptor memory_;
  std::byte* base_ = nullptr;
  std::shared_ptr<const int> segment_ = std::make_shared<const int>(0);
};

class Ring : public ::testing::Test {
 protected:
  PeerId introduce(Endpoint& connector) {
    EXPECT_TRUE(connector.send(kServer, Lane::control, bytes_of("hello")));
    const auto hello = listener_->receive(kLong);
    EXPECT_EQ(text_of(hello), "hello");
    return hello ? hello->peer : 0;
  }
  /// Whether the listener has lost the peer.
  bool loses(PeerId peer) {
    return holds_within(kLong, [&] {
      static_cast<void>(listener_->receive(std::chrono::milliseconds(1)));
      return !listener_->send(peer, Lane::control, bytes_of("still there?"));
    });
  }

  const std::string path_ = fresh_path();
  std::unique_ptr<Endpoint> listener_ = listen("ipc://" + path_, Mode::ring);
  std::unique_ptr<Endpoint> connector_ = connect("ipc://" + path_, Mode::ring);
};

}  // namespace gt::transport
