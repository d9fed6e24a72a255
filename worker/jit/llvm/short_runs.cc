// Runs that are too short for a loop of their own are walked as one, tile by tile. What does not
// lie as the run does is spread first: copied row by row into memory where it does. What repeats
// itself with the tiles is spread once.
#include <algorithm>
#include <numeric>

#include "worker/jit/llvm/iteration.h"
#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
namespace {

/// Elements of a tile: at least, and where it may be longer so that it is whole vectors.
constexpr std::int64_t kLeastTile = 512;
constexpr std::int64_t kMostTile = kMostPeriod;
/// A tile of so many elements begins at a line of the caches if the one before did.
constexpr std::int64_t kLineElements = 64;
/// What is read or written behind a tile: a row, and lanes of a step.
constexpr std::int64_t kBehind = 256;

}  // namespace

/// Whether the loop is one of short runs. Symbolic rows may be long in other runs.
bool LoopEmitter::is_in_tiles() const {
  return plan_.fold == Space::Fold::none && !plan_.spreads_runs && plan_.outer.empty() &&
         plan_.inner.size() > 1 && plan_.inner.back().constant != 0;
}

std::vector<LoopEmitter::Spread> LoopEmitter::find_spreads() const {
  std::vector<Spread> spreads;
  if (!is_in_tiles()) return spreads;
  llvm::Type* word = llvm::Type::getInt64Ty(module_.getContext());
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    if (access.form != PlanAccess::Inner::indexed) continue;
    const DType dtype = plan_.tensors[access.tensor].dtype;
    llvm::Type* type = spreads_places(a) ? word : stored_type(module_.getContext(), dtype);
    spreads.push_back({a,
                       {access.inner.begin(), access.inner.end() - 1},
                       access.inner.back(),
                       type,
                       access.period,
                       nullptr});
  }
  const bool goes_by_place =
      std::any_of(plan_.nodes.begin(), plan_.nodes.end(),
                  [](const PlanNode& node) { return node.indexing && node.indexing->replaces; });
  if (goes_by_place)
    spreads.push_back({kNoAccess, std::vector<PlanStride>(plan_.inner.size() - 1),
                       PlanStride{PlanStride::Kind::one, 0}, word, plan_.inner.back().constant,
                       nullptr});
  return spreads;
}

/// Elements of a tile. All periods are parts of the longest.
std::int64_t LoopEmitter::tile_elements(std::span<const Spread> spreads) {
  std::int64_t part = 1;
  for (const Spread& spread : spreads) part = std::max(part, spread.period);
  const std::int64_t aligned = std::lcm(part, kLineElements);
  if (aligned <= kMostTile) part = aligned;
  return (kLeastTile + part - 1) / part * part;
}

std::int64_t LoopEmitter::bytes_of(const Spread& spread, std::int64_t elements) {
  const auto size = static_cast<std::int64_t>(spread.type->getPrimitiveSizeInBits() / 8);
  return (elements + 2 * kBehind) * size;
}

std::int64_t LoopEmitter::bytes_of(std::span<const Spread> spreads, std::int64_t elements) {
  std::int64_t bytes = 0;
  for (const Spread& spread : spreads) bytes += bytes_of(spread, elements);
  return bytes;
}

/// Spreads `count` elements of the run from `from` on, whole rows; the row that `from` stands in
/// begins before the memory, and what is behind the last one is written as well.
void LoopEmitter::fill(const Spread& spread, const ShortRows& rows, llvm::Value* from,
                       llvm::Value* count) {
  const std::size_t last = rows.sizes.size();
  llvm::Value* row_length = number(rows.length);
  // Where the row begins: its index along each dimension, and its distance in the tensor.
  llvm::Value* row = builder_.CreateUDiv(from, row_length);
  llvm::Value* phase = builder_.CreateSub(from, builder_.CreateMul(row, row_length));
  Values indices(last);
  llvm::Value* distance = number(0);
  for (std::size_t d = last; d-- > 0;) {
    llvm::Value* above = d > 0 ? builder_.CreateUDiv(row, rows.sizes[d]) : number(0);
    indices[d] = builder_.CreateSub(row, builder_.CreateMul(above, rows.sizes[d]));
    distance =
        builder_.CreateAdd(distance, builder_.CreateMul(indices[d], stride(spread.outer[d])));
    row = above;
  }
  Values carried = {builder_.CreateNeg(phase), distance};
  carried.insert(carried.end(), indices.begin(), indices.end());
  flow_.repeat(
      carried, [&](const Values& now) { return builder_.CreateICmpSLT(now[0], count); },
      [&](const Values& now) {
        copy_row(spread, rows.length, now[1],
                 builder_.CreateGEP(spread.type, spread.memory, now[0]));
        Values next = now;
        next[0] = builder_.CreateNSWAdd(now[0], row_length);
        // The next row: a step along a dimension, and back to its beginning where it ends.
        llvm::Value* goes_on = nullptr;
        for (std::size_t d = last; d-- > 0;) {
          llvm::Value* step = stride(spread.outer[d]);
          llvm::Value* index = builder_.CreateAdd(now[2 + d], number(1));
          llvm::Value* is_end = builder_.CreateICmpEQ(index, rows.sizes[d]);
          llvm::Value* back = builder_.CreateMul(step, rows.sizes[d]);
          llvm::Value* moved = builder_.CreateAdd(next[1], step);
          llvm::Value* wrapped = builder_.CreateSub(moved, back);
          if (d == 0) {
            wrapped = moved;
            is_end = builder_.getFalse();
          }
          llvm::Value* kept = builder_.CreateSelect(is_end, number(0), index);
          llvm::Value* place = builder_.CreateSelect(is_end, wrapped, moved);
          next[2 + d] =
              goes_on != nullptr ? builder_.CreateSelect(goes_on, kept, now[2 + d]) : kept;
          next[1] = goes_on != nullptr ? builder_.CreateSelect(goes_on, place, next[1]) : place;
          goes_on = goes_on != nullptr ? builder_.CreateAnd(goes_on, is_end) : is_end;
        }
        return next;
      });
}

