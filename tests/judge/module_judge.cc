#include "tests/judge/module_judge.h"

#include <torch/torch.h>

#include <memory>
#include <sstream>

namespace gt::judge {
namespace {

torch::Tensor to_torch(const HostTensor& tensor) {
  const std::vector<std::int64_t> sizes(tensor.shape.begin(), tensor.shape.end());
  return torch::from_blob(const_cast<std::byte*>(tensor.bytes.data()), sizes,
                          static_cast<torch::ScalarType>(tensor.dtype))
      .clone();
}

HostTensor to_host(const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().contiguous();
  HostTensor result;
  result.dtype = static_cast<DType>(plain.scalar_type());
  for (std::int64_t size : plain.sizes()) result.shape.push_back(size);
  const auto* bytes = static_cast<const std::byte*>(plain.const_data_ptr());
  result.bytes.assign(bytes, bytes + plain.nbytes());
  return result;
}

void load(torch::nn::Module& module, const std::map<std::string, HostTensor>& parameters) {
  torch::NoGradGuard no_grad;
  for (auto& item : module.named_parameters())
    item.value().copy_(to_torch(parameters.at(item.key())));
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const OptimizerCase& options,
                                                        std::vector<torch::Tensor> parameters) {
  if (options.name == "sgd")
    return std::make_unique<torch::optim::SGD>(parameters, torch::optim::SGDOptions(options.lr)
                                                               .momentum(options.momentum)
                                                               .dampening(options.dampening)
                                                               .weight_decay(options.weight_decay)
                                                               .nesterov(options.nesterov));
  if (options.name == "adam")
    return std::make_unique<torch::optim::Adam>(parameters,
                                                torch::optim::AdamOptions(options.lr)
                                                    .betas({options.beta1, options.beta2})
                                                    .eps(options.eps)
                                                    .weight_decay(options.weight_decay)
                                                    .amsgrad(options.amsgrad));
  return std::make_unique<torch::optim::AdamW>(parameters,
                                               torch::optim::AdamWOptions(options.lr)
                                                   .betas({options.beta1, options.beta2})
                                                   .eps(options.eps)
                                                   .weight_decay(options.weight_decay)
                                                   .amsgrad(options.amsgrad));
}

torch::nn::Sequential layers() {
  namespace nn = torch::nn;
  return nn::Sequential(
      nn::Linear(nn::LinearOptions(4, 3).bias(false)), nn::Linear(3, 2), nn::ReLU(),
      nn::ReLU(nn::ReLUOptions(true)), nn::GELU(), nn::SiLU(), nn::Sigmoid(), nn::Tanh(),
      nn::Softmax(1), nn::LogSoftmax(-1), nn::Dropout(0.25),
      nn::LayerNorm(nn::LayerNormOptions({2, 3})),
      nn::Embedding(nn::EmbeddingOptions(5, 2).padding_idx(1)), nn::Flatten(), nn::Identity(),
      nn::MSELoss(), nn::CrossEntropyLoss(), nn::Conv2d(3, 6, 3),
      nn::Conv2d(nn::Conv2dOptions(4, 8, {3, 2})
                     .stride({2, 1})
                     .padding(1)
                     .dilation(2)
                     .groups(4)
                     .bias(false)),
      nn::Conv2d(nn::Conv2dOptions(1, 1, 3).padding(torch::kSame)),
      nn::Conv1d(nn::Conv1dOptions(2, 3, 5).padding({2})), nn::BatchNorm2d(8),
      nn::BatchNorm1d(nn::BatchNorm1dOptions(4).momentum(std::nullopt).affine(false)),
      nn::MaxPool2d(2),
      nn::MaxPool2d(nn::MaxPool2dOptions({3, 2}).stride(2).padding(1).ceil_mode(true)),
      nn::AvgPool2d(nn::AvgPool2dOptions(3).stride(2)),
      nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({2, std::nullopt})),
      nn::AdaptiveAvgPool2d(1), nn::Dropout2d(0.4), nn::Functional(torch::relu));
}

}  // namespace

std::string judge_print(const HostTensor& tensor) {
  std::ostringstream text;
  text << to_torch(tensor);
  return text.str();
}

TrainingRun judge_training(const OptimizerCase& options,
                           const std::map<std::string, HostTensor>& parameters, const HostTensor& x,
                           const HostTensor& labels, int steps) {
  torch::nn::Sequential model(torch::nn::Linear(6, 16), torch::nn::ReLU(),
                              torch::nn::Linear(16, 4));
  model->to(static_cast<torch::ScalarType>(options.dtype));
  load(*model, parameters);
  const auto optimizer = make_optimizer(options, model->parameters());
  const torch::Tensor input = to_torch(x), target = to_torch(labels);
  TrainingRun run;
  for (int step = 0; step < steps; ++step) {
    optimizer->zero_grad();
    torch::Tensor loss = torch::nn::functional::cross_entropy(model->forward(input), target);
    loss.backward();
    optimizer->step();
    run.losses.push_back(loss.item<double>());
  }
  for (const auto& item : model->named_parameters())
    run.parameters[item.key()] = to_host(item.value());
  return run;
}

TrainingRun judge_convolutional_training(const std::map<std::string, HostTensor>& parameters,
                                         const HostTensor& x, const HostTensor& labels, int steps) {
  namespace nn = torch::nn;
  nn::Sequential model(nn::Conv2d(nn::Conv2dOptions(2, 4, {3, 2}).padding(torch::kSame)),
                       nn::BatchNorm2d(4), nn::ReLU(),
                       nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(2).padding(1)),
                       nn::Conv2d(nn::Conv2dOptions(4, 6, 3).padding(1).groups(2).bias(false)),
                       nn::BatchNorm2d(nn::BatchNorm2dOptions(6).momentum(std::nullopt)),
                       nn::ReLU(), nn::AvgPool2d(2), nn::AdaptiveAvgPool2d(1), nn::Flatten(),
                       nn::Linear(6, 5), nn::BatchNorm1d(5), nn::Linear(5, 3));
  load(*model, parameters);
  torch::optim::SGD optimizer(model->parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
  const torch::Tensor input = to_torch(x), target = to_torch(labels);
  TrainingRun run;
  for (int step = 0; step < steps; ++step) {
    optimizer.zero_grad();
    torch::Tensor loss = nn::functional::cross_entropy(model->forward(input), target);
    loss.backward();
    optimizer.step();
    run.losses.push_back(loss.item<double>());
  }
  for (const auto& item : model->named_parameters())
    run.parameters[item.key()] = to_host(item.value());
  for (const auto& item : model->named_buffers())
    run.parameters[item.key()] = to_host(item.value());
  model->eval();
  run.parameters["output"] = to_host(model->forward(input));
  return run;
}

std::vector<HostTensor> judge_attention(std::int64_t embed, std::int64_t heads,
                                        const std::map<std::string, HostTensor>& parameters,
                                        const HostTensor& query, const HostTensor& key,
                                        const HostTensor& value,
                                        const HostTensor& key_padding_mask) {
  torch::nn::MultiheadAttention attention(torch::nn::MultiheadAttentionOptions(embed, heads));
  load(*attention, parameters);
  const auto [output, weights] = attention->forward(to_torch(query), to_torch(key), to_torch(value),
                                                    to_torch(key_padding_mask));
  return {to_host(output), to_host(weights)};
}

std::string judge_module_text() {
  std::ostringstream text;
  text << *layers();
  return text.str();
}

std::string judge_parameter_names() {
  std::string names;
  const auto model = layers();
  for (const auto& item : model->named_parameters()) names += item.key() + "\n";
  return names;
}

}  // namespace gt::judge
