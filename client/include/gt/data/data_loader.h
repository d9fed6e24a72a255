// Batches of a dataset, epoch after epoch.
#pragma once

#include <gt/data/example.h>
#include <gt/data/sampler.h>
#include <gt/macros.h>

#include <iterator>
#include <memory>
#include <utility>

namespace gt::data {

struct GT_API DataLoaderOptions {
  DataLoaderOptions() = default;
  DataLoaderOptions(std::size_t batch_size) : batch_size_(batch_size) {}
  TORCH_ARG(std::size_t, batch_size) = 1;
  /// Leaves out the last batch of an epoch if it is short.
  TORCH_ARG(bool, drop_last) = false;
};

/// `for (auto& batch : *loader)` visits one epoch; every `begin()` starts a new one. A loader has
/// one epoch under way at a time.
template <class Dataset, class Sampler>
class DataLoader {
 public:
  using Batch = typename Dataset::Batch;

  DataLoader(Dataset dataset, Sampler sampler, DataLoaderOptions options)
      : dataset_(std::move(dataset)), sampler_(std::move(sampler)), options_(options) {
    TORCH_CHECK(options_.batch_size() > 0, "batch_size must be at least 1, but got 0");
  }

  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Batch;
    using pointer = Batch*;
    using reference = Batch&;
    using iterator_category = std::input_iterator_tag;

    explicit Iterator(DataLoader* loader) : loader_(loader) { advance(); }
    Iterator() = default;
    Iterator& operator++() {
      advance();
      return *this;
    }
    Batch& operator*() { return *batch_; }
    Batch* operator->() { return &*batch_; }
    bool operator==(const Iterator& other) const { return loader_ == other.loader_; }
    bool operator!=(const Iterator& other) const { return !(*this == other); }

   private:
    void advance() {
      batch_ = loader_->next();
      if (!batch_) loader_ = nullptr;
    }
    DataLoader* loader_ = nullptr;
    optional<Batch> batch_;
  };

  [[nodiscard]] Iterator begin() {
    sampler_.reset();
    return Iterator(this);
  }
  [[nodiscard]] Iterator end() { return Iterator(); }
  [[nodiscard]] const DataLoaderOptions& options() const noexcept { return options_; }

 private:
  optional<Batch> next() {
    auto indices = sampler_.next(options_.batch_size());
    if (!indices || (indices->size() < options_.batch_size() && options_.drop_last()))
      return nullopt;
    return dataset_.get_batch(std::move(*indices));
  }

  Dataset dataset_;
  Sampler sampler_;
  DataLoaderOptions options_;
};

/// A loader over the dataset in the order of `sampler`.
template <class Dataset, class Sampler>
[[nodiscard]] std::unique_ptr<DataLoader<Dataset, Sampler>> make_data_loader(
    Dataset dataset, Sampler sampler, DataLoaderOptions options) {
  return std::make_unique<DataLoader<Dataset, Sampler>>(std::move(dataset), std::move(sampler),
                                                        options);
}

/// A loader with a sampler over the whole dataset, by default freshly shuffled every epoch.
template <class Sampler = samplers::RandomSampler, class Dataset>
[[nodiscard]] std::unique_ptr<DataLoader<Dataset, Sampler>> make_data_loader(
    Dataset dataset, DataLoaderOptions options = {}) {
  const optional<std::size_t> size = dataset.size();
  TORCH_CHECK(size.has_value(),
              "Expected the dataset to be sized in order to construct the "
              "Sampler");
  return make_data_loader(std::move(dataset), Sampler(static_cast<std::int64_t>(*size)), options);
}

}  // namespace gt::data
