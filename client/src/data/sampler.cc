#include <gt/data/sampler.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "client/src/session/sink.h"

namespace gt::data::samplers {

void SequentialSampler::reset(optional<std::size_t> new_size) {
  if (new_size) size_ = *new_size;
  index_ = 0;
}

optional<std::vector<std::size_t>> SequentialSampler::next(std::size_t batch_size) {
  if (index_ >= size_) return nullopt;
  std::vector<std::size_t> indices(std::min(batch_size, size_ - index_));
  std::iota(indices.begin(), indices.end(), index_);
  index_ += indices.size();
  return indices;
}

RandomSampler::RandomSampler(std::int64_t size) : order_(static_cast<std::size_t>(size)) {}

/// Shuffles here rather than on a worker: the indices are needed at once, and a batch never waits.
void RandomSampler::reset(optional<std::size_t> new_size) {
  if (new_size) order_.resize(*new_size);
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  const auto key = client::current_sink()->next_random_key();
  std::seed_seq seed{
      static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32),
      static_cast<std::uint32_t>(key.counter), static_cast<std::uint32_t>(key.counter >> 32)};
  std::mt19937_64 generator(seed);
  for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[generator() % i]);
  index_ = 0;
}

optional<std::vector<std::size_t>> RandomSampler::next(std::size_t batch_size) {
  if (index_ >= order_.size()) return nullopt;
  const std::size_t count = std::min(batch_size, order_.size() - index_);
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(index_);
  index_ += count;
  return std::vector<std::size_t>(first, first + static_cast<std::ptrdiff_t>(count));
}

}  // namespace gt::data::samplers
