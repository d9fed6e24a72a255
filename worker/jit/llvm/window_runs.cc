// Runs in which a tensor has one element for two neighbours, or is read at every other of its
// elements, as in windows of pooling. What does not lie as the run does is spread before the run is
// walked, row by row, and by vectors that begin and end where the row does: nothing is read or
// written beside it.
#include <algorithm>
#include <bit>

#include "worker/jit/llvm/iteration.h"
#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
namespace {

/// Elements that are read behind a run: lanes of a step.
constexpr std::int64_t kBehind = 128;
/// Rows that are the same are written so often at a time.
constexpr std::int64_t kMostCopies = 4;
/// Rows of more vectors are copied by a loop.
constexpr std::int64_t kMostParts = 8;

bool stands_still(std::span<const PlanStride> strides) {
  return std::all_of(strides.begin(), strides.end(), [](const PlanStride& stride) {
    return stride.kind == PlanStride::Kind::zero;
  });
}

bool is_doubled(const LoopPlan& plan, const PlanAccess& access) {
  const std::size_t count = access.inner.size();
  return count >= 2 && plan.inner.back().constant == 2 &&
         access.inner[count - 1].kind == PlanStride::Kind::zero &&
         access.inner[count - 2].kind == PlanStride::Kind::one;
}

}  // namespace

std::vector<LoopEmitter::RunSpread> LoopEmitter::find_run_spreads() const {
  std::vector<RunSpread> spreads;
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    const bool is_strided = access.form == PlanAccess::Inner::strided;
    const bool is_apart = is_strided || access.form == PlanAccess::Inner::indexed;
    if (!is_apart || plan_.tensors[access.tensor].is_output) continue;
    RunSpread spread;
    spread.access = a;
    spread.is_common = stands_still(access.outer);
    spread.type = stored_type(module_.getContext(), plan_.tensors[access.tensor].dtype);
    // A strided one is one row, however many dimensions the run has.
    spread.is_doubled = !is_strided && is_doubled(plan_, access);
    const std::size_t in_row = is_strided ? plan_.inner.size() : spread.is_doubled ? 2 : 1;
    spread.length = 1;
    for (std::size_t k = 0; k < in_row; ++k)
      spread.length *= plan_.inner[plan_.inner.size() - 1 - k].constant;
    spread.along = access.inner[access.inner.size() - (spread.is_doubled ? 2 : 1)];
    if (!is_strided)
      spread.rows.assign(access.inner.begin(),
                         access.inner.end() - static_cast<std::ptrdiff_t>(in_row));
    spreads.push_back(std::move(spread));
  }
  return spreads;
}

/// Of the memory of one that is spread.
std::int64_t LoopEmitter::bytes_of(const RunSpread& spread) const {
  std::int64_t elements = 1;
  for (const PlanSize& size : plan_.inner) elements *= size.constant;
  const auto size = static_cast<std::int64_t>(spread.type->getPrimitiveSizeInBits() / 8);
  return ((elements + kBehind) * size + kLineBytes - 1) / kLineBytes * kLineBytes;
}

std::int64_t LoopEmitter::run_spread_bytes() const {
  std::int64_t bytes = 0;
  for (const RunSpread& spread : find_run_spreads()) bytes += bytes_of(spread);
  return bytes;
}

void LoopEmitter::begin_run_spreads() {
  llvm::Value* place = spread_memory_;
  begin_run(number(0));
  for (const RunSpread& spread : find_run_spreads()) {
    spread_[spread.access] = place;
    place = builder_.CreateGEP(builder_.getInt8Ty(), place, number(bytes_of(spread)));
    if (spread.is_common)
      spread_together(std::span(&spread, 1));
    else
      run_spreads_.push_back(spread);
  }
}

/// Those whose rows are as many and as long go row by row together.
void LoopEmitter::spread_run() {
  std::vector<RunSpread> left = run_spreads_;
  while (!left.empty()) {
    const RunSpread first = left.front();
    std::vector<RunSpread> together, others;
    for (const RunSpread& one : left) {
      const bool is_alike = one.length == first.length && one.rows.size() == first.rows.size();
      (is_alike ? together : others).push_back(one);
    }
    spread_together(together);
    left = std::move(others);
  }
}

void LoopEmitter::spread_together(std::span<const RunSpread> together) {
  spread_rows(together, 0, number(0), Values(together.size(), number(0)));
}

