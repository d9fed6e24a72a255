// Examples, datasets and the transforms between them.
#pragma once

#include <gt/functions.h>
#include <gt/tensor.h>

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace gt::data {

/// One sample: its data and its target.
template <class Data = Tensor, class Target = Tensor>
struct Example {
  using DataType = Data;
  using TargetType = Target;
  Example() = default;
  Example(Data new_data, Target new_target)
      : data(std::move(new_data)), target(std::move(new_target)) {}
  Data data;
  Target target;
};

/// A sample without a target.
using TensorExample = Example<Tensor, void*>;

namespace datasets {

template <class SourceDataset, class Transform>
class MapDataset;

/// A dataset that gives a batch for a list of indices. `size()` is the number of examples, or
/// nullopt where it is not known.
template <class Self, class BatchType = std::vector<Example<>>,
          class BatchRequest = std::vector<std::size_t>>
class BatchDataset {
 public:
  using SelfType = Self;
  using Batch = BatchType;
  using BatchRequestType = BatchRequest;

  virtual ~BatchDataset() = default;
  [[nodiscard]] virtual Batch get_batch(BatchRequest request) = 0;
  [[nodiscard]] virtual optional<std::size_t> size() const = 0;

  /// This dataset with a transform applied to every batch.
  template <class Transform>
  [[nodiscard]] MapDataset<Self, Transform> map(Transform transform) & {
    return MapDataset<Self, Transform>(static_cast<Self&>(*this), std::move(transform));
  }
  template <class Transform>
  [[nodiscard]] MapDataset<Self, Transform> map(Transform transform) && {
    return MapDataset<Self, Transform>(std::move(static_cast<Self&>(*this)), std::move(transform));
  }
};

/// A dataset that gives single examples.
template <class Self, class SingleExample = Example<>>
class Dataset : public BatchDataset<Self, std::vector<SingleExample>> {
 public:
  using ExampleType = SingleExample;
  [[nodiscard]] virtual ExampleType get(std::size_t index) = 0;
  [[nodiscard]] std::vector<ExampleType> get_batch(std::vector<std::size_t> indices) override {
    std::vector<ExampleType> batch;
    batch.reserve(indices.size());
    for (std::size_t index : indices) batch.push_back(get(index));
    return batch;
  }
};

/// A dataset whose batches pass through a transform.
template <class SourceDataset, class Transform>
class MapDataset
    : public BatchDataset<MapDataset<SourceDataset, Transform>, typename Transform::OutputBatchType,
                          typename SourceDataset::BatchRequestType> {
 public:
  MapDataset(SourceDataset dataset, Transform transform)
      : dataset_(std::move(dataset)), transform_(std::move(transform)) {}
  [[nodiscard]] typename Transform::OutputBatchType get_batch(
      typename SourceDataset::BatchRequestType request) override {
    return transform_.apply_batch(dataset_.get_batch(std::move(request)));
  }
  [[nodiscard]] optional<std::size_t> size() const override { return dataset_.size(); }
  [[nodiscard]] const SourceDataset& dataset() const noexcept { return dataset_; }
  [[nodiscard]] const Transform& transform() const noexcept { return transform_; }

 private:
  SourceDataset dataset_;
  Transform transform_;
};

}  // namespace datasets

namespace transforms {

/// Changes a whole batch. `apply_batch` is overridden.
template <class Input, class Output>
class BatchTransform {
 public:
  using InputBatchType = Input;
  using OutputBatchType = Output;
  virtual ~BatchTransform() = default;
  [[nodiscard]] virtual Output apply_batch(Input batch) = 0;
};

/// Changes each example of a batch. `apply` is overridden.
template <class Input, class Output>
class Transform : public BatchTransform<std::vector<Input>, std::vector<Output>> {
 public:
  [[nodiscard]] virtual Output apply(Input input) = 0;
  [[nodiscard]] std::vector<Output> apply_batch(std::vector<Input> batch) override {
    std::vector<Output> result;
    result.reserve(batch.size());
    for (Input& input : batch) result.push_back(apply(std::move(input)));
    return result;
  }
};

/// Makes one value of a batch.
template <class T, class BatchType = std::vector<T>>
using Collation = BatchTransform<BatchType, T>;

/// Stacks data and targets along a new first dim.
template <class T = Example<>>
struct Stack;

template <>
struct Stack<Example<>> : public Collation<Example<>> {
  [[nodiscard]] Example<> apply_batch(std::vector<Example<>> examples) override {
    std::vector<Tensor> data, targets;
    for (Example<>& example : examples) {
      data.push_back(std::move(example.data));
      targets.push_back(std::move(example.target));
    }
    return {stack(data), stack(targets)};
  }
};

}  // namespace transforms
}  // namespace gt::data
