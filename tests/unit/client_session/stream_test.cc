// What a session writes into its stream: ids, deaths, order, the moment of leaving.
#include <gmock/gmock.h>
#include <gt/error.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "tests/unit/client_session/fake_dispatcher.h"

namespace gt::client::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::vector<Op> ops_of(const std::vector<SeenInstruction>& seen) {
  std::vector<Op> ops;
  for (const SeenInstruction& instruction : seen) ops.push_back(instruction.op);
  return ops;
}

TEST(SessionStream, NumbersOutputsConsecutivelyFromZeroInTheLane) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  const ValueRef b = make_source(*session);
  const ValueRef c = emit_op(*session, Op::add, {a, b});
  EXPECT_EQ(a->id, make_value_id(0, 0));
  EXPECT_EQ(b->id, make_value_id(0, 1));
  EXPECT_EQ(c->id, make_value_id(0, 2));
  const auto seen = dispatcher.wait_for_count(3);
  EXPECT_EQ(seen[2].first_output, c->id);
  EXPECT_THAT(seen[2].operands, ElementsAre(a->id, b->id));
}

TEST(SessionStream, KeepsNumberingAcrossBatches) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  session->synchronize();
  const ValueRef b = make_source(*session);
  session->synchronize();
  EXPECT_EQ(dispatcher.wait_for_count(2)[1].first_output, b->id);
  EXPECT_EQ(dispatcher.batches()[1].sequence, 2u);
}

TEST(SessionStream, DefinesAKindOnceForAllItsInstructions) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  session->synchronize();
  const ValueRef b = make_source(*session);
  session->synchronize();
  const auto batches = dispatcher.batches();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].kinds.size(), 1u);
  EXPECT_TRUE(batches[1].kinds.empty());
}

TEST(SessionStream, PatchesADeathIntoTheLastUseInTheOpenBatch) {
  FakeDispatcher dispatcher;
  auto options = dispatcher.session_options();
  options.idle_flush = std::chrono::seconds(10);
  const auto session = Session::open(options);
  ValueRef a = make_source(*session);
  const ValueRef b = emit_op(*session, Op::relu, {a});
  const ValueRef c = emit_op(*session, Op::mul, {b, a});
  a.reset();
  session->synchronize();
  const auto seen = dispatcher.wait_for_count(3);
  EXPECT_THAT(ops_of(seen), ElementsAre(Op::full, Op::relu, Op::mul));
  EXPECT_THAT(seen[1].dies, ElementsAre(false));
  EXPECT_THAT(seen[2].dies, ElementsAre(false, true));
}

TEST(SessionStream, ReleasesAValueWhoseLastUseHasLeft) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  ValueRef a = make_source(*session);
  const ValueId id = a->id;
  const ValueRef b = emit_op(*session, Op::relu, {a});
  session->synchronize();
  a.reset();
  const auto seen = dispatcher.wait_for_count(3);
  EXPECT_EQ(seen[2].op, Op::release);
  EXPECT_THAT(seen[2].operands, ElementsAre(id));
  EXPECT_THAT(seen[2].dies, ElementsAre(true));
}

TEST(SessionStream, ReleasesAnUnusedValueWhoseMakingHasLeft) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  ValueRef a = make_source(*session);
  const ValueId id = a->id;
  session->synchronize();
  a.reset();
  const auto seen = dispatcher.wait_for_count(2);
  EXPECT_EQ(seen[1].op, Op::release);
  EXPECT_THAT(seen[1].operands, ElementsAre(id));
}

TEST(SessionStream, MarksAnUnusedResultAtTheInstructionThatMadeIt) {
  FakeDispatcher dispatcher;
  auto options = dispatcher.session_options();
  options.idle_flush = std::chrono::seconds(10);
  const auto session = Session::open(options);
  const ValueRef a = make_source(*session);
  static_cast<void>(emit_op(*session, Op::relu, {a}));
  const ValueRef c = emit_op(*session, Op::relu, {a});
  session->synchronize();
  const auto seen = dispatcher.wait_for_count(3);
  EXPECT_THAT(ops_of(seen), ElementsAre(Op::full, Op::relu, Op::relu));
  EXPECT_THAT(seen[1].results_die, ElementsAre(true));
  EXPECT_THAT(seen[1].dies, ElementsAre(false));
  EXPECT_THAT(seen[2].results_die, ElementsAre(false));
  EXPECT_EQ(seen[2].first_output, c->id);
}

