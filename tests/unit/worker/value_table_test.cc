#include "worker/execution/value_table.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace gt::worker {
namespace {

TableEntry entry_with(std::int64_t mark) {
  TableEntry entry;
  entry.value.offset = mark;
  return entry;
}

TEST(ValueTable, AgreesWithAMapUnderRandomUse) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  ValueTable table;
  std::unordered_map<ValueId, std::int64_t> expected;
  for (std::int64_t step = 0; step < 20000; ++step) {
    const ValueId id = make_value_id(static_cast<LaneId>(random() % 3), random() % 700);
    switch (random() % 3) {
      case 0:
        EXPECT_EQ(table.insert(id, entry_with(step)), !expected.contains(id));
        expected[id] = step;
        break;
      case 1:
        EXPECT_EQ(table.erase(id), expected.erase(id) == 1);
        break;
      case 2: {
        const TableEntry* entry = table.find(id);
        ASSERT_EQ(entry != nullptr, expected.contains(id));
        ASSERT_TRUE(entry == nullptr || entry->value.offset == expected[id]);
      }
    }
  }
  EXPECT_EQ(table.size(), expected.size());
}

TEST(ValueTable, ErasingFreesTheValue) {
  ValueTable table;
  auto buffer = make_buffer<Buffer>(nullptr, 0);
  TableEntry entry;
  entry.value.buffer = buffer;
  table.insert(7, std::move(entry));
  table.erase(7);
  EXPECT_EQ(buffer.use_count(), 1);
}

TEST(ValueTable, AMadeEntryHoldsNothingOfAnErasedOne) {
  ValueTable table;
  TableEntry& first = table.make(1).first;
  first.value.buffer = make_buffer<Buffer>(nullptr, 0);
  first.poison = std::make_shared<const protocol::ErrorRecord>();
  first.origin = 5;
  table.erase(1);
  const TableEntry& second = table.make(2).first;
  EXPECT_EQ(second.value.buffer, nullptr);
  EXPECT_EQ(second.poison, nullptr);
  EXPECT_EQ(second.origin, 0u);
}

}  // namespace
}  // namespace gt::worker
