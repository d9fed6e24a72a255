// Every instruction set gives the same bits, for every point-wise row and every reduction.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "common/ops/op.h"
#include "worker/engine/native/kernels/kernel_table.h"
#include "worker/engine/native/kernels/philox.h"

namespace gt::worker::native {
namespace {

constexpr std::uint32_t kSeed = 20240611;
constexpr std::int64_t kCount = 1037;

std::vector<const KernelTable*> tables() {
  int count = 0;
  const KernelTable* const* first = runnable_kernel_tables(count);
  return {first, first + count};
}

template <class T>
std::vector<T> operand(std::mt19937& random) {
  std::vector<T> values(kCount);
  if constexpr (std::is_floating_point_v<T>) {
    std::normal_distribution<double> wide(0.0, 3.0);
    for (T& value : values) value = static_cast<T>(wide(random));
    const T limits[] = {T(0),
                        T(-0.0),
                        T(1),
                        T(-1),
                        std::numeric_limits<T>::infinity(),
                        -std::numeric_limits<T>::infinity(),
                        std::numeric_limits<T>::quiet_NaN(),
                        std::numeric_limits<T>::denorm_min(),
                        std::numeric_limits<T>::max(),
                        T(1e-30),
                        T(100),
                        T(-100)};
    for (std::size_t i = 0; i < 200; ++i)
      values[random() % kCount] = limits[random() % std::size(limits)];
  } else {
    for (T& value : values) value = static_cast<T>(random() % 41) - 20;
    for (T& value : values) value = value == 0 ? 3 : value;
  }
  return values;
}

/// Equal bits, or both NaN (whose payload is not part of a result).
template <class T>
bool same(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) && std::isnan(b)) return true;
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <class T>
std::string difference(const std::vector<T>& a, const std::vector<T>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i]))
      return "element " + std::to_string(i) + ": " + std::to_string(a[i]) + " and " +
             std::to_string(b[i]);
  return "";
}

template <class T>
std::vector<T> run_row(const KernelTable& table, Op op, ComputeType type,
                       const std::vector<std::vector<T>>& operands, bool& exists) {
  const PointwiseEntry& entry = table.pointwise[static_cast<int>(op)];
  const PointwiseKernel kernel = entry.kernels[static_cast<int>(type)];
  exists = kernel != nullptr;
  std::vector<T> out(kCount);
  if (!exists) return out;
  const void* inputs[] = {operands[0].data(), operands[1].data(), operands[2].data()};
  const T values[] = {T(2), T(3), T(1), T(2)};
  const std::int64_t statics[] = {0, 0, 0, 0};
  kernel(out.data(), inputs, kCount, values, statics);
  return out;
}

template <class T>
void compare_pointwise(ComputeType type) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937 random(kSeed);
  const std::vector<std::vector<T>> operands{operand<T>(random), operand<T>(random),
                                             operand<T>(random)};
  int compared = 0;
  for (const OpRow& row : op_table()) {
    if (row.op_class != OpClass::pointwise) continue;
    bool exists = false;
    const auto expected = run_row(*tables()[0], row.op, type, operands, exists);
    if (!exists) continue;
    for (const KernelTable* table : tables())
      EXPECT_EQ(difference(expected, run_row(*table, row.op, type, operands, exists)), "")
          << row.name << " on " << table->target;
    ++compared;
  }
  EXPECT_GT(compared, 20);
}

TEST(KernelTargets, GiveTheSameBitsForEveryPointwiseRowOfFloat) {
  compare_pointwise<float>(ComputeType::kFloat);
}
TEST(KernelTargets, GiveTheSameBitsForEveryPointwiseRowOfDouble) {
  compare_pointwise<double>(ComputeType::kDouble);
}
TEST(KernelTargets, GiveTheSameBitsForEveryPointwiseRowOfIntegers) {
  compare_pointwise<std::int64_t>(ComputeType::kInteger);
}

TEST(KernelTargets, EveryPointwiseRowHasAKernel) {
  const KernelTable& table = best_kernel_table();
  for (const OpRow& row : op_table())
    if (row.op_class == OpClass::pointwise) {
      const PointwiseEntry& entry = table.pointwise[static_cast<int>(row.op)];
      EXPECT_TRUE(entry.kernels[0] != nullptr || entry.kernels[2] != nullptr) << row.name;
    }
}