/// The rows of all dimensions from `dimension` on, of which `row` is the first; `distances`: from
/// where the accesses begin, in elements.
void LoopEmitter::spread_rows(std::span<const RunSpread> together, std::size_t dimension,
                              llvm::Value* row, const Values& distances) {
  const std::size_t left = together.front().rows.size() - dimension;
  const std::int64_t size = left == 0 ? 1 : plan_.inner[dimension].constant;
  const bool are_same = left <= 1 && size <= kMostCopies &&
                        std::all_of(together.begin(), together.end(), [&](const RunSpread& spread) {
                          return left == 0 || spread.rows[dimension].kind == PlanStride::Kind::zero;
                        });
  if (are_same) {
    for (std::size_t k = 0; k < together.size(); ++k) {
      const RunSpread& spread = together[k];
      llvm::Value* place = builder_.CreateMul(row, number(size * spread.length));
      Values copies;
      for (std::int64_t copy = 0; copy < size; ++copy)
        copies.push_back(
            builder_.CreateGEP(spread.type, spread_[spread.access],
                               builder_.CreateAdd(place, number(copy * spread.length))));
      copy_row(spread, builder_.CreateGEP(spread.type, bases_[spread.access], distances[k]),
               copies);
    }
    return;
  }
  flow_.each(number(0), number(size), 1, [&](llvm::Value* index) {
    Values moved;
    for (std::size_t k = 0; k < together.size(); ++k)
      moved.push_back(builder_.CreateAdd(
          distances[k], builder_.CreateMul(index, stride(together[k].rows[dimension]))));
    spread_rows(together, dimension + 1,
                builder_.CreateAdd(builder_.CreateMul(row, number(size)), index), moved);
  });
}

/// Writes the row that begins at `from` to each of `copies`.
void LoopEmitter::copy_row(const RunSpread& spread, llvm::Value* from,
                           std::span<llvm::Value* const> copies) {
  const auto step = std::min(
      static_cast<std::int64_t>(width_),
      static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(spread.length))));
  const llvm::Align align(spread.type->getPrimitiveSizeInBits() / 8);
  const auto copy_part = [&](llvm::Value* first) {
    llvm::Value* part = part_of_row(spread, from, first, static_cast<unsigned>(step));
    for (llvm::Value* copy : copies)
      builder_.CreateAlignedStore(part, builder_.CreateGEP(spread.type, copy, first), align);
  };
  const std::int64_t last = spread.length - step;
  if (last > kMostParts * step)
    flow_.each(number(0), number(last), step, copy_part);
  else
    for (std::int64_t k = 0; k < last; k += step) copy_part(number(k));
  copy_part(number(last));
}

/// Elements [first, first + count) of a row of the run.
llvm::Value* LoopEmitter::part_of_row(const RunSpread& spread, llvm::Value* from,
                                      llvm::Value* first, unsigned count) {
  const llvm::Align align(spread.type->getPrimitiveSizeInBits() / 8);
  const auto read_at = [&](llvm::Value* place, unsigned elements) {
    return builder_.CreateAlignedLoad(llvm::FixedVectorType::get(spread.type, elements),
                                      builder_.CreateGEP(spread.type, from, place), align);
  };
  std::vector<int> lanes(count);
  if (spread.is_doubled) {
    for (unsigned k = 0; k < count; ++k) lanes[k] = static_cast<int>(k / 2);
    return builder_.CreateShuffleVector(read_at(builder_.CreateLShr(first, 1), count / 2), lanes);
  }
  switch (spread.along.kind) {
    case PlanStride::Kind::zero:
      return builder_.CreateVectorSplat(count,
                                        builder_.CreateAlignedLoad(spread.type, from, align));
    case PlanStride::Kind::one:
      return read_at(first, count);
    case PlanStride::Kind::two:
    case PlanStride::Kind::parameter:
      break;
  }
  // The upper half ends with the last element that is needed.
  for (unsigned k = 0; k < count; ++k)
    lanes[k] = static_cast<int>(2 * k < count ? 2 * k : 2 * k + 1);
  llvm::Value* place = builder_.CreateMul(first, number(2));
  llvm::Value* upper = builder_.CreateAdd(place, number(count - 1));
  return builder_.CreateShuffleVector(read_at(place, count), read_at(upper, count), lanes);
}

}  // namespace gt::worker::jit
