// Prints a digest of the results of every kernel over fixed operands, one a line: built for two
// machines, both must print the same. In double precision the functions of the C library are left
// out: their last bit is that library's own.
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "common/ops/op_spec.h"
#include "common/tensor/dtype.h"
#include "tests/kernels/digest.h"
#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::kernels {
namespace {

using namespace worker::native;

constexpr std::uint64_t kSeed = 20240611;
constexpr std::int64_t kCount = 1037;

void print(const std::string& name, const Digest& digest) {
  std::printf("%-44s %016llx\n", name.c_str(), static_cast<unsigned long long>(digest.value()));
}

template <class T>
constexpr ComputeType kTypeOf = std::is_same_v<T, float>    ? ComputeType::kFloat
                                : std::is_same_v<T, double> ? ComputeType::kDouble
                                                            : ComputeType::kInteger;
template <class T>
constexpr std::string_view kSuffix = std::is_same_v<T, float>    ? "/float"
                                     : std::is_same_v<T, double> ? "/double"
                                                                 : "/integer";

std::string_view row_name(int code) {
#define GT_OP(code_, name_, ...) \
  if (code == (code_)) return #name_;
#include "common/ops/table/pointwise.def"
#undef GT_OP
  return {};
}

bool calls_library(std::string_view name) {
  constexpr std::string_view kNames[] = {"exp",           "expm1",        "log",
                                         "log1p",         "log2",         "log10",
                                         "sin",           "cos",          "tan",
                                         "tanh",          "sinh",         "cosh",
                                         "asin",          "acos",         "atan",
                                         "erf",           "pow",          "atan2",
                                         "gelu",          "silu",         "elu",
                                         "softplus",      "sigmoid",      "gelu_backward",
                                         "silu_backward", "elu_backward", "softplus_backward"};
  for (std::string_view candidate : kNames)
    if (candidate == name) return true;
  return false;
}

template <class T>
void pointwise_row(const PointwiseEntry& entry, std::string_view name) {
  const PointwiseKernel kernel = entry.kernels[static_cast<int>(kTypeOf<T>)];
  if (kernel == nullptr || (std::is_same_v<T, double> && calls_library(name))) return;
  Draws draws(kSeed);
  const std::vector<T> in[] = {operands<T>(draws, kCount), operands<T>(draws, kCount),
                               operands<T>(draws, kCount)};
  const void* inputs[] = {in[0].data(), in[1].data(), in[2].data()};
  const T values[] = {T(2), T(3), T(1), T(2)};
  Digest digest;
  const auto run = [&](PointwiseKernel loop, std::int64_t choice) {
    const std::int64_t statics[] = {choice, choice, choice, choice};
    std::vector<T> out(kCount);
    loop(out.data(), inputs, kCount, values, statics);
    if (entry.boolean_result)
      digest.add(std::span(reinterpret_cast<const std::uint8_t*>(out.data()), kCount));
    else
      digest.add(std::span<const T>(out));
  };
  run(kernel, 0);
  run(kernel, 1);
  if constexpr (std::is_same_v<T, float>)
    for (PointwiseKernel repeat : entry.repeats)
      if (repeat != nullptr) run(repeat, 0);
  print(std::string(name) + std::string(kSuffix<T>), digest);
}

void pointwise(const KernelTable& table) {
  for (int code = 0; code < kPointwiseCodes; ++code) {
    const std::string_view name = row_name(code);
    if (name.empty()) continue;
    pointwise_row<float>(table.pointwise[code], name);
    pointwise_row<double>(table.pointwise[code], name);
    pointwise_row<std::int64_t>(table.pointwise[code], name);
  }
}

/// Small numbers into every storage type, and back.
template <class T>
void conversions(const KernelTable& table) {
  const int type = static_cast<int>(kTypeOf<T>);
  for (int dtype = 0; dtype < kStorageTypes; ++dtype) {
    if (table.load[dtype][type] == nullptr) continue;
    Draws draws(kSeed);
    const std::vector<T> in = is_floating(static_cast<DType>(dtype))
                                  ? operands<T>(draws, kCount)
                                  : numbers<T>(draws, kCount, 100.0);
    std::vector<std::uint64_t> stored(kCount);
    table.store[type][dtype](in.data(), stored.data(), kCount);
    Digest digest;
    for (std::int64_t stride : {0, 1, 2}) {
      std::vector<T> out(kCount / 2);
      table.load[dtype][type](stored.data(), stride, out.data(), kCount / 2);
      digest.add(std::span<const T>(out));
    }
    print("convert/" + std::to_string(dtype) + std::string(kSuffix<T>), digest);
  }
}

template <class T>
void folds(const KernelTable& table) {
  const int type = static_cast<int>(kTypeOf<T>);
  for (int fold = 0; fold < kFolds; ++fold) {
    const bool has_exponentials = fold == static_cast<int>(Fold::kExpSum);
    const RowFoldKernel rows = table.row_folds[fold][type];
    if (rows == nullptr || (std::is_same_v<T, double> && has_exponentials)) continue;
    Digest digest;
    for (std::int64_t n : {1, 5, 64, 100, 4096, 4097, 13000}) {
      Draws draws(kSeed);
      const std::vector<T> in = numbers<T>(draws, 3 * n, 2.0);
      const std::vector<T> parameters(3, T(1));
      std::vector<T> out(3);
      rows(in.data(), parameters.data(), out.data(), 3, n);
      digest.add(std::span<const T>(out));
      if (const ColumnFoldKernel columns = table.column_folds[fold][type]) {
        columns(in.data(), out.data(), 1, n, 3);
        digest.add(std::span<const T>(out));
      }
    }
    print("fold/" + std::to_string(fold) + std::string(kSuffix<T>), digest);
  }
  Digest digest;
  Draws draws(kSeed);
  const std::vector<T> in = operands<T>(draws, 9000);
  std::vector<std::int64_t> positions(6);
  table.largest[type](in.data(), positions.data(), 3, 3000);
  table.smallest[type](in.data(), positions.data() + 3, 3, 3000);
  digest.add(std::span<const std::int64_t>(positions));
  print("extremum" + std::string(kSuffix<T>), digest);
}

void bfloat16_folds(const KernelTable& table) {
  for (int fold = 0; fold < 4; ++fold) {
    Digest digest;
    for (std::int64_t n : {1, 33, 64, 4100}) {
      constexpr std::int64_t kColumns = 77;
      Draws draws(kSeed);
      const std::vector<float> in = numbers<float>(draws, n * kColumns, 2.0);
      std::vector<std::uint16_t> stored(in.size());
      table.store[0][static_cast<int>(DType::kBFloat16)](in.data(), stored.data(), n * kColumns);
      std::vector<float> out(kColumns);
      table.bfloat16_row_folds[fold](stored.data(), nullptr, out.data(), kColumns, n);
      digest.add(std::span<const float>(out));
      table.bfloat16_column_folds[fold](stored.data(), out.data(), 1, n, kColumns);
      digest.add(std::span<const float>(out));
    }
    print("fold/" + std::to_string(fold) + "/bfloat16", digest);
  }
}

/// Composites of `kRows` rows of n elements.
class Composites {
 public:
  explicit Composites(const KernelTable& table) : table_(table) {}