std::vector<float> finite_values(std::int64_t n) {
  std::mt19937 random(kSeed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& value : values) value = normal(random);
  return values;
}

TEST(KernelTargets, GiveTheSameBitsForEveryFold) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  for (std::int64_t n : {0, 1, 5, 64, 100, 4096, 4097, 30000}) {
    const std::vector<float> values = finite_values(n);
    const float parameter = 0.25f;
    for (int fold = 0; fold < kFolds; ++fold) {
      float expected = 0;
      tables()[0]->row_folds[fold][0](values.data(), &parameter, &expected, 1, n);
      for (const KernelTable* table : tables()) {
        float actual = 0;
        table->row_folds[fold][0](values.data(), &parameter, &actual, 1, n);
        EXPECT_TRUE(same(expected, actual))
            << "fold " << fold << " of " << n << " on " << table->target;
      }
    }
  }
}

TEST(KernelTargets, ColumnFoldsGiveTheBitsOfRowFolds) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const KernelTable& table = best_kernel_table();
  for (std::int64_t n : {1, 3, 64, 65, 4100, 9000}) {
    constexpr std::int64_t kColumns = 19;
    const std::vector<float> values = finite_values(n * kColumns);
    std::vector<float> transposed(values.size());
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t j = 0; j < kColumns; ++j)
        transposed[static_cast<std::size_t>(j * n + k)] =
            values[static_cast<std::size_t>(k * kColumns + j)];
    for (int fold = 0; fold < 4; ++fold) {
      std::vector<float> rows(kColumns);
      std::vector<float> columns(kColumns);
      table.row_folds[fold][0](transposed.data(), nullptr, rows.data(), kColumns, n);
      table.column_folds[fold][0](values.data(), columns.data(), 1, n, kColumns);
      EXPECT_EQ(difference(rows, columns), "") << "fold " << fold << " of " << n;
    }
  }
}

std::vector<float> normalised(const KernelTable& table, const std::vector<float>& x,
                              std::int64_t rows, std::int64_t n) {
  std::vector<float> out(x.size());
  std::vector<float> mean(static_cast<std::size_t>(rows));
  std::vector<float> rstd(mean.size());
  table.rows[0].layer_norm(x.data(), x.data(), x.data() + 1, out.data(), mean.data(), rstd.data(),
                           rows, n, 1e-5);
  std::vector<float> grad(x.size());
  std::vector<float> sums(static_cast<std::size_t>(2 * n));
  std::vector<float> scratch(static_cast<std::size_t>(layer_norm_scratch(rows, n)));
  table.rows[0].layer_norm_backward({out.data(), x.data(), mean.data(), rstd.data(), x.data(),
                                     grad.data(), sums.data(), sums.data() + n, rows, n},
                                    scratch.data(), false);
  out.insert(out.end(), grad.begin(), grad.end());
  out.insert(out.end(), sums.begin(), sums.end());
  return out;
}

std::vector<float> softmaxes(const KernelTable& table, const std::vector<float>& x,
                             std::int64_t rows, std::int64_t n) {
  std::vector<float> out;
  for (bool logarithm : {false, true}) {
    std::vector<float> result(x.size());
    table.rows[0].softmax(x.data(), result.data(), rows, n, logarithm);
    out.insert(out.end(), result.begin(), result.end());
    std::vector<float> grad(x.size());
    table.rows[0].softmax_backward(x.data(), result.data(), grad.data(), rows, n, logarithm);
    out.insert(out.end(), grad.begin(), grad.end());
  }
  return out;
}

TEST(KernelTargets, GiveTheSameBitsForCompositesOfRows) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  for (std::int64_t n : {1, 7, 64, 300, 5000}) {
    constexpr std::int64_t kRows = 67;
    std::vector<float> x = finite_values(kRows * n + 1);
    x[0] = 300.0f;  // so that one row has results that are no normal numbers
    x.pop_back();
    for (const KernelTable* table : tables()) {
      EXPECT_EQ(difference(softmaxes(*tables()[0], x, kRows, n), softmaxes(*table, x, kRows, n)),
                "")
          << n << " on " << table->target;
      EXPECT_EQ(difference(normalised(*tables()[0], x, kRows - 1, n),
                           normalised(*table, x, kRows - 1, n)),
                "")
          << n << " on " << table->target;
    }
  }
}

