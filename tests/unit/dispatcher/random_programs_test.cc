// Random clients: replay gives the same actions, and damaged batches harm nobody but their sender.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using ::testing::ElementsAre;

constexpr PeerId kFirstWorker = 1;
constexpr PeerId kFirstClient = 10;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  std::mt19937_64 random_;
};

std::uint64_t fresh_seed() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

CoreOptions spread_and_logged() {
  CoreOptions options;
  options.placement = Placement::spread;
  options.log_instructions = true;
  return options;
}

TEST(Replay, TheSameEventsGiveTheSameActions) {
  const std::uint64_t seed = fresh_seed();
  Dice dice(seed);
  Cluster cluster(spread_and_logged());
  cluster.tick(0);
  for (PeerId i = 0; i < 3; ++i) cluster.connect_worker(kFirstWorker + i);
  std::vector<LaneWriter> writers(2);
  std::vector<std::vector<ValueId>> live(2);
  for (PeerId i = 0; i < 2; ++i) cluster.connect_client(kFirstClient + i);
  for (int step = 0; step < 60; ++step) {
    const std::size_t client = dice.below(2);
    LaneWriter& writer = writers[client];
    while (live[client].size() < 2) live[client].push_back(writer.upload_inline({4, 4}));
    const ValueId sum = writer.add(live[client][0], live[client].back());
    live[client].push_back(writer.relu(sum, {0}));
    writer.fetch(live[client].back(), static_cast<protocol::RequestId>(step));
    cluster.send(kFirstClient + client, writer.take(dice.below(2) == 0));
    for (PeerId i = 0; i < 3; ++i)
      if (dice.below(2) == 0 && cluster.core().worker_count() == 3)
        cluster.acknowledge_all(kFirstWorker + i);
    if (step == 40) cluster.apply(PeerLost{kFirstWorker + dice.below(3), "killed"});
    cluster.tick(static_cast<std::uint64_t>(step) * 40);
  }
  Core replayed(spread_and_logged());
  std::vector<std::string> actions;
  for (const Event& event : cluster.events())
    for (const Action& action : replayed.apply(event)) actions.push_back(text_of(action));
  EXPECT_GT(actions.size(), 200u) << "seed " << seed;
  EXPECT_EQ(actions, cluster.actions()) << "seed " << seed;
}

/// Changes one thing about a batch.
void damage(protocol::ClientBatch& batch, Dice& dice) {
  const auto word = [&] {
    const std::uint64_t candidates[] = {0, 1, 17, ~0ull, 1ull << 48, 1ull << 63, dice.below(99)};
    return candidates[dice.below(std::size(candidates))];
  };
  switch (dice.below(7)) {
    case 0:
      if (!batch.words.empty()) batch.words[dice.below(batch.words.size())] = word();
      break;
    case 1:
      if (!batch.words.empty())
        batch.words[dice.below(batch.words.size())] ^= 1ull << dice.below(64);
      break;
    case 2:
      batch.words.resize(dice.below(batch.words.size() + 1));
      break;
    case 3:
      if (!batch.kinds.empty()) {
        Kind& kind = batch.kinds[dice.below(batch.kinds.size())].kind;
        kind.op = static_cast<Op>(dice.below(1024));
      }
      break;
    case 4:
      if (!batch.kinds.empty()) {
        Kind& kind = batch.kinds[dice.below(batch.kinds.size())].kind;
        kind.statics.assign(dice.below(6), word());
      }
      break;
    case 5:
      batch.first_output = word();
      break;
    case 6:
      if (!batch.kinds.empty()) {
        Kind& kind = batch.kinds[dice.below(batch.kinds.size())].kind;
        kind.op = static_cast<Op>(dice.below(1024));
        kind.operands.resize(dice.below(5), {OperandMeta::Form::tensor, DType::kFloat32, 2});
        kind.statics.assign(dice.below(6), dice.below(3));
      }
      break;
  }
}

TEST(DamagedBatches, HarmNobodyButTheirSender) {
  const std::uint64_t seed = fresh_seed();
  Dice dice(seed);
  Cluster cluster;
  cluster.connect_worker(kFirstWorker);
  PeerId next_peer = kFirstClient + 1;
  const auto healthy_session = cluster.connect_client(kFirstClient);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    const PeerId peer = next_peer++;
    cluster.connect_client(peer);
    LaneWriter writer;
    std::vector<ValueId> live;
    for (int i = 0; i < 3; ++i) live.push_back(writer.upload_inline({2, 2}));
    live.push_back(writer.add(live[0], live[1]));
    writer.fetch(live.back(), 1);
    writer.release(live[0]);
    protocol::ClientBatch batch = writer.take();
    damage(batch, dice);
    cluster.send(peer, std::move(batch));
    if (cluster.inbox(peer).is_dropped) ++refused;
    cluster.send(peer, protocol::Goodbye{});
  }
  EXPECT_GT(refused, 300) << "seed " << seed;
  LaneWriter healthy;
  healthy.relu(healthy.upload_inline({2}));
  cluster.send(kFirstClient, healthy.take());
  EXPECT_THAT(cluster.planned_ops(kFirstWorker, healthy_session), ElementsAre(Op::upload, Op::relu))
      << "seed " << seed;
}

}  // namespace
}  // namespace gt::dispatcher::testing
