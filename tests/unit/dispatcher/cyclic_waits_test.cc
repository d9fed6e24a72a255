// Workers that wait for each other's transfers, under every order in which they may get on.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

constexpr PeerId kFirstWorker = 1;
constexpr PeerId kFirstClient = 10;
constexpr std::size_t kWorkers = 3;
constexpr std::size_t kClients = 3;
constexpr int kBatches = 24;

/// The stream of one session at one worker: a `receive` waits until its `send` has run.
class SimulatedStream {
 public:
  void add(const protocol::PlannedBatch& batch) { batches_.push_back(batch); }

  /// Runs the first batch as far as it goes; gives its number when it has ended.
  std::optional<std::uint64_t> run(std::set<std::uint64_t>& transfers) {
    if (batches_.empty()) return std::nullopt;
    const protocol::PlannedBatch& batch = batches_.front();
    for (const protocol::KindDefinition& definition : batch.kinds)
      kinds_[definition.id] = resolve(definition.kind);
    InstructionReader reader(InstructionForm::planned, batch.words,
                             [&](KindId id) { return &kinds_.at(id); });
    std::size_t position = 0;
    while (const auto instruction = reader.next()) {
      if (position++ < done_) continue;
      if (instruction->row().op == Op::receive &&
          !transfers.contains(instruction->binding_words.back()))
        return std::nullopt;
      if (instruction->row().op == Op::send) transfers.insert(instruction->binding_words.front());
      ++done_;
    }
    const std::uint64_t sequence = batch.sequence;
    batches_.pop_front();
    done_ = 0;
    return sequence;
  }

 private:
  std::deque<protocol::PlannedBatch> batches_;
  std::map<KindId, ResolvedKind> kinds_;
  std::size_t done_ = 0;  ///< instructions of the first batch
};

class CyclicWaits : public ::testing::Test {
 protected:
  CyclicWaits() : dice_(seed_), cluster_(options()) {
    for (PeerId k = 0; k < kWorkers; ++k) cluster_.connect_worker(kFirstWorker + k);
    for (PeerId k = 0; k < kClients; ++k)
      sessions_.push_back(cluster_.connect_client(kFirstClient + k));
  }
  static CoreOptions options() {
    CoreOptions options;
    options.placement = Placement::spread;
    options.worker_credits = 2;
    return options;
  }

  std::size_t below(std::size_t bound) { return dice_() % bound; }

  /// A batch whose values lie in turn on all workers, and whose sums bring neighbours together.
  void send_batch(std::size_t client) {
    LaneWriter& writer = writers_[client];
    std::vector<ValueId> values;
    for (std::size_t k = 0; k < kWorkers; ++k)
      values.push_back(writer.upload_inline({static_cast<std::int64_t>(1 + below(9))}));
    for (std::size_t k = 0; k < kWorkers; ++k) {
      const ValueId scalar = writer.upload_inline({1});
      writer.add(values[(k + below(kWorkers)) % kWorkers], scalar, {1});
    }
    for (const ValueId value : values) writer.release(value);
    cluster_.send(kFirstClient + client, writer.take());
  }

  void deliver() {
    for (std::size_t worker = 0; worker < kWorkers; ++worker) {
      const auto batches = cluster_.inbox(kFirstWorker + worker).all<protocol::PlannedBatch>();
      for (std::size_t& next = delivered_[worker]; next < batches.size(); ++next)
        streams_[{worker, batches[next].session}].add(batches[next]);
    }
  }

  /// One worker looks at one session; returns whether a batch ended.
  bool step(std::size_t worker, std::size_t client) {
    deliver();
    const protocol::SessionId session = sessions_[client];
    const auto ended = streams_[{worker, session}].run(transfers_[session]);
    if (!ended) return false;
    cluster_.send(kFirstWorker + worker, protocol::WorkerAcknowledgement{{{session, *ended}}, 0});
    return true;
  }

  std::uint64_t acknowledged(std::size_t client) {
    const auto last = cluster_.inbox(kFirstClient + client).last<protocol::Acknowledgement>();
    return last ? last->executed : 0;
  }

  const unsigned seed_ = std::random_device{}();
  std::mt19937 dice_;
  Cluster cluster_;
  std::vector<protocol::SessionId> sessions_;
  std::vector<LaneWriter> writers_ = std::vector<LaneWriter>(kClients);
  std::map<std::size_t, std::size_t> delivered_;
  std::map<std::pair<std::size_t, protocol::SessionId>, SimulatedStream> streams_;
  std::map<protocol::SessionId, std::set<std::uint64_t>> transfers_;
};

TEST_F(CyclicWaits, OfTransfersBetweenWorkersThatHaveLittleCreditAllEnd) {
  for (int batch = 0; batch < kBatches; ++batch)
    for (std::size_t client = 0; client < kClients; ++client) {
      send_batch(client);
      step(below(kWorkers), below(kClients));
    }
  // Whoever can go on goes on; once around without progress is a deadlock.
  for (bool moves = true; moves;) {
    moves = false;
    for (std::size_t k = 0; k < 3 * kWorkers * kClients; ++k)
      moves = step(below(kWorkers), below(kClients)) || moves;
    for (std::size_t worker = 0; worker < kWorkers; ++worker)
      for (std::size_t client = 0; client < kClients; ++client)
        moves = step(worker, client) || moves;
  }
  for (std::size_t client = 0; client < kClients; ++client)
    EXPECT_EQ(acknowledged(client), kBatches) << "client " << client << ", seed " << seed_;
}

TEST_F(CyclicWaits, OfASessionWhoseWorkerStandsStillEndAlone) {
  for (int batch = 0; batch < kBatches; ++batch)
    for (std::size_t client = 0; client < kClients; ++client) send_batch(client);
  // Worker 0 does not run session 0; the others go on to their end.
  for (bool moves = true; moves;) {
    moves = false;
    for (std::size_t worker = 0; worker < kWorkers; ++worker)
      for (std::size_t client = 0; client < kClients; ++client)
        if (worker != 0 || client != 0) moves = step(worker, client) || moves;
  }
  EXPECT_LT(acknowledged(0), kBatches);
  for (std::size_t client = 1; client < kClients; ++client)
    EXPECT_EQ(acknowledged(client), kBatches) << "client " << client << ", seed " << seed_;
}

}  // namespace
}  // namespace gt::dispatcher::testing
