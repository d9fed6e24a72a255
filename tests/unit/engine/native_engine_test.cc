// What the native engine does with buffers, bad values and layouts. (That its numbers are right is
// the conformance suite's matter.)
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/engine/engine_calls.h"

namespace gt::worker {
namespace {

class NativeEngineTest : public testing::Test, public EngineCalls {
 protected:
  template <class Function>
  static void expect_error(ErrorKind kind, const std::string& message, Function&& function) {
    try {
      function();
      ADD_FAILURE() << "no error was thrown";
    } catch (const CommonError& error) {
      EXPECT_EQ(error.kind(), kind);
      EXPECT_EQ(std::string(error.what()), message);
    }
  }
};

TEST_F(NativeEngineTest, WritesIntoADyingOperandThatFits) {
  const Value a = tensor<float>({4}, {1, 2, 3, 4});
  const Value b = tensor<float>({4}, {10, 20, 30, 40});
  const Value sum = run(Op::add, {given(a), dying(b)}, ScalarValue(1));
  EXPECT_EQ(sum.buffer, b.buffer);
  EXPECT_EQ(elements<float>(sum), (std::vector<float>{11, 22, 33, 44}));
}

TEST_F(NativeEngineTest, APreparedCallWritesIntoADyingOperandToo) {
  const Value a = tensor<float>({4}, {1, 2, 3, 4});
  const Value b = tensor<float>({4}, {10, 20, 30, 40});
  const std::vector<EngineOperand> operands{given(a), dying(b)};
  const auto prepared = prepare(Op::add, operands, ScalarValue(1));
  ASSERT_NE(prepared, nullptr);
  const Value sum = prepared->run(operands);
  EXPECT_EQ(sum.buffer, b.buffer);
  EXPECT_EQ(elements<float>(sum), (std::vector<float>{11, 22, 33, 44}));
}

TEST_F(NativeEngineTest, APreparedCallTakesOtherNumbersAndAttributes) {
  const Value a = tensor<float>({4}, {1, 2, 3, 4});
  const auto prepared = prepare(Op::add, {given(a), number(10.0)}, ScalarValue(1));
  ASSERT_NE(prepared, nullptr);
  EXPECT_EQ(elements<float>(prepared->run(std::vector{given(a), number(100.0)})),
            (std::vector<float>{101, 102, 103, 104}));
  prepared->bind(make_attributes(Op::add, ScalarValue(-1)));
  EXPECT_EQ(elements<float>(prepared->run(std::vector{given(a), number(100.0)})),
            (std::vector<float>{-99, -98, -97, -96}));
}

TEST_F(NativeEngineTest, APreparedViewFollowsItsAttributes) {
  const Value matrix = tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const std::vector<EngineOperand> operands{given(matrix)};
  const auto prepared = prepare(Op::select, operands, 0, 1);
  ASSERT_NE(prepared, nullptr);
  EXPECT_EQ(elements<float>(prepared->run(operands)), (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(elements<float>(prepared->run(operands)), (std::vector<float>{4, 5, 6}));
  prepared->bind(make_attributes(Op::select, 0, 0));
  EXPECT_EQ(elements<float>(prepared->run(operands)), (std::vector<float>{1, 2, 3}));
}

TEST_F(NativeEngineTest, AccumulatingRowsAddToADyingOperandInPlace) {
  const Value base = tensor<float>({3, 2}, {1, 2, 3, 4, 5, 6});
  const Value index = tensor<std::int64_t>({2}, {2, 2});
  const Value source = tensor<float>({2, 2}, {10, 20, 100, 200});
  const Value sum =
      run(Op::index_add, {dying(base), given(index), given(source)}, 0, ScalarValue(1));
  EXPECT_EQ(sum.buffer, base.buffer);
  EXPECT_EQ(elements<float>(sum), (std::vector<float>{1, 2, 3, 4, 115, 226}));
}

TEST_F(NativeEngineTest, NarrowElementsAreAddedUpInPlaceAndRoundedOnce) {
  std::vector<BFloat16> elements_of_base(100, BFloat16(256.0f));
  const Value base = tensor<BFloat16>({50, 2}, elements_of_base);
  const Value index = tensor<std::int64_t>({3}, {7, 3, 7});
  // Each half is lost in bfloat16, their sum of 2 is not.
  const Value source = tensor<BFloat16>({3, 2}, {1.0f, 0.0f, 4.0f, 8.0f, 1.0f, 2.0f});
  const Value sum =
      run(Op::index_add, {dying(base), given(index), given(source)}, 0, ScalarValue(1));
  EXPECT_EQ(sum.buffer, base.buffer);
  for (std::size_t i : {14, 15}) elements_of_base[i] = BFloat16(258.0f);
  elements_of_base[6] = BFloat16(260.0f);
  elements_of_base[7] = BFloat16(264.0f);
  const auto actual = elements<BFloat16>(sum);
  for (std::size_t i = 0; i < actual.size(); ++i)
    EXPECT_EQ(actual[i].bits, elements_of_base[i].bits) << i;
}

/// Rows shorter and longer than those that are added by the kernels, in their order.
TEST_F(NativeEngineTest, RowsThatAreNamedManyTimesAreAddedInTheirOrder) {
  for (std::int64_t width : {1, 15, 16, 37, 300}) {
    const std::vector<std::int64_t> rows = {2, 0, 2, 2, 1, 0, 2};
    const auto count = static_cast<std::int64_t>(rows.size());
    std::vector<float> terms;
    for (std::int64_t i = 0; i < count * width; ++i)
      terms.push_back(std::ldexp(static_cast<float>(i * 7919 % 1009 - 500), i % 31 - 15));
    std::vector<float> expected(static_cast<std::size_t>(4 * width), 0.0f);
    for (std::int64_t i = 0; i < count * width; ++i) {
      const std::int64_t row = rows[static_cast<std::size_t>(i / width)];
      expected[static_cast<std::size_t>(row * width + i % width)] +=
          terms[static_cast<std::size_t>(i)];
    }
    const Value index = tensor<std::int64_t>({count}, rows);
    const Value source = tensor<float>({count, width}, terms);
    const Value zeros = tensor<float>({4, width}, std::vector<float>(expected.size(), 0.0f));
    EXPECT_EQ(elements<float>(run(Op::index_add, {given(zeros), given(index), given(source)}, 0,
                                  ScalarValue(1))),
              expected);
    EXPECT_EQ(elements<float>(
                  run(Op::embedding_dense_backward, {given(source), given(index)}, 4, -1, false)),
              expected);
  }
}

TEST_F(NativeEngineTest, ScatteredNarrowIntegersWrapInPlace) {
  const Value base = tensor<std::uint8_t>({32}, std::vector<std::uint8_t>(32, 200));
  const Value index = tensor<std::int64_t>({2}, {5, 5});
  const Value source = tensor<std::uint8_t>({2}, {100, 1});
  const Value sum = run(Op::scatter_add, {dying(base), given(index), given(source)}, 0);
  EXPECT_EQ(sum.buffer, base.buffer);
  std::vector<std::uint8_t> expected(32, 200);
  expected[5] = 45;
  EXPECT_EQ(elements<std::uint8_t>(sum), expected);
}

TEST_F(NativeEngineTest, AccumulatingRowsLeaveALivingOperandAlone) {
  const Value base = tensor<float>({3}, {1, 2, 3});
  const Value index = tensor<std::int64_t>({2}, {0, 0});
  const Value source = tensor<float>({2}, {10, 20});
  const Value sum = run(Op::scatter_add, {given(base), given(index), given(source)}, 0);
  EXPECT_EQ(elements<float>(base), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(elements<float>(sum), (std::vector<float>{31, 2, 3}));
}

TEST_F(NativeEngineTest, LeavesALivingOperandAlone) {
  const Value a = tensor<float>({4}, {1, 2, 3, 4});
  const Value negated = run(Op::neg, {given(a)});
  EXPECT_NE(negated.buffer, a.buffer);
  EXPECT_EQ(elements<float>(a), (std::vector<float>{1, 2, 3, 4}));
}

TEST_F(NativeEngineTest, DoesNotReuseAnOperandOfAnotherDtypeOrShape) {
  const Value row = tensor<float>({3}, {1, 2, 3});
  const Value column = tensor<float>({2, 1}, {10, 20});
  const Value sum = run(Op::add, {dying(row), dying(column)}, ScalarValue(1));
  EXPECT_NE(sum.buffer, row.buffer);
  EXPECT_EQ(elements<float>(sum), (std::vector<float>{11, 12, 13, 21, 22, 23}));
  const Value compared = run(Op::lt, {dying(row), number(2.0)});
  EXPECT_NE(compared.buffer, row.buffer);
}

TEST_F(NativeEngineTest, ReadsTransposedAndBroadcastOperands) {
  const Value matrix = tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const std::vector<std::int64_t> dims{1, 0};
  const Value turned = run(Op::permute, {given(matrix)}, std::span<const std::int64_t>(dims));
  EXPECT_EQ(turned.buffer, matrix.buffer);
  const Value row = tensor<float>({2}, {10, 100});
  const Value product = run(Op::mul, {given(turned), given(row)});
  EXPECT_EQ(elements<float>(product), (std::vector<float>{10, 400, 20, 500, 30, 600}));
}

TEST_F(NativeEngineTest, ComputesTensorsOfMoreThanOneTile) {
  std::vector<std::int32_t> values(5000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i);
  const Value a = tensor<std::int32_t>({50, 100}, values);
  const Value scaled = run(Op::mul, {given(a), number(3)});
  EXPECT_EQ(elements<std::int32_t>(scaled)[4999], 14997);
}

TEST_F(NativeEngineTest, RoundsHalfPrecisionAtTheInstructionsBorder) {
  const Value a = tensor<Half>({2}, {Half(2048.0f), Half(1.0f)});
  const Value b = tensor<Half>({2}, {Half(1.0f), Half(0x1p-11f)});
  const auto sum = elements<Half>(run(Op::add, {given(a), given(b)}, ScalarValue(1)));
  EXPECT_EQ(static_cast<float>(sum[0]), 2048.0f);
  EXPECT_EQ(static_cast<float>(sum[1]), 1.0f);
}

TEST_F(NativeEngineTest, IntegersWrapInTheirOwnWidth) {
  const Value a = tensor<std::uint8_t>({1}, {250});
  EXPECT_EQ(elements<std::uint8_t>(run(Op::add, {given(a), number(10)}, ScalarValue(1)))[0], 4);
}

TEST_F(NativeEngineTest, NotOfABoolIsItsOpposite) {
  const Value a = tensor<std::uint8_t>({2}, {0, 1});
  const Value flags = run(Op::to, {given(a)}, DType::kBool);
  const Value flipped = run(Op::to, {given(run(Op::bitwise_not, {given(flags)}))}, DType::kUInt8);
  EXPECT_EQ(elements<std::uint8_t>(flipped), (std::vector<std::uint8_t>{1, 0}));
}

TEST_F(NativeEngineTest, LogicOfFractionsIsNotTruncated) {
  const Value half = tensor<float>({1}, {0.5f});
  const Value both =
      run(Op::to, {given(run(Op::logical_and, {given(half), given(half)}))}, DType::kUInt8);
  EXPECT_EQ(elements<std::uint8_t>(both)[0], 1);
}

TEST_F(NativeEngineTest, NumbersAreRoundedToTheTensorsDtypeBeforeTheyAreCompared) {
  const Value tenth = tensor<Half>({1}, {Half(0.1f)});
  const Value equal = run(Op::to, {given(run(Op::eq, {given(tenth), number(0.1)}))}, DType::kUInt8);
  EXPECT_EQ(elements<std::uint8_t>(equal)[0], 1);
}

TEST_F(NativeEngineTest, ClampKeepsNanAndTakesAbsentBounds) {
  const Value a = tensor<float>({3}, {NAN, -5, 5});
  const auto clamped = elements<float>(run(Op::clamp, {given(a), absent(), number(1.0)}));
  EXPECT_TRUE(std::isnan(clamped[0]));
  EXPECT_EQ(clamped[1], -5);
  EXPECT_EQ(clamped[2], 1);
}

TEST_F(NativeEngineTest, DivisionOfIntegersByZeroIsAnErrorThatChangesNothing) {
  const Value a = tensor<std::int64_t>({2}, {7, 8});
  const Value zero = tensor<std::int64_t>({2}, {1, 0});
  for (Op op : {Op::div_floor, Op::div_trunc, Op::remainder, Op::fmod})
    expect_error(ErrorKind::kValue, "ZeroDivisionError",
                 [&] { static_cast<void>(run(op, {dying(a), given(zero)})); });
  EXPECT_EQ(elements<std::int64_t>(a), (std::vector<std::int64_t>{7, 8}));
}

TEST_F(NativeEngineTest, TheSmallestIntegerDividesByMinusOne) {
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const Value a = tensor<std::int64_t>({1}, {least});
  EXPECT_EQ(elements<std::int64_t>(run(Op::div_floor, {given(a), number(-1)}))[0], least);
  EXPECT_EQ(elements<std::int64_t>(run(Op::remainder, {given(a), number(-1)}))[0], 0);
}

TEST_F(NativeEngineTest, IndicesOutOfRangeAreErrorsInLibTorchsWords) {
  const Value a = tensor<float>({3, 2}, {1, 2, 3, 4, 5, 6});
  const Value bad = tensor<std::int64_t>({1}, {5});
  const Value square = tensor<std::int64_t>({1, 1}, {3});
  expect_error(ErrorKind::kIndex, "index 5 is out of bounds for dimension 0 with size 3",
               [&] { static_cast<void>(run(Op::index, {given(a), given(bad)})); });
  expect_error(ErrorKind::kIndex, "index out of range in self",
               [&] { static_cast<void>(run(Op::index_select, {given(a), given(bad)}, 0)); });
  expect_error(ErrorKind::kIndex, "index 3 is out of bounds for dimension 1 with size 2",
               [&] { static_cast<void>(run(Op::gather, {given(a), given(square)}, 1)); });
  expect_error(ErrorKind::kIndex, "index out of range in self",
               [&] { static_cast<void>(run(Op::embedding, {given(a), given(bad)}, -1)); });
}

TEST_F(NativeEngineTest, AFailedScatterLeavesItsDyingOperandUnchanged) {
  const Value a = tensor<float>({2}, {1, 2});
  const Value index = tensor<std::int64_t>({2}, {0, 9});
  const Value source = tensor<float>({2}, {10, 20});
  EXPECT_THROW(static_cast<void>(run(Op::scatter, {dying(a), given(index), given(source)}, 0)),
               CommonError);
  EXPECT_EQ(elements<float>(a), (std::vector<float>{1, 2}));
}

TEST_F(NativeEngineTest, WithoutAccumulateTheLastOfEqualPositionsWins) {
  const Value a = tensor<float>({3}, {0, 0, 0});
  const Value index = tensor<std::int64_t>({3}, {1, 1, -2});
  const Value values = tensor<float>({3}, {5, 6, 7});
  EXPECT_EQ(elements<float>(run(Op::index_put, {given(a), given(values), given(index)}, false)),
            (std::vector<float>{0, 7, 0}));
  EXPECT_EQ(elements<float>(run(Op::index_put, {given(a), given(values), given(index)}, true)),
            (std::vector<float>{0, 18, 0}));
}

TEST_F(NativeEngineTest, ArgmaxTakesTheFirstOfTiesAndNanFirst) {
  const Value a = tensor<float>({2, 3}, {1, 4, 4, 2, NAN, 9});
  const std::vector<std::int64_t> dim{1};
  EXPECT_EQ(elements<std::int64_t>(
                run(Op::argmax, {given(a)}, std::span<const std::int64_t>(dim), false)),
            (std::vector<std::int64_t>{1, 1}));
}

TEST_F(NativeEngineTest, ReshapeSharesTheBufferWhereStridesAllowIt) {
  const Value a = tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Shape flat{std::int64_t{6}};
  EXPECT_EQ(run(Op::reshape, {given(a)}, flat).buffer, a.buffer);
  const std::vector<std::int64_t> dims{1, 0};
  const Value turned = run(Op::permute, {given(a)}, std::span<const std::int64_t>(dims));
  const Value copied = run(Op::reshape, {given(turned)}, flat);
  EXPECT_NE(copied.buffer, a.buffer);
  EXPECT_EQ(elements<float>(copied), (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST_F(NativeEngineTest, RandomValuesDependOnTheKeyAlone) {
  const auto draw = [&](const Shape& shape, int seed) {
    return elements<float>(run(Op::normal, {}, shape, 0.0, 1.0, DType::kFloat32, seed, 3));
  };
  const auto line = draw({600}, 1);
  EXPECT_EQ(line, draw({20, 30}, 1));
  EXPECT_NE(line, draw({600}, 2));
}

TEST_F(NativeEngineTest, RandpermIsAPermutation) {
  auto order = elements<std::int64_t>(run(Op::randperm, {}, 100, DType::kInt64, 5, 6));
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_F(NativeEngineTest, ImpossibleProbabilitiesAreRefused) {
  const Value p = tensor<float>({2}, {0.5f, 1.5f});
  expect_error(ErrorKind::kValue, "Expected p_in >= 0 && p_in <= 1 to be true, but got false.",
               [&] { static_cast<void>(run(Op::bernoulli, {given(p)}, 1, 2)); });
  const Value zero = tensor<float>({2}, {0, 0});
  expect_error(ErrorKind::kValue, "invalid multinomial distribution (sum of probabilities <= 0)",
               [&] { static_cast<void>(run(Op::multinomial, {given(zero)}, 1, true, 1, 2)); });
}

TEST_F(NativeEngineTest, ATargetOutsideTheClassesIsAnError) {
  const Value logits = tensor<float>({1, 3}, {1, 2, 3});
  const Value target = tensor<std::int64_t>({1}, {3});
  expect_error(ErrorKind::kIndex, "Target 3 is out of bounds.", [&] {
    static_cast<void>(
        run(Op::cross_entropy, {given(logits), given(target), absent()}, 1, -100, 0.0));
  });
}

TEST_F(NativeEngineTest, HostBytesMustFitTheShape) {
  const std::vector<std::byte> bytes(7);
  expect_error(ErrorKind::kInvalidArgument, "expected 8 bytes for [2] of float32, but got 7",
               [&] { static_cast<void>(engine().from_host({DType::kFloat32, {2}, {}}, bytes)); });
}

TEST(MakeEngine, NamesWhatIsWrongWithItsOptions) {
  const auto message = [](const EngineOptions& options) -> std::string {
    try {
      static_cast<void>(make_engine(options));
    } catch (const CommonError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({.backend = "fast"}),
            "unknown backend 'fast': expected 'default' or 'reference'");
  EXPECT_EQ(message({.device = "tpu"}), "unknown device 'tpu': expected 'cpu' or 'cuda:N'");
  EXPECT_EQ(message({.device = "cuda:x"}), "unknown device 'cuda:x': expected 'cpu' or 'cuda:N'");
  EXPECT_EQ(message({.threads = 0}), "the number of threads is 0: expected 1 or more");
}

}  // namespace
}  // namespace gt::worker
