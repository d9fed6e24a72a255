// The MNIST handwritten digits in IDX files.
#pragma once

#include <gt/data/example.h>

#include <string>

namespace gt::data::datasets {

/// Reads `train-` or `t10k-` `images-idx3-ubyte` and `labels-idx1-ubyte` from a folder: images as
/// float (N, 1, 28, 28) in 0..1, targets as Long (N), any N that the headers state and the files
/// hold. Throws gt::Error `Error opening images file at <path>`, and names a wrong magic number or
/// a file that is too short.
class GT_API MNIST : public Dataset<MNIST> {
 public:
  enum class Mode { kTrain, kTest };

  explicit MNIST(const std::string& root, Mode mode = Mode::kTrain);

  [[nodiscard]] Example<> get(std::size_t index) override;
  [[nodiscard]] optional<std::size_t> size() const override;
  [[nodiscard]] bool is_train() const noexcept { return mode_ == Mode::kTrain; }
  [[nodiscard]] const Tensor& images() const noexcept { return images_; }
  [[nodiscard]] const Tensor& targets() const noexcept { return targets_; }

 private:
  Mode mode_;
  Tensor images_;
  Tensor targets_;
};

}  // namespace gt::data::datasets
