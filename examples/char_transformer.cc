// Trains a small transformer to continue English text byte by byte, then lets it write.
//
//   char_transformer [--steps N] [--seconds S] [--dtype float32|bfloat16|float16] [--prompt TEXT]
//
// Training ends after the steps or the seconds, whichever comes first; the learning rate follows
// how much of the two is used up. In half precision the model computes in that dtype, while the
// optimizer updates float32 masters of its parameters.
#include <gt/gt.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <numbers>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
namespace F = gt::nn::functional;

constexpr const char* kTextFile = "examples/data/jargon/jargon.txt";
constexpr std::int64_t kVocabulary = 256;  // the values of a byte
constexpr std::int64_t kWidth = 128;
constexpr std::int64_t kBlocks = 4;
constexpr std::int64_t kHeads = 4;
constexpr std::int64_t kContext = 64;
constexpr std::int64_t kBatchSize = 12;
constexpr double kLearningRate = 2e-3;
constexpr std::size_t kLossesInMean = 50;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// ---- The model.

struct CausalAttention : gt::nn::Module {
  CausalAttention()
      : qkv(register_module("qkv", gt::nn::Linear(kWidth, 3 * kWidth))),
        out(register_module("out", gt::nn::Linear(kWidth, kWidth))) {}

  gt::Tensor forward(const gt::Tensor& x) {
    const std::int64_t batch = x.size(0), length = x.size(1);
    const std::vector<gt::Tensor> parts = qkv(x).chunk(3, -1);
    const auto heads = [&](const gt::Tensor& part) {
      return part.view({batch, length, kHeads, kWidth / kHeads}).transpose(1, 2);
    };
    const gt::Tensor joined =
        gt::scaled_dot_product_attention(heads(parts[0]), heads(parts[1]), heads(parts[2]), {},
                                         /*dropout_p=*/0.0, /*is_causal=*/true);
    return out(joined.transpose(1, 2).reshape({batch, length, kWidth}));
  }

  gt::nn::Linear qkv, out;
};

struct Block : gt::nn::Module {
  Block()
      : norm1(register_module("norm1", gt::nn::LayerNorm(gt::nn::LayerNormOptions({kWidth})))),
        norm2(register_module("norm2", gt::nn::LayerNorm(gt::nn::LayerNormOptions({kWidth})))),
        attention(register_module("attention", std::make_shared<CausalAttention>())),
        feed_forward(register_module(
            "feed_forward", gt::nn::Sequential(gt::nn::Linear(kWidth, 4 * kWidth), gt::nn::GELU(),
                                               gt::nn::Linear(4 * kWidth, kWidth)))) {}

  gt::Tensor forward(const gt::Tensor& x) {
    const gt::Tensor attended = x + attention->forward(norm1(x));
    return attended + feed_forward->forward(norm2(attended));
  }

  gt::nn::LayerNorm norm1, norm2;
  std::shared_ptr<CausalAttention> attention;
  gt::nn::Sequential feed_forward;
};

struct Transformer : gt::nn::Module {
  Transformer()
      : bytes(register_module("bytes", gt::nn::Embedding(kVocabulary, kWidth))),
        positions(register_module("positions", gt::nn::Embedding(kContext, kWidth))),
        norm(register_module("norm", gt::nn::LayerNorm(gt::nn::LayerNormOptions({kWidth})))),
        head(register_module("head", gt::nn::Linear(kWidth, kVocabulary))) {
    for (std::int64_t k = 0; k < kBlocks; ++k)
      blocks.push_back(register_module("block" + std::to_string(k), std::make_shared<Block>()));
    const gt::NoGradGuard no_grad;
    gt::nn::init::normal_(bytes->weight, 0, 0.02);
    gt::nn::init::normal_(positions->weight, 0, 0.02);
  }

  /// Logits (B, T, 256) of the bytes that follow the bytes (B, T).
  gt::Tensor forward(const gt::Tensor& text) {
    gt::Tensor x = bytes(text) + positions(gt::arange(text.size(1)));
    for (const auto& block : blocks) x = block->forward(x);
    return head(norm(x));
  }

  gt::nn::Embedding bytes, positions;
  std::vector<std::shared_ptr<Block>> blocks;
  gt::nn::LayerNorm norm;
  gt::nn::Linear head;
};

// ---- Training.

struct Options {
  int steps = 2000;
  double seconds = 110;
  gt::Dtype dtype = gt::kFloat;
  std::string prompt = "The hacker ";
};