  void print_all() {
    for (std::int64_t n : {1, 7, 64, 300, 4500}) {
      n_ = n;
      Draws draws(kSeed);
      x_ = numbers<float>(draws, kRows * n, 4.0);
      grad_ = numbers<float>(draws, kRows * n, 2.0);
      out_.resize(x_.size());
      x_[0] = 300.0f;  // one row has results that are no normal numbers
      softmax(false);
      softmax(true);
      layer_norm();
      cross_entropy();
      attention();
    }
    print("softmax", softmax_);
    print("layer_norm", layer_norm_);
    print("cross_entropy", cross_entropy_);
    print("attention", attention_);
  }

 private:
  static constexpr std::int64_t kRows = 67;
  const RowKernels& rows() const { return table_.rows[0]; }

  void softmax(bool logarithm) {
    rows().softmax(x_.data(), out_.data(), kRows, n_, logarithm);
    softmax_.add(std::span<const float>(out_));
    std::vector<float> gradient(x_.size());
    rows().softmax_backward(grad_.data(), out_.data(), gradient.data(), kRows, n_, logarithm);
    softmax_.add(std::span<const float>(gradient));
    std::vector<float> sums(kRows);
    rows().logsumexp(x_.data(), sums.data(), kRows, n_);
    softmax_.add(std::span<const float>(sums));
  }
  void layer_norm() {
    std::vector<float> mean(kRows), rstd(kRows), sums(static_cast<std::size_t>(2 * n_));
    const float* weight = grad_.data();
    rows().layer_norm(x_.data(), weight, weight, out_.data(), mean.data(), rstd.data(), kRows, n_,
                      1e-5);
    layer_norm_.add(std::span<const float>(out_));
    std::vector<float> scratch(static_cast<std::size_t>(layer_norm_scratch(kRows, n_)));
    rows().layer_norm_backward({grad_.data(), x_.data(), mean.data(), rstd.data(), weight,
                                out_.data(), sums.data(), sums.data() + n_, kRows, n_},
                               scratch.data(), false);
    layer_norm_.add(std::span<const float>(out_));
    layer_norm_.add(std::span<const float>(sums));
  }
  void cross_entropy() {
    std::vector<float> sums(kRows), weights(kRows, 0.5f);
    std::vector<std::int64_t> targets(kRows);
    for (std::int64_t r = 0; r < kRows; ++r) targets[static_cast<std::size_t>(r)] = r % (n_ + 1);
    rows().logsumexp(x_.data(), sums.data(), kRows, n_);
    rows().cross_entropy_backward(x_.data(), sums.data(), targets.data(), weights.data(),
                                  sums.data(), out_.data(), kRows, n_);
    cross_entropy_.add(std::span<const float>(out_));
  }
  void attention() {
    for (bool causal : {false, true}) {
      const AttentionExtents extents{kRows, kRows, n_, causal, 0.25};
      std::vector<float> weights = x_, again = x_, sums(kRows);
      const AttentionKernels& kernels = table_.attention[0];
      kernels.weights(weights.data(), nullptr, sums.data(), extents);
      kernels.weights_again(again.data(), nullptr, sums.data(), extents);
      std::vector<float> gradients = grad_;
      kernels.score_gradients(gradients.data(), weights.data(), extents);
      for (const auto* values : {&weights, &again, &sums, &gradients})
        attention_.add(std::span<const float>(*values));
    }
  }