TEST(KernelTargets, AnElementDoesNotDependOnItsNeighbours) {
  // A large operand makes the loops of exp and its kin take the long way around it.
  std::vector<float> values = finite_values(1037);
  std::vector<float> others = values;
  others[300] = 1e17f;
  others[700] = std::numeric_limits<float>::quiet_NaN();
  const std::int64_t statics[] = {0};
  for (Op op : {Op::exp, Op::log, Op::sin, Op::cos, Op::tan, Op::sqrt, Op::sigmoid, Op::silu,
                Op::gelu_backward})
    for (const KernelTable* table : tables()) {
      std::vector<float> expected(values.size());
      std::vector<float> actual(values.size());
      const void* inputs[] = {values.data(), values.data()};
      const void* other_inputs[] = {values.data(), others.data()};
      if (op != Op::gelu_backward) other_inputs[0] = others.data();
      const auto kernel = table->pointwise[static_cast<int>(op)].kernels[0];
      kernel(expected.data(), inputs, 1037, nullptr, statics);
      kernel(actual.data(), other_inputs, 1037, nullptr, statics);
      for (std::size_t i : {300, 700}) actual[i] = expected[i];
      EXPECT_EQ(difference(expected, actual), "") << row_of(op).name << " on " << table->target;
    }
}

TEST(KernelTargets, FoldsOfBFloat16GiveTheBitsOfFoldsOfTheirFloats) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const int bfloat16 = static_cast<int>(DType::kBFloat16);
  for (std::int64_t n : {1, 2, 63, 64, 65, 4100, 9000})
    for (const KernelTable* table : tables()) {
      constexpr std::int64_t kColumns = 301;
      const std::vector<float> values = finite_values(n * kColumns);
      std::vector<std::uint16_t> stored(values.size());
      std::vector<float> widened(values.size());
      table->store[0][bfloat16](values.data(), stored.data(), n * kColumns);
      table->load[bfloat16][0](stored.data(), 1, widened.data(), n * kColumns);
      for (int fold = 0; fold < 4; ++fold) {
        std::vector<float> expected(kColumns);
        std::vector<float> actual(kColumns);
        table->row_folds[fold][0](widened.data(), nullptr, expected.data(), kColumns, n);
        table->bfloat16_row_folds[fold](stored.data(), nullptr, actual.data(), kColumns, n);
        EXPECT_EQ(difference(expected, actual), "") << "rows, fold " << fold << " of " << n;
        table->column_folds[fold][0](widened.data(), expected.data(), 1, n, kColumns);
        table->bfloat16_column_folds[fold](stored.data(), actual.data(), 1, n, kColumns);
        EXPECT_EQ(difference(expected, actual), "") << "columns, fold " << fold << " of " << n;
      }
    }
}

TEST(KernelTargets, GradientsOfLayerNormAddUpRowsByTheReductionTree) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  constexpr std::int64_t kColumns = 5;
  for (std::int64_t rows : {1, 3, 64, 65, 4097, 9000})
    for (const KernelTable* table : tables()) {
      const std::vector<float> grad = finite_values(rows * kColumns);
      const std::vector<float> zeros(static_cast<std::size_t>(rows), 0.0f);
      const std::vector<float> ones(static_cast<std::size_t>(rows), 1.0f);
      std::vector<float> grad_in(grad.size()), expected(kColumns), weight(kColumns), bias(kColumns);
      std::vector<float> scratch(static_cast<std::size_t>(layer_norm_scratch(rows, kColumns)));
      // The normalised input is all ones.
      const std::vector<float> in(grad.size(), 1.0f);
      table->rows[0].layer_norm_backward(
          {grad.data(), in.data(), zeros.data(), ones.data(), nullptr, grad_in.data(),
           weight.data(), bias.data(), rows, kColumns},
          scratch.data(), false);
      table->column_folds[static_cast<int>(Fold::kSum)][0](grad.data(), expected.data(), 1, rows,
                                                           kColumns);
      EXPECT_EQ(difference(expected, weight), "") << rows << " rows on " << table->target;
      EXPECT_EQ(difference(expected, bias), "") << rows << " rows on " << table->target;
    }
}

