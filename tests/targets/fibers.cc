#include "tests/targets/fibers.h"

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <random>
#include <string_view>
#include <vector>

#include "worker/jit/llvm/gpu/thread_loops.h"
#include "worker/jit/llvm/library_functions.h"

namespace gt::worker::jit {
namespace {

constexpr std::size_t kStackBytes = std::size_t{256} << 10;

/// Some threads that wait for each other.
struct Meeting {
  std::int64_t members = 0, arrived = 0;
  std::uint64_t number = 0;
};

std::uint64_t seed_of_orders() {
  const char* given = std::getenv("GT_TEST_THREAD_SEED");  // NOLINT(concurrency-mt-unsafe)
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("order of simulated threads: seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

/// The block at hand.
class Block {
 public:
  Block() : stacks_(std::make_unique<std::byte[]>(kStackBytes * kThreads)) {
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
  }

  void run(std::uint32_t number, const std::function<void()>& body) {
    number_ = number;
    body_ = &body;
    all_ = {kThreads, 0, 0};
    warps_.fill({kWarp, 0, 0});
    running_ = kThreads;
    for (std::int64_t t = 0; t < kThreads; ++t) {
      ucontext_t& context = contexts_[static_cast<std::size_t>(t)];
      getcontext(&context);
      context.uc_stack.ss_sp = stacks_.get() + static_cast<std::size_t>(t) * kStackBytes;
      context.uc_stack.ss_size = kStackBytes;
      context.uc_link = &scheduler_;
      makecontext(&context, &Block::enter, 0);
      is_done_[static_cast<std::size_t>(t)] = false;
    }
    std::shuffle(order_.begin(), order_.end(), orders_);
    while (running_ > 0)
      for (std::int64_t thread : order_) {
        at_hand_ = thread;
        if (!is_done_[static_cast<std::size_t>(thread)])
          swapcontext(&scheduler_, &contexts_[static_cast<std::size_t>(thread)]);
      }
  }

  [[nodiscard]] std::int32_t thread() const { return static_cast<std::int32_t>(at_hand_); }
  [[nodiscard]] std::int32_t block() const { return static_cast<std::int32_t>(number_); }
  void meet_all() { meet(all_); }
  std::int32_t shuffle(std::int32_t value, std::int64_t from) {
    const std::int64_t own = at_hand_;
    Meeting& warp = warps_[static_cast<std::size_t>(own / kWarp)];
    words_[static_cast<std::size_t>(own)] = value;
    meet(warp);
    const std::int32_t taken = words_[static_cast<std::size_t>(own / kWarp * kWarp + from)];
    meet(warp);
    return taken;
  }

  static Block& current() {
    static Block made;
    return made;
  }

 private:
  static void enter() {
    Block& block = current();
    (*block.body_)();
    block.is_done_[static_cast<std::size_t>(block.at_hand_)] = true;
    --block.running_;
  }
  void meet(Meeting& meeting) {
    const std::int64_t own = at_hand_;
    const std::uint64_t number = meeting.number;
    if (++meeting.arrived == meeting.members) {
      meeting.arrived = 0;
      ++meeting.number;
    }
    while (meeting.number == number)
      swapcontext(&contexts_[static_cast<std::size_t>(own)], &scheduler_);
  }

  std::unique_ptr<std::byte[]> stacks_;
  std::array<ucontext_t, kThreads> contexts_{};
  std::array<bool, kThreads> is_done_{};
  std::array<std::int32_t, kThreads> words_{};
  std::array<Meeting, kWarps> warps_{};
  std::mt19937_64 orders_{seed_of_orders()};
  std::array<std::int64_t, kThreads> order_{};  ///< in which threads take turns
  Meeting all_;
  ucontext_t scheduler_{};
  const std::function<void()>* body_ = nullptr;
  std::int64_t at_hand_ = 0, running_ = 0;
  std::uint32_t number_ = 0;
};

std::int32_t thread_index() { return Block::current().thread(); }
std::int32_t block_index() { return Block::current().block(); }
void barrier() { Block::current().meet_all(); }
std::int32_t shuffle_down(std::int32_t, std::int32_t value, std::int32_t distance, std::int32_t) {
  const std::int64_t lane = Block::current().thread() % kWarp;
  return Block::current().shuffle(value, lane + distance < kWarp ? lane + distance : lane);
}
std::int32_t shuffle_index(std::int32_t, std::int32_t value, std::int32_t lane, std::int32_t) {
  return Block::current().shuffle(value, lane);
}

struct Entry {
  std::string_view name;
  const void* address;
};

}  // namespace

void run_blocks(std::uint32_t blocks, const std::function<void()>& body) {
  for (std::uint32_t block = 0; block < blocks; ++block) Block::current().run(block, body);
}

const void* address_of_intrinsic(std::string_view symbol) {
  static const Entry kEntries[] = {
      {"gt_device_read.ptx.sreg.tid.x", reinterpret_cast<const void*>(&thread_index)},
      {"gt_device_read.ptx.sreg.ctaid.x", reinterpret_cast<const void*>(&block_index)},
      {"gt_device_barrier0", reinterpret_cast<const void*>(&barrier)},
      {"gt_device_shfl.sync.down.i32", reinterpret_cast<const void*>(&shuffle_down)},
      {"gt_device_shfl.sync.idx.i32", reinterpret_cast<const void*>(&shuffle_index)},
  };
  for (const Entry& entry : kEntries)
    if (entry.name == symbol) return entry.address;
  return address_of_function(symbol);
}

}  // namespace gt::worker::jit
