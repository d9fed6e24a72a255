#include "tests/bench/compiled_operations.h"

#include <gt/gt.h>

#include <functional>

#include "tests/bench/cluster.h"
#include "tests/bench/compiled_side.h"

namespace gt::bench {
namespace {

/// A step is ten executions, each on the result of the one before: what nobody reads need not be
/// computed.
class Repeated {
 public:
  using Function = std::function<Tensor(const Tensor&)>;
  Repeated(Function function, Tensor first)
      : function_(std::move(function)), state_(std::move(first)) {}
  void step() {
    for (int k = 0; k < 10; ++k) state_ = function_(state_);
  }
  [[nodiscard]] double loss() const { return state_.sum().item<double>(); }

 private:
  Function function_;
  Tensor state_;
};

/// Both in one session, so what looks for sequences looks at both.
Comparison compare_with_eager(const Repeated::Function& function, const Tensor& first, int steps,
                              int pairs) {
  Compiled<Repeated> compiled(function, first);
  Repeated eager(function, first);
  return compare_compiled(compiled, eager, steps, pairs);
}

Comparison compare_chain(int rounds, int steps, int pairs) {
  const OneWorker cluster;
  const Tensor x = randn({256, 1024}), y = rand({256, 1024});
  return compare_with_eager(
      [&](const Tensor& first) {
        Tensor z = first;
        for (int k = 0; k < rounds; ++k) z = (z * y + x).mul(0.5).abs();
        return z;
      },
      x, steps, pairs);
}

Comparison compare_noise(Tensor (*draw)(), int pairs) {
  const OneWorker cluster;
  return compare_with_eager(
      [draw](const Tensor& last) {
        manual_seed(1);  // both sides draw the same
        return last * 0.9 + draw() * 0.1;
      },
      randn({1024, 1024}), 2, pairs);
}

}  // namespace

Comparison compiled_matmul_relu(int pairs) {
  const OneWorker cluster;
  const Tensor w = eye(256);  // nothing grows or vanishes, however often it is multiplied
  return compare_with_eager([&](const Tensor& last) { return relu(last.matmul(w)); },
                            randn({128, 256}), 12, pairs);
}

Comparison compiled_chain(int pairs) { return compare_chain(2, 6, pairs); }
Comparison compiled_long_chain(int pairs) { return compare_chain(10, 2, pairs); }

Comparison compiled_functions(int pairs) {
  const OneWorker cluster;
  const Tensor scale = rand({300}), shift = rand({256, 1});
  return compare_with_eager(
      [&](const Tensor& last) {
        const Tensor x = last * scale + shift;
        const Tensor y = tanh(x) * 0.5;
        const Tensor z = sigmoid(where(y > x, y, x * 0.5)) - last;
        return tanh(relu(z) * y + last * 0.1);
      },
      rand({256, 300}), 6, pairs);
}

Comparison compiled_reductions(int pairs) {
  const OneWorker cluster;
  const Tensor x = randn({256, 1024}), y = randn({256, 1024});
  return compare_with_eager(
      [&](const Tensor& last) {
        const Tensor z = last * y;
        const Tensor deviation = (z - z.mean(1, true)).pow(2).mean(1, true).sqrt();
        return x / (deviation + 1);
      },
      x, 6, pairs);
}

Comparison compiled_embedding(int pairs) {
  const OneWorker cluster;
  const Tensor table = randn({96, 256}), positions = randn({128, 256});
  const Tensor tokens = randint(0, 96, {8, 128}, TensorOptions().dtype(kLong));
  return compare_with_eager(
      [&](const Tensor& last) {
        return layer_norm(embedding(table, tokens) + positions + last, {256});
      },
      randn({8, 128, 256}), 6, pairs);
}

Comparison compiled_dropout(int pairs) {
  const OneWorker cluster;
  const Tensor bias = randn({1024}), factor = rand({1024, 1024}) * 0.5;
  return compare_with_eager(
      [&](const Tensor& last) {
        manual_seed(1);  // both sides draw the same
        return dropout(relu(last + bias), 0.1, true) * factor;
      },
      randn({1024, 1024}), 2, pairs);
}

Comparison compiled_noise(int pairs) {
  return compare_noise([] { return rand({1024, 1024}); }, pairs);
}
Comparison compiled_normal_noise(int pairs) {
  return compare_noise([] { return randn({1024, 1024}); }, pairs);
}

Comparison compiled_chances(int pairs) {
  const OneWorker cluster;
  const Tensor x = rand({1024, 1024});
  return compare_with_eager(
      [&](const Tensor& last) {
        manual_seed(1);  // both sides draw the same
        return bernoulli(sigmoid(last)) * x;
      },
      x, 2, pairs);
}

Comparison compiled_integers(int pairs) {
  const OneWorker cluster;
  const Tensor x = rand({1024, 1024});
  return compare_with_eager(
      [&](const Tensor& last) {
        manual_seed(1);  // both sides draw the same
        return last * 0.5 + randint(0, 100, {1024, 1024});
      },
      x, 2, pairs);
}

Comparison compiled_actions(int pairs) {
  const OneWorker cluster;
  const Tensor actions = randint(0, 256, {1024, 1}, TensorOptions().dtype(kLong));
  const Tensor advantages = randn({1024, 1});
  return compare_with_eager(
      [&](const Tensor& last) {
        const Tensor logits = last.detach().requires_grad_();
        (log_softmax(logits, 1).gather(1, actions) * advantages).mean().backward();
        return last - logits.grad() * 0.1;
      },
      randn({1024, 256}), 6, pairs);
}

Comparison compiled_index_add(int pairs) {
  const OneWorker cluster;
  const Tensor tokens = randint(0, 96, {1024}, TensorOptions().dtype(kLong));
  const Tensor gradients = randn({1024, 256});
  return compare_with_eager(
      [&](const Tensor& last) {
        return zeros({96, 256}).index_add(0, tokens, (gradients + last.narrow(0, 0, 1)) * 0.05);
      },
      randn({96, 256}), 6, pairs);
}

Comparison compiled_short_rows(int pairs) {
  const OneWorker cluster;
  const Tensor first = eye(100).narrow(1, 0, 32).clone(),
               second = eye(100).narrow(0, 0, 32).clone();
  const Tensor bias = randn({32}), shift = randn({100});
  return compare_with_eager(
      [&](const Tensor& last) {
        return relu(addmm(shift, relu(addmm(bias, last, first)), second));
      },
      rand({1000, 100}), 6, pairs);
}

Comparison compiled_classes(int pairs) {
  const OneWorker cluster;
  const Tensor classes = randint(0, 10, {1024}, TensorOptions().dtype(kLong));
  return compare_with_eager(
      [&](const Tensor& last) {
        const Tensor logits = last.detach().requires_grad_();
        nn::functional::cross_entropy(logits, classes).backward();
        return last - logits.grad() * 0.1;
      },
      randn({1024, 10}), 6, pairs);
}

Comparison compiled_average_pooling(int pairs) {
  const OneWorker cluster;
  const Tensor scale = rand({16, 1, 1});
  return compare_with_eager(
      [&](const Tensor& last) {
        const Tensor x = last.detach().requires_grad_();
        const Tensor pooled = avg_pool2d(relu(x * scale), {2, 2});
        (pooled - adaptive_avg_pool2d(pooled, {1, 1})).square().sum().backward();
        return last - x.grad() * 0.1;
      },
      randn({64, 16, 28, 28}), 2, pairs);
}

Comparison compiled_clipping(int pairs) {
  const OneWorker cluster;
  const Tensor x = randn({256, 1024}), y = rand({256, 1024});
  return compare_with_eager(
      [&](const Tensor& last) {
        const Tensor z = last * y;
        return where(isfinite(z).all(), z * (512 / (z.norm() + 1e-6)), x);
      },
      x, 6, pairs);
}

Comparison compiled_simple(int pairs) {
  const OneWorker cluster;
  const Tensor x = randn({8}), y = randn({8});
  return compare_with_eager(
      [&](const Tensor& last) { return ((last + y).relu() * y - x).abs().neg(); }, x, 200, pairs);
}

}  // namespace gt::bench
