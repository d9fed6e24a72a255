// Which threads compute products.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "worker/engine/engine.h"

namespace gt::worker {
namespace {

Value random_matrix(Engine& engine, std::int64_t rows, std::int64_t columns) {
  std::mt19937 generator(static_cast<unsigned>(rows + columns));
  std::normal_distribution<float> draw;
  std::vector<float> numbers(static_cast<std::size_t>(rows * columns));
  for (float& number : numbers) number = draw(generator);
  return engine.from_host({DType::kFloat32, {rows, columns}, {}},
                          std::as_bytes(std::span(numbers)));
}

std::vector<std::byte> product(Engine& engine, std::int64_t rows, std::int64_t depth,
                               std::int64_t columns) {
  const Value a = random_matrix(engine, rows, depth), b = random_matrix(engine, depth, columns);
  std::vector<EngineOperand> operands(2);
  operands[0].value = &a;
  operands[1].value = &b;
  const TensorMeta made{DType::kFloat32, {rows, columns}, {}};
  const Attributes none;
  return engine.to_host(engine.execute({row_of(Op::mm), operands, none, std::span(&made, 1)})[0]);
}

/// With two of them MKL adds up some products in another order. A worker that joins its next server
/// computes in another thread.
TEST(LibraryThreads, AreAsManyWhicheverThreadAsksForAProduct) {
  const auto engine = make_engine({.memory_limit = std::size_t{1} << 28, .threads = 1});
  for (const auto& [rows, depth, columns] : std::vector<std::array<std::int64_t, 3>>{
           {64, 24, 32}, {64, 32, 5}, {5, 64, 32}, {32, 64, 24}, {64, 5, 32}, {128, 784, 10}}) {
    SCOPED_TRACE(testing::Message() << rows << " x " << depth << " x " << columns);
    const std::vector<std::byte> here = product(*engine, rows, depth, columns);
    for (int k = 0; k < 2; ++k) {  // the second thread takes over the identity of the first
      std::vector<std::byte> elsewhere;
      std::thread([&] { elsewhere = product(*engine, rows, depth, columns); }).join();
      EXPECT_EQ(here, elsewhere) << "in thread " << k;
    }
  }
}

}  // namespace
}  // namespace gt::worker