/// Spreads the row that lies `distance` from where the access begins. What is behind it may be
/// written, for the next row comes later.
void LoopEmitter::copy_row(const Spread& spread, std::int64_t length, llvm::Value* distance,
                           llvm::Value* to) {
  const PlanStride& step = spread.along;
  const auto width = static_cast<std::int64_t>(width_);
  const llvm::Align align(spread.type->getPrimitiveSizeInBits() / 8);
  const bool are_places = spread.access == kNoAccess || spreads_places(spread.access);
  const auto put = [&](llvm::Value* elements, std::int64_t k) {
    builder_.CreateAlignedStore(elements, builder_.CreateGEP(spread.type, to, number(k)), align);
  };
  const ir::Lanes lanes(builder_, width_);
  if (are_places) {
    for (std::int64_t k = 0; k < length; k += width) {
      Iteration iteration;
      iteration.index = number(k);
      llvm::Value* along =
          builder_.CreateMul(positions(iteration), ir::Lanes::spread(stride(step)));
      put(builder_.CreateAdd(along, ir::Lanes::spread(distance)), k);
    }
    return;
  }
  llvm::Value* from = builder_.CreateGEP(spread.type, bases_[spread.access], distance);
  if (step.kind == PlanStride::Kind::zero) {
    llvm::Value* one = builder_.CreateAlignedLoad(spread.type, from, align);
    for (std::int64_t k = 0; k < length; k += width) put(ir::Lanes::spread(one), k);
    return;
  }
  const auto place = [&](llvm::Value* index) {
    return builder_.CreateGEP(spread.type, from, builder_.CreateMul(index, stride(step)));
  };
  std::int64_t k = 0;
  if (step.kind == PlanStride::Kind::one) {
    llvm::Type* vector = ir::Lanes::type_of(spread.type);
    for (; k + width <= length; k += width)
      put(builder_.CreateAlignedLoad(vector, place(number(k)), align), k);
    if (k < length && machine_.processor().has_masks) {
      std::vector<llvm::Constant*> is_on;
      for (std::int64_t lane = 0; lane < width; ++lane)
        is_on.push_back(builder_.getInt1(k + lane < length));
      put(builder_.CreateMaskedLoad(vector, place(number(k)), align,
                                    llvm::ConstantVector::get(is_on),
                                    llvm::Constant::getNullValue(vector)),
          k);
      return;
    }
  }
  flow_.each(number(k), number(length), 1, [&](llvm::Value* index) {
    builder_.CreateAlignedStore(builder_.CreateAlignedLoad(spread.type, place(index), align),
                                builder_.CreateGEP(spread.type, to, index), align);
  });
}

/// Takes memory for tiles of so many elements, the first of which begins at `first`, and spreads
/// what is the same in all of them.
void LoopEmitter::begin_spreads(std::span<Spread> spreads, const ShortRows& rows,
                                std::int64_t elements, llvm::Value* first, llvm::Value* end) {
  llvm::Value* place = spread_memory_;
  for (Spread& spread : spreads) {
    spread.memory = builder_.CreateGEP(spread.type, place, number(kBehind));
    place = builder_.CreateGEP(builder_.getInt8Ty(), place, number(bytes_of(spread, elements)));
    if (spread.period == 0) continue;
    fill(spread, rows, first, least(builder_, number(elements), builder_.CreateSub(end, first)));
  }
}

/// Spreads what the tile [tile, end) needs for itself.
void LoopEmitter::spread_tile(std::span<const Spread> spreads, const ShortRows& rows,
                              llvm::Value* tile, llvm::Value* end) {
  for (const Spread& spread : spreads) {
    if (spread.period == 0) fill(spread, rows, tile, builder_.CreateSub(end, tile));
    llvm::Value* origin = builder_.CreateGEP(spread.type, spread.memory, builder_.CreateNeg(tile));
    (spread.access == kNoAccess ? spread_positions_ : spread_[spread.access]) = origin;
  }
}

/// The elements [first, end) of a loop of short runs.
void LoopEmitter::emit_tiles(llvm::Value* first, llvm::Value* end) {
  std::vector<Spread> spreads = find_spreads();
  const std::int64_t elements = tile_elements(spreads);
  const ShortRows rows{Values(sizes_.inner.begin(), sizes_.inner.end() - 1),
                       plan_.inner.back().constant};
  begin_run(number(0));
  begin_spreads(spreads, rows, elements, first, end);
  flow_.each(first, end, elements, [&](llvm::Value* tile) {
    llvm::Value* tile_end = least(builder_, builder_.CreateAdd(tile, number(elements)), end);
    spread_tile(spreads, rows, tile, tile_end);
    find_distance_of_run(tile);
    emit_passes(tile, tile_end);
  });
}

}  // namespace gt::worker::jit