TEST(KernelTargets, RepeatedOperandsGiveTheBitsOfFilledOnes) {
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937 random(kSeed);
  const std::vector<float> values = operand<float>(random);
  const float one = 0.7f;
  const std::vector<float> filled(kCount, one);
  const float attributes[] = {2, 3, 4, 5};
  const std::int64_t statics[] = {0, 0, 0, 0};
  for (const OpRow& row : op_table()) {
    if (row.op_class != OpClass::pointwise) continue;
    const PointwiseEntry& entry = best_kernel_table().pointwise[static_cast<int>(row.op)];
    if (entry.repeats[0] == nullptr) continue;
    for (std::size_t k : {0, 1}) {
      const void* inputs[] = {values.data(), values.data()};
      std::vector<float> expected(kCount);
      std::vector<float> actual(kCount);
      inputs[k] = filled.data();
      entry.kernels[0](expected.data(), inputs, kCount, attributes, statics);
      inputs[k] = &one;
      entry.repeats[k](actual.data(), inputs, kCount, attributes, statics);
      EXPECT_EQ(difference(expected, actual), "") << row.name << ", operand " << k;
    }
  }
}

TEST(KernelTargets, TheFirstExtremumOfARowIsFound) {
  for (std::int64_t n : {1, 63, 64, 5000, 9000})
    for (std::int64_t place : {std::int64_t{0}, n / 2, n - 1}) {
      std::vector<float> values(static_cast<std::size_t>(n), 1.0f);
      values[static_cast<std::size_t>(place)] = 2.0f;
      values.back() = 2.0f;
      for (const KernelTable* table : tables()) {
        std::int64_t position = -1;
        table->largest[0](values.data(), &position, 1, n);
        EXPECT_EQ(position, place) << n << " on " << table->target;
      }
      values[static_cast<std::size_t>(place)] = std::numeric_limits<float>::quiet_NaN();
      for (const KernelTable* table : tables()) {
        std::int64_t position = -1;
        table->smallest[0](values.data(), &position, 1, n);
        EXPECT_EQ(position, place) << "NaN, " << n << " on " << table->target;
      }
    }
}

TEST(KernelTargets, DrawTheWordsOfPhilox) {
  for (const KernelTable* table : tables())
    for (std::int64_t first : {0, 3, 64, 130}) {
      constexpr std::uint64_t kKey = 0x123456789ABCDEFull;
      constexpr std::uint64_t kCounter = 0xFEDCBA9876543210ull;
      constexpr std::int64_t kDraws = 200;
      std::vector<float> uniform(kDraws);
      std::vector<std::uint64_t> bits(kDraws);
      table->random[0].uniform(kKey, kCounter, first, kDraws, uniform.data());
      table->random_bits(kKey, kCounter, first, kDraws, bits.data());
      for (std::int64_t i = 0; i < kDraws; ++i) {
        const auto index = static_cast<std::uint64_t>(first + i);
        const std::uint32_t word = random::draw32(kKey, kCounter, index);
        ASSERT_EQ(uniform[static_cast<std::size_t>(i)], static_cast<float>(word >> 8) * 0x1p-24f)
            << index << " on " << table->target;
        ASSERT_EQ(bits[static_cast<std::size_t>(i)], random::draw64(kKey, kCounter, index))
            << index << " on " << table->target;
      }
    }
}

TEST(KernelTargets, GiveTheSameBitsForNormalDraws) {
  std::vector<float> expected(1000);
  tables()[0]->random[0].normal(3, 4, 0, 1000, expected.data());
  for (const KernelTable* table : tables()) {
    std::vector<float> actual(1000);
    table->random[0].normal(3, 4, 0, 1000, actual.data());
    EXPECT_EQ(difference(expected, actual), "") << table->target;
  }
}

}  // namespace
}  // namespace gt::worker::native
