// Properties that hold for every row of the op table.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/ops/op.h"
#include "tests/unit/ops/random_instructions.h"

namespace gt::testing {
namespace {

TEST(OpTable, names_every_op_once) {
  std::set<std::string_view> names;
  for (const OpRow& row : op_table()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
}

TEST(OpTable, finds_every_row_by_number_and_name) {
  for (const OpRow& row : op_table()) {
    EXPECT_EQ(find_op(static_cast<std::uint64_t>(row.op)), &row) << row.name;
    EXPECT_EQ(find_op(row.name), &row) << row.name;
  }
}

TEST(OpTable, knows_nothing_of_other_numbers_and_names) {
  EXPECT_EQ(find_op(std::uint64_t{0}), nullptr);
  EXPECT_EQ(find_op(~std::uint64_t{0}), nullptr);
  EXPECT_EQ(find_op("no_such_op"), nullptr);
}

TEST(OpTable, every_differentiable_row_saves_values_that_exist) {
  for (const OpRow& row : op_table()) {
    EXPECT_EQ(row.saved.operands >> row.operands.count, 0u) << row.name;
    EXPECT_EQ(row.saved.results >> row.results, 0u) << row.name;
    if (!row.differentiable) {
      EXPECT_EQ(row.saved.operands | row.saved.results, 0u) << row.name;
    }
  }
}

TEST(OpTable, random_rows_end_with_their_key) {
  for (const OpRow& row : op_table()) {
    if (row.op_class != OpClass::random) continue;
    ASSERT_GE(row.attributes.count, 2u) << row.name;
    EXPECT_EQ(row.attributes.specs[row.attributes.count - 2].name, "seed") << row.name;
    EXPECT_EQ(row.attributes.specs[row.attributes.count - 1].name, "counter") << row.name;
  }
}

TEST(OpTable, uint16_is_moved_but_not_computed) {
  EXPECT_TRUE(admits(row_of(Op::to), DType::kUInt16));
  EXPECT_TRUE(admits(row_of(Op::reshape), DType::kUInt16));
  EXPECT_FALSE(admits(row_of(Op::add), DType::kUInt16));
}

/// Whatever a decoded instruction says, the rules answer with sound results or with an error.
TEST(Rules, survive_hostile_operands_and_attributes) {
  constexpr std::uint64_t kSeed = 77;
  constexpr int kRounds = 2000;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  RandomInstructions random(kSeed);
  for (const OpRow& row : op_table())
    for (int round = 0; round < kRounds; ++round) {
      const Attributes attributes = random.attributes(row, round % 2 == 1);
      std::vector<OperandMeta> operands;
      for (const OperandType& type : random.operand_types(row))
        operands.push_back(random.operand(type));
      std::vector<TensorMeta> results(row.results);
      try {
        infer(row, operands, attributes, results);
      } catch (const CommonError& error) {
        EXPECT_STRNE(error.what(), "") << row.name;
        continue;
      }
      for (const TensorMeta& result : results) {
        EXPECT_TRUE(is_valid_dtype(static_cast<std::int64_t>(result.dtype))) << row.name;
        for (std::int64_t size : result.shape) EXPECT_GE(size, 0) << row.name;
        EXPECT_LE(result.byte_count(), std::size_t{1} << 62) << row.name;
      }
    }
}

}  // namespace
}  // namespace gt::testing