/// AdamW for a model of any floating dtype. A half-precision weight is too coarse to be updated in
/// small steps, so that each has a float32 master. Gradients of float16 leave its range unless the
/// loss is scaled up; the scale is halved when one overflows, and that step is skipped.
class Trainer {
 public:
  Trainer(Transformer& model, gt::Dtype dtype)
      : model_(model),
        masters_(make_masters(model, dtype)),
        optimizer_(masters_, gt::optim::AdamWOptions(kLearningRate)),
        scale_(dtype == gt::kHalf ? 65536 : 1),
        skips_overflows_(dtype == gt::kHalf) {
    if (dtype != gt::kFloat) model.to(dtype);
  }

  /// One step on bytes (B, T + 1). Returns the loss; nothing waits for it but a float16 step.
  gt::Tensor step(const gt::Tensor& text, double learning_rate) {
    const gt::Tensor logits = model_.forward(text.narrow(1, 0, kContext));
    const gt::Tensor loss = F::cross_entropy(logits.to(gt::kFloat).view({-1, kVocabulary}),
                                             text.narrow(1, 1, kContext).reshape({-1}));
    model_.zero_grad();
    (loss * scale_).backward();
    if (!skips_overflows_ || gradients_are_finite())
      update(learning_rate);
    else
      scale_ /= 2;
    return loss.detach();
  }

 private:
  static std::vector<gt::Tensor> make_masters(const Transformer& model, gt::Dtype dtype) {
    if (dtype == gt::kFloat) return model.parameters();
    std::vector<gt::Tensor> masters;
    for (const gt::Tensor& parameter : model.parameters())
      masters.push_back(parameter.detach().clone().requires_grad_());
    return masters;
  }

  /// Reads one number from the cluster.
  bool gradients_are_finite() {
    std::vector<gt::Tensor> sums;
    for (const gt::Tensor& parameter : model_.parameters())
      sums.push_back(parameter.grad().sum(gt::kFloat));
    return std::isfinite(gt::stack(sums).sum().item<double>());
  }

  void update(double learning_rate) {
    static_cast<gt::optim::AdamWOptions&>(optimizer_.param_groups()[0].options()).lr(learning_rate);
    const std::vector<gt::Tensor> parameters = model_.parameters();
    const bool has_masters = !masters_[0].is_same(parameters[0]);
    for (std::size_t k = 0; has_masters && k < parameters.size(); ++k)
      masters_[k].mutable_grad() = parameters[k].grad().to(gt::kFloat) / scale_;
    optimizer_.step();
    const gt::NoGradGuard no_grad;
    for (std::size_t k = 0; has_masters && k < parameters.size(); ++k)
      gt::Tensor(parameters[k]).copy_(masters_[k]);
  }

  Transformer& model_;
  std::vector<gt::Tensor> masters_;  ///< the parameters themselves in float32
  gt::optim::AdamW optimizer_;
  double scale_;
  bool skips_overflows_;
};

/// The bytes of a file as a Long tensor on the cluster.
gt::Tensor read_text(const char* path) {
  std::ifstream file(path, std::ios::binary);
  TORCH_CHECK(file.good(), "Error opening text file at ", path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto size = static_cast<std::int64_t>(text.size());
  return gt::from_blob(text.data(), {size}, gt::kByte).to(gt::kLong);
}

/// Passages (B, T + 1) that begin anywhere; drawn and cut out on the cluster.
gt::Tensor draw_batch(const gt::Tensor& text) {
  const gt::Tensor starts = gt::randint(text.size(0) - kContext, {kBatchSize, 1});
  return text.index({starts + gt::arange(kContext + 1)});
}

/// Rises during the first twentieth, then falls to a tenth along half a cosine.
double learning_rate_at(double progress) {
  constexpr double kWarmUp = 0.05, kFloor = 0.1;
  if (progress < kWarmUp) return kLearningRate * (0.02 + progress / kWarmUp * 0.98);
  const double falling = (progress - kWarmUp) / (1 - kWarmUp);
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(falling, 1.0)));
  return kLearningRate * (kFloor + (1 - kFloor) * cosine);
}

/// One line that is drawn over itself; only where somebody looks at it.
void draw_progress(int step, double fraction, double loss) {
  if (isatty(STDOUT_FILENO) == 0) return;
  constexpr int kBarWidth = 32;
  std::string bar(kBarWidth, '.');
  for (int i = 0; i < static_cast<int>(fraction * kBarWidth); ++i)
    bar[static_cast<std::size_t>(i)] = '#';
  std::printf("\rstep %4d [%s] loss %.4f ", step, bar.c_str(), loss);
  std::fflush(stdout);
}

