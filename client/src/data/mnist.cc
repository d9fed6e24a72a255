#include <gt/data/mnist.h>
#include <gt/functions.h>
#include <gt/macros.h>
#include <gt/tensor_data.h>

#include "client/src/data/idx.h"
#include "client/src/session/site.h"

namespace gt::data::datasets {
namespace {

Tensor read_images(const std::string& path) {
  const IdxFile file = read_idx(path, "images", 3);
  const Tensor bytes =
      from_blob(file.bytes.data(), {file.sizes[0], 1, file.sizes[1], file.sizes[2]}, kByte);
  return bytes.to(kFloat).div_(255);
}

Tensor read_targets(const std::string& path) {
  const IdxFile file = read_idx(path, "labels", 1);
  return from_blob(file.bytes.data(), {file.sizes[0]}, kByte).to(kLong);
}

}  // namespace

MNIST::MNIST(const std::string& root, Mode mode) : mode_(mode) {
  GT_ENTRY();
  const std::string prefix = root + (mode == Mode::kTrain ? "/train-" : "/t10k-");
  images_ = read_images(prefix + "images-idx3-ubyte");
  targets_ = read_targets(prefix + "labels-idx1-ubyte");
  TORCH_CHECK(images_.size(0) == targets_.size(0), "the files in ", root, " hold ", images_.size(0),
              " images, but ", targets_.size(0), " labels");
}

Example<> MNIST::get(std::size_t index) {
  GT_ENTRY();
  const auto position = static_cast<std::int64_t>(index);
  return {images_[position], targets_[position]};
}

optional<std::size_t> MNIST::size() const { return static_cast<std::size_t>(images_.size(0)); }

}  // namespace gt::data::datasets