TEST(SessionStream, MarksTheSecondOfTwoEqualOperandsDead) {
  FakeDispatcher dispatcher;
  auto options = dispatcher.session_options();
  options.idle_flush = std::chrono::seconds(10);
  const auto session = Session::open(options);
  ValueRef a = make_source(*session);
  const ValueRef square = emit_op(*session, Op::mul, {a, a});
  a.reset();
  session->synchronize();
  EXPECT_THAT(dispatcher.wait_for_count(2)[1].dies, ElementsAre(false, true));
}

TEST(SessionStream, SendsAnIdleBatchByItself) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  dispatcher.wait_for_count(1);
  EXPECT_FALSE(dispatcher.batches()[0].mark);
}

TEST(SessionStream, SendsAnIdleBatchAlsoAfterALongSleep) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const ValueRef a = make_source(*session);
  dispatcher.wait_for_count(1);
}

TEST(SessionStream, SendsABatchWhenItIsFull) {
  FakeDispatcher dispatcher;
  auto options = dispatcher.session_options();
  options.idle_flush = std::chrono::seconds(10);
  const auto session = Session::open(options);
  ValueRef value = make_source(*session);
  for (int k = 0; k < 5000; ++k) value = emit_op(*session, Op::relu, {value});
  dispatcher.wait_for_count(1);
  const auto words = dispatcher.batches()[0].words.size();
  EXPECT_GE(words * 8, protocol::kBatchBytes);
  EXPECT_LE(words * 8, protocol::kBatchBytes + 64);
}

TEST(SessionStream, AFullBatchLeavesWithTheDeathsOfItsLastInstruction) {
  FakeDispatcher dispatcher;
  auto options = dispatcher.session_options();
  options.idle_flush = std::chrono::seconds(10);
  const auto session = Session::open(options);
  ValueRef value = make_source(*session);
  for (int k = 0; k < 5000; ++k) value = emit_op(*session, Op::relu, {value});
  const auto seen = dispatcher.wait_for_count(2000);
  for (const SeenInstruction& instruction : seen) {
    if (instruction.batch > 1) break;
    if (instruction.op == Op::full) continue;
    EXPECT_EQ(instruction.op, Op::relu);
    EXPECT_THAT(instruction.dies, ElementsAre(true));
  }
}

TEST(SessionStream, SendsTheBatchOfAnotherLaneBeforeItsValueIsUsed) {
  FakeDispatcher dispatcher;
  auto options = dispatcher.session_options();
  options.idle_flush = std::chrono::seconds(10);
  const auto session = Session::open(options);
  const ValueRef a = make_source(*session);
  ValueRef b;
  std::thread([&] { b = emit_op(*session, Op::relu, {a}); }).join();
  session->synchronize();
  const auto seen = dispatcher.wait_for_count(2);
  EXPECT_EQ(seen[0].lane, 0);
  EXPECT_EQ(seen[1].lane, 1);
  EXPECT_EQ(lane_of(b->id), 1);
  EXPECT_THAT(seen[1].operands, ElementsAre(a->id));
}

TEST(SessionStream, ReleasesAValueOfSeveralLanesAfterAllItsUses) {
  FakeDispatcher dispatcher;
  auto options = dispatcher.session_options();
  options.idle_flush = std::chrono::seconds(10);
  const auto session = Session::open(options);
  ValueRef a = make_source(*session);
  const ValueRef b = emit_op(*session, Op::relu, {a});
  ValueRef c;
  std::thread([&] { c = emit_op(*session, Op::relu, {a}); }).join();
  const ValueId id = a->id;
  a.reset();
  session->synchronize();
  const auto seen = dispatcher.wait_for_count(4);
  EXPECT_THAT(ops_of(seen), ElementsAre(Op::full, Op::relu, Op::relu, Op::release));
  EXPECT_THAT(seen[3].operands, ElementsAre(id));
  for (int use : {1, 2}) EXPECT_THAT(seen[use].dies, ElementsAre(false));
}