  const KernelTable& table_;
  std::int64_t n_ = 0;
  std::vector<float> x_, grad_, out_;
  Digest softmax_, layer_norm_, cross_entropy_, attention_;
};

template <class T>
void adam(const KernelTable& table) {
  Draws draws(kSeed);
  std::vector<T> p = numbers<T>(draws, kCount, 2.0), m = numbers<T>(draws, kCount, 2.0);
  std::vector<T> v(kCount, T(0.5));
  const std::vector<T> gradient = numbers<T>(draws, kCount, 2.0);
  Digest digest;
  for (double decay : {0.0, 0.01}) {
    const AdamStep step{0.99, decay, 0.9, 0.999, 0.5, 1e-8, -1e-3};
    table.adam[static_cast<int>(kTypeOf<T>)](p.data(), m.data(), v.data(), gradient.data(), step,
                                             kCount);
    for (const auto* values : {&p, &m, &v}) digest.add(std::span<const T>(*values));
  }
  print("adam" + std::string(kSuffix<T>), digest);
}

template <class T>
void random_numbers(const KernelTable& table) {
  const RandomKernels& kernels = table.random[static_cast<int>(kTypeOf<T>)];
  std::vector<T> out(kCount);
  Digest digest;
  kernels.uniform(7, 9, 5, kCount, out.data());
  digest.add(std::span<const T>(out));
  kernels.dropout(7, 9, kCount, 0.3, 2.0, out.data(), out.data());
  digest.add(std::span<const T>(out));
  if constexpr (std::is_same_v<T, float>) {
    kernels.normal(7, 9, 5, kCount, out.data());
    digest.add(std::span<const T>(out));
  }
  print("random" + std::string(kSuffix<T>), digest);
}

void moves(const KernelTable& table) {
  constexpr std::int64_t kSide = 70;
  Draws draws(kSeed);
  alignas(64) static std::uint64_t from[kSide * kSide];
  alignas(64) static std::uint64_t to[kSide * kSide];
  for (std::uint64_t& element : from) element = draws.bits() * std::uint64_t{0x100000001};
  Digest digest;
  for (auto transpose : table.moves.transpose) {
    transpose(from, kSide, to, kSide, kSide, false);
    digest.add(std::span<const std::uint64_t>(to));
  }
  table.moves.stream(from, to, sizeof from - 24);
  table.moves.end_streams();
  digest.add(std::span<const std::uint64_t>(to));
  std::vector<std::uint64_t> bits(kCount);
  table.random_bits(3, 4, 5, kCount, bits.data());
  digest.add(std::span<const std::uint64_t>(bits));
  print("moves and draws", digest);
}

void print_digests(const KernelTable& table) {
  pointwise(table);
  conversions<float>(table);
  conversions<double>(table);
  conversions<std::int64_t>(table);
  folds<float>(table);
  folds<double>(table);
  folds<std::int64_t>(table);
  bfloat16_folds(table);
  Composites(table).print_all();
  adam<float>(table);
  adam<double>(table);
  random_numbers<float>(table);
  random_numbers<double>(table);
  moves(table);
}

}  // namespace
}  // namespace gt::kernels

int main() {
  gt::kernels::print_digests(gt::worker::native::best_kernel_table());
  return 0;
}
