// The judge for what stands above single operations: modules, optimizers and printing, by
// LibTorch's C++ frontend. No LibTorch type is visible here.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/judge/judge.h"

namespace gt::judge {

/// What `std::cout << tensor` prints.
[[nodiscard]] std::string judge_print(const HostTensor& tensor);

/// A run of training: the loss of every step, and the parameters at its end by name.
struct TrainingRun {
  std::vector<double> losses;
  std::map<std::string, HostTensor> parameters;
};

/// Options of the optimizer under test; the meaning of each is LibTorch's.
struct OptimizerCase {
  std::string name;  ///< `sgd`, `adam` or `adamw`
  double lr = 0.05;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool amsgrad = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  DType dtype = DType::kFloat32;  ///< of the model and its input
};

/// Trains Linear(6, 16), ReLU, Linear(16, 4) from the given parameters (`0.weight`, `0.bias`,
/// `2.weight`, `2.bias`) on cross entropy of `x` (rows, 6) against `labels` (rows).
[[nodiscard]] TrainingRun judge_training(const OptimizerCase& optimizer,
                                         const std::map<std::string, HostTensor>& parameters,
                                         const HostTensor& x, const HostTensor& labels, int steps);

/// Trains the convolutional network of the tests (see module_test.cc) by Adam with these parameters
/// on cross entropy of `x` (rows, 2, 8, 8) against `labels` (rows), then evaluates `x` once more.
/// `parameters` of the result hold the buffers as well, and the evaluated output as `output`.
[[nodiscard]] TrainingRun judge_convolutional_training(
    const std::map<std::string, HostTensor>& parameters, const HostTensor& x,
    const HostTensor& labels, int steps);

/// Output and averaged weights of MultiheadAttention(embed, heads) with these parameters.
[[nodiscard]] std::vector<HostTensor> judge_attention(
    std::int64_t embed, std::int64_t heads, const std::map<std::string, HostTensor>& parameters,
    const HostTensor& query, const HostTensor& key, const HostTensor& value,
    const HostTensor& key_padding_mask);

/// The printed form of modules: Sequential of the layers that GT has.
[[nodiscard]] std::string judge_module_text();

/// Names of parameters and buffers of the same Sequential, one a line.
[[nodiscard]] std::string judge_parameter_names();

}  // namespace gt::judge
