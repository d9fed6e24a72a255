// The order in which a data loader visits a dataset.
#pragma once

#include <gt/export.h>
#include <gt/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gt::data::samplers {

/// Gives the indices of the next batch until an epoch is over.
class GT_API Sampler {
 public:
  virtual ~Sampler() = default;
  /// Starts a new epoch, over `new_size` examples if given.
  virtual void reset(optional<std::size_t> new_size = nullopt) = 0;
  /// At most `batch_size` indices; nothing when the epoch is over.
  [[nodiscard]] virtual optional<std::vector<std::size_t>> next(std::size_t batch_size) = 0;
};

class GT_API SequentialSampler : public Sampler {
 public:
  explicit SequentialSampler(std::int64_t size) : size_(static_cast<std::size_t>(size)) {}
  void reset(optional<std::size_t> new_size = nullopt) override;
  [[nodiscard]] optional<std::vector<std::size_t>> next(std::size_t batch_size) override;
  [[nodiscard]] std::size_t index() const noexcept { return index_; }

 private:
  std::size_t size_;
  std::size_t index_ = 0;
};

/// A fresh permutation for every epoch, drawn from the generator that gt::manual_seed restarts.
class GT_API RandomSampler : public Sampler {
 public:
  explicit RandomSampler(std::int64_t size);
  void reset(optional<std::size_t> new_size = nullopt) override;
  [[nodiscard]] optional<std::vector<std::size_t>> next(std::size_t batch_size) override;
  [[nodiscard]] std::size_t index() const noexcept { return index_; }

 private:
  std::vector<std::size_t> order_;
  std::size_t index_ = 0;
};

}  // namespace gt::data::samplers