double mean_of(const std::deque<gt::Tensor>& losses) {
  return gt::stack(std::vector<gt::Tensor>(losses.begin(), losses.end())).mean().item<double>();
}

void train(Transformer& model, const Options& options) {
  const gt::Tensor text = read_text(kTextFile);
  Trainer trainer(model, options.dtype);
  std::deque<gt::Tensor> losses;
  const auto start = Clock::now();
  int steps = 0;
  double progress = 0;
  while (steps < options.steps && progress < 1) {
    losses.push_back(trainer.step(draw_batch(text), learning_rate_at(progress)));
    if (losses.size() > kLossesInMean) losses.pop_front();
    ++steps;
    // A read now and then keeps the clock true: the program may be far ahead of the cluster.
    if (steps % 10 == 0) draw_progress(steps, progress, losses.back().item<double>());
    progress = std::max(static_cast<double>(steps) / options.steps,
                        seconds_since(start) / options.seconds);
    if (steps % 200 == 0 && isatty(STDOUT_FILENO) == 0)
      std::printf("step %4d loss %.4f\n", steps, mean_of(losses));
  }
  const double loss = mean_of(losses);
  const double seconds = seconds_since(start);
  draw_progress(steps, 1, loss);
  if (isatty(STDOUT_FILENO) != 0) std::printf("\n");
  std::printf("mean of the last %zu losses: %.3f nats\n", losses.size(), loss);
  std::printf("time a step: %.1f ms (%d steps of %d passages of %d bytes, %.0f s)\n",
              1000 * seconds / steps, steps, static_cast<int>(kBatchSize),
              static_cast<int>(kContext), seconds);
}

// ---- Writing.

/// Continues the prompt by `count` bytes. Every byte is drawn on the cluster; one read at the end.
std::string write_text(Transformer& model, const std::string& prompt, int count) {
  constexpr double kTemperature = 0.8;
  const gt::NoGradGuard no_grad;
  model.eval();
  const auto size = static_cast<std::int64_t>(prompt.size());
  gt::Tensor text = gt::from_blob(prompt.data(), {1, size}, gt::kByte).to(gt::kLong);
  for (int k = 0; k < count; ++k) {
    const std::int64_t seen = std::min(text.size(1), kContext);
    const gt::Tensor logits = model.forward(text.narrow(1, text.size(1) - seen, seen));
    const gt::Tensor next = logits.select(1, seen - 1).to(gt::kFloat) / kTemperature;
    text = gt::cat({text, gt::multinomial(gt::softmax(next, -1), 1)}, 1);
  }
  const gt::Tensor bytes = text.to(gt::kByte).cpu();
  const auto* data = static_cast<const char*>(bytes.const_data_ptr());
  return {data, data + bytes.numel()};
}

gt::Dtype dtype_of(const std::string& name) {
  if (name == "float32") return gt::kFloat;
  if (name == "bfloat16") return gt::kBFloat16;
  if (name == "float16") return gt::kHalf;
  throw gt::ValueError("--dtype is float32, bfloat16 or float16, not " + name);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int k = 1; k < argc; k += 2) {
    const std::string name = argv[k];
    if (k + 1 == argc) throw gt::ValueError("no value follows " + name);
    const std::string value = argv[k + 1];
    if (name == "--steps")
      options.steps = std::max(1, std::atoi(value.c_str()));
    else if (name == "--seconds")
      options.seconds = std::max(0.1, std::atof(value.c_str()));
    else if (name == "--dtype")
      options.dtype = dtype_of(value);
    else if (name == "--prompt")
      options.prompt = value;
    else
      throw gt::ValueError("unknown option " + name +
                           "; there are --steps, --seconds, --dtype and --prompt");
  }
  if (options.prompt.empty()) throw gt::ValueError("--prompt must not be empty");
  return options;
}

void run(const Options& options) {
  gt::manual_seed(6);
  Transformer model;
  train(model, options);
  std::printf("----\n%s\n----\n", write_text(model, options.prompt, 400).c_str());
  if (const char* log = std::getenv("GT_INSTRUCTION_LOG"); log != nullptr)
    std::printf("instruction log: %s\n", log);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
  } catch (const gt::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
