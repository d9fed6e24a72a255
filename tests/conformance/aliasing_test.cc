// Random programs of views and in-place writes, run on LibTorch and here (C20 to C30). After every
// step all tensors must have the same values, sizes, strides and aliases; in the second suite the
// gradients of the leaves too. GT_TEST_CASES sets the number of programs, GT_TEST_SEED the first.
#include <gt/autograd.h>
#include <gt/error.h>
#include <gt/functions.h>
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "tests/conformance/case.h"
#include "tests/judge/aliasing_judge.h"

namespace gt::testing {
namespace {

using Kind = AliasingStep::Kind;

struct GtApi {
  using Tensor = gt::Tensor;
  using Slice = indexing::Slice;
  static auto none() { return indexing::None; }
  static Tensor handed_over(const Tensor& source) { return source; }
  static Tensor positions(const std::vector<std::int64_t>& list) { return tensor(list); }
  static Scalar number(double value) { return value; }
  static void assign_masked(const Tensor& x, const Tensor& mask, double value) {
    x.index({mask}) = value;
  }
};

std::vector<float> values_of(const Tensor& tensor) {
  const Tensor flat = tensor.detach().clone();
  const float* const data = flat.const_data_ptr<float>();
  return {data, data + flat.numel()};
}

bool repeats_elements(const Tensor& tensor) {
  for (std::int64_t i = 0; i < tensor.dim(); ++i)
    if (tensor.stride(i) == 0 && tensor.size(i) > 1) return true;
  return false;
}

/// One program on both libraries.
class Program {
 public:
  Program(std::uint64_t seed, bool gradients) : random_(seed), gradients_(gradients) {
    for (int i = 0; i < 2; ++i) add_tensor();
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      const AliasingStep step = draw_step();
      SCOPED_TRACE("step " + std::to_string(i) + ": kind " +
                   std::to_string(static_cast<int>(step.kind)) + " on tensor " +
                   std::to_string(step.target) + " of sizes " +
                   str(machine_.tensors[step.target].sizes()) + ", source " +
                   std::to_string(step.source) + ", numbers " + std::to_string(step.a) + " " +
                   std::to_string(step.b) + " " + std::to_string(step.c));
      run_both(step);
      compare();
    }
  }

 private:
  static std::string str(IntArrayRef sizes) {
    std::ostringstream text;
    text << sizes;
    return text.str();
  }

  std::int64_t below(std::int64_t limit) {
    return limit <= 0 ? 0 : std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random_);
  }