TEST(SessionStream, GivesTheLaneOfAnEndedThreadToTheNext) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  for (int k = 0; k < 3; ++k) {
    ValueRef b;
    std::thread([&] { b = make_source(*session); }).join();
    EXPECT_EQ(b->id, make_value_id(1, static_cast<std::uint64_t>(k)));
  }
}

TEST(SessionStream, CarriesASmallUploadInTheBatch) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const float numbers[] = {1.5f, -2.0f};
  const ValueRef a = session->upload(pair_meta(), std::as_bytes(std::span(numbers)));
  const auto seen = dispatcher.wait_for_count(1);
  EXPECT_EQ(seen[0].op, Op::upload);
  const auto payloads = dispatcher.batches()[0].payloads;
  ASSERT_EQ(payloads.size(), 1u);
  EXPECT_EQ(payloads[0].id, seen[0].attributes.integer(row_of(Op::upload), 2));
  EXPECT_EQ(std::memcmp(payloads[0].bytes.data(), numbers, sizeof numbers), 0);
}

TEST(SessionStream, CutsALargeUploadIntoFramesInOrder) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  TensorMeta meta;
  meta.dtype = DType::kUInt8;
  meta.shape = {static_cast<std::int64_t>(2 * protocol::kMaxFrameBytes + 5)};
  std::vector<std::byte> bytes(meta.byte_count());
  for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::byte>(k * 7 >> 3);
  const ValueRef a = session->upload(meta, bytes);
  std::vector<std::byte> joined;
  const auto is_complete = [&](const auto&) {
    joined.clear();
    for (const auto& message : dispatcher.others())
      if (const auto* frame = std::get_if<protocol::PayloadFrame>(&message)) {
        EXPECT_EQ(frame->offset, joined.size());
        EXPECT_EQ(frame->total, bytes.size());
        joined.insert(joined.end(), frame->bytes.begin(), frame->bytes.end());
      }
    return joined.size() == bytes.size();
  };
  const auto deadline = FakeDispatcher::Clock::now() + std::chrono::seconds(5);
  while (!is_complete(0) && FakeDispatcher::Clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(joined, bytes);
}

TEST(SessionStream, RefusesAnUploadOfTheWrongSize) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  EXPECT_THROW(static_cast<void>(session->upload(pair_meta(), {})), Error);
}

TEST(SessionStream, RestartsTheRandomCounterWithTheSeed) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  EXPECT_EQ(session->next_random_key().seed, kDefaultSeed);
  EXPECT_EQ(session->next_random_key().counter, 1u);
  session->manual_seed(5);
  const auto key = session->next_random_key();
  EXPECT_EQ(key.seed, 5u);
  EXPECT_EQ(key.counter, 0u);
}

TEST(SessionStream, GivesEveryLaneItsOwnRandomSeed) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const auto mine = session->next_random_key();
  Sink::RandomKey other;
  std::thread([&] { other = session->next_random_key(); }).join();
  EXPECT_NE(mine.seed, other.seed);
  EXPECT_EQ(other.counter, 0u);
}

TEST(SessionBatches, AfterAReadAFewInstructionsLeaveAheadOfTheRest) {
  FakeDispatcher dispatcher;
  auto options = dispatcher.session_options();
  options.idle_flush = 10s;
  const auto session = Session::open(options);
  static_cast<void>(session->fetch(make_source(*session)));
  std::vector<ValueRef> values;
  for (int k = 0; k < 100; ++k) values.push_back(make_source(*session));
  EXPECT_EQ(dispatcher.wait_for_batches(2).size(), 2u);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(dispatcher.batches().size(), 2u);
}

}  // namespace
}  // namespace gt::client::testing