  void add_tensor() {
    std::vector<std::int64_t> sizes;
    std::int64_t count = 1;
    for (std::int64_t i = 1 + below(3); i > 0; --i) {
      sizes.push_back(1 + below(4));
      count *= sizes.back();
    }
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(below(17) - 8));
    judge_.add(values, sizes, gradients_);
    Tensor made = tensor(values).view(sizes);
    if (gradients_) {
      made = made.detach().requires_grad_();
      leaves_.push_back(made);
      made = made * 1;
    }
    machine_.tensors.push_back(made);
  }

  /// Whether the step can be compared: LibTorch refuses writes to outputs of split under autograd,
  /// and lets index_put_ write to expanded tensors; unbind of nothing has no first part.
  bool is_comparable(const AliasingStep& step) const {
    const Kind kind = step.kind;
    const Tensor& target = machine_.tensors[step.target];
    if (gradients_ && (kind == Kind::split || kind == Kind::chunk || kind == Kind::unbind ||
                       kind == Kind::detach))
      return false;
    if (kind == Kind::unbind && target.numel() == 0) return false;
    // LibTorch fills expanded tensors, and then cannot differentiate what it did.
    if (gradients_ && kind > Kind::gathered && repeats_elements(target)) return false;
    // Copying to itself does nothing; the judge is handed a copy.
    if (step.source == step.target && repeats_elements(target)) return false;
    const bool puts = kind == Kind::assign_positions || kind == Kind::assign_mask ||
                      kind == Kind::assign_masked_read;
    return !(puts && repeats_elements(target));
  }

  AliasingStep draw_step() {
    AliasingStep step;
    const auto any = [this] {
      return static_cast<std::size_t>(below(static_cast<std::int64_t>(machine_.tensors.size())));
    };
    do {
      step.kind = static_cast<Kind>(below(AliasingStep::kKinds));
      step.target = any();
      step.source = any();
    } while (!is_comparable(step));
    step.value = static_cast<double>(below(5)) - 2;
    draw_numbers(step, machine_.tensors[step.target]);
    return step;
  }

  void draw_numbers(AliasingStep& step, const Tensor& x) {
    const std::int64_t rank = x.dim();
    step.a = below(rank);
    step.b = below(rank);
    const std::int64_t size = rank == 0 ? 1 : x.size(step.a);
    switch (step.kind) {
      case Kind::select:
        step.b = below(size);
        break;
      case Kind::slice:
        step.b = below(size + 1) - 1;
        step.c = below(size + 2);
        step.list = {1 + below(2)};
        break;
      case Kind::narrow:
        step.b = below(size);
        step.c = below(size - step.b + 1);
        break;
      case Kind::view:
      case Kind::reshape:
        step.list = draw_view(x);
        break;
      case Kind::squeeze:
        step.a -= below(2);
        break;
      case Kind::permute:
        for (std::int64_t i = 0; i < rank; ++i) step.list.push_back(i);
        std::shuffle(step.list.begin(), step.list.end(), random_);
        break;
      case Kind::expand:
        if (rank < 4) step.list.push_back(1 + below(2));
        for (std::int64_t extent : x.sizes())
          step.list.push_back(extent == 1 ? 1 + below(3) : extent);
        break;
      case Kind::diagonal:
        step.a = below(3) - 1;
        step.b = below(rank);
        step.c = below(rank);
        break;
      case Kind::unfold:
        // Windows that do not overlap: writing through others is refused here.
        step.b = 1 + below(size);
        step.c = step.b + below(2);
        break;
      case Kind::split:
      case Kind::chunk:
        step.a = 1 + below(3);
        break;
      case Kind::assign_element:
      case Kind::increment_element:
        step.a = rank == 0 ? 0 : below(x.size(0));
        step.b = rank < 2 ? 0 : below(x.size(1));
        break;
      case Kind::index_basic:
      case Kind::assign_row:
        step.a = rank == 0 ? 0 : below(x.size(0));
        break;
      case Kind::assign_slice:
        step.b = step.a + below(3);
        break;
      case Kind::gathered:
      case Kind::assign_positions:
      case Kind::fill_gathered:
        if (rank == 0 || x.size(0) == 0) break;
        for (int i = 0; i < 2; ++i) step.list.push_back(below(x.size(0)));
        break;
      default:
        break;
    }
  }

  std::vector<std::int64_t> draw_view(const Tensor& x) {
    const std::int64_t count = x.numel();
    if (count == 0 || below(3) == 0) return {count};
    std::vector<std::int64_t> sizes;
    std::int64_t rest = count;
    for (std::int64_t factor = 2; factor <= rest && sizes.size() < 3; ++factor)
      if (rest % factor == 0) {
        sizes.push_back(factor);
        rest /= factor;
      }
    sizes.push_back(below(2) == 0 ? rest : -1);
    return sizes;
  }

  void run_both(const AliasingStep& step) {
    const std::optional<std::string> expected = judge_.run(step);
    std::optional<std::string> actual;
    try {
      machine_.run(step);
    } catch (const gt::Error& error) {
      actual = error.msg();
    }
    EXPECT_EQ(actual.has_value(), expected.has_value())
        << "LibTorch: " << expected.value_or("no error")
        << "\nhere: " << actual.value_or("no error");
  }

  void compare() {
    for (std::size_t k = 0; k < machine_.tensors.size(); ++k) {
      if (::testing::Test::HasFailure()) return;
      SCOPED_TRACE("tensor " + std::to_string(k));
      compare_tensor(machine_.tensors[k], judge_.state(k));
      for (std::size_t other = 0; other < k; ++other)
        EXPECT_EQ(machine_.tensors[k].is_alias_of(machine_.tensors[other]),
                  judge_.aliases(k, other))
            << "as an alias of tensor " << other;
    }
    if (!gradients_ || ::testing::Test::HasFailure()) return;
    EXPECT_EQ(gradients(), judge_.gradients());
  }

  void compare_tensor(const Tensor& actual, const AliasingState& expected) const {
    ASSERT_EQ(actual.sizes().vec(), expected.sizes);
    ASSERT_EQ(values_of(actual), expected.values);
    EXPECT_EQ(actual.requires_grad(), expected.requires_grad);
    if (expected.values.empty()) return;
    EXPECT_EQ(actual.storage_offset(), expected.offset);
    for (std::int64_t i = 0; i < actual.dim(); ++i) {
      if (actual.size(i) == 1) continue;
      EXPECT_EQ(actual.stride(i), expected.strides[static_cast<std::size_t>(i)]) << "dim " << i;
    }
  }

  std::vector<std::vector<float>> gradients() const {
    Tensor loss = zeros({});
    double weight = 1;
    for (const Tensor& tensor : machine_.tensors) loss = loss + (tensor * weight++).sum();
    for (const Tensor& leaf : leaves_) leaf.mutable_grad() = Tensor();
    if (loss.requires_grad()) loss.backward({}, true);
    std::vector<std::vector<float>> all;
    for (const Tensor& leaf : leaves_)
      all.push_back(leaf.grad().defined() ? values_of(leaf.grad()) : std::vector<float>());
    return all;
  }

  std::mt19937_64 random_;
  bool gradients_;
  AliasingMachine<GtApi> machine_;
  AliasingJudge judge_;
  std::vector<Tensor> leaves_;
};

void run_programs(bool gradients) {
  const std::uint64_t first = conformance::base_seed();
  const auto count = static_cast<std::uint64_t>(conformance::case_count(60));
  for (std::uint64_t seed = first; seed < first + count && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("GT_TEST_SEED=" + std::to_string(seed));
    Program(seed, gradients).run(14);
  }
}

TEST(Aliasing, C23_values_equal_those_of_LibTorch_after_every_step) { run_programs(false); }

TEST(Aliasing, C30_gradients_equal_those_of_LibTorch_after_every_step) { run_programs(true); }

}  // namespace
}  // namespace gt::testing
