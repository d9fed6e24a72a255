#include "tests/unit/cluster/random_program.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace gt::testing {
namespace {

/// Small ones travel inside messages, large ones in several frames.
constexpr std::size_t kSizes[] = {3, 500, 20'000, 300'000};
constexpr std::size_t kMostVariables = 8;
constexpr float kBound = 1000;

}  // namespace

void RandomProgram::run(int steps) {
  for (int k = 0; k < steps; ++k) step();
  for (const Variable& variable : variables_) read(variable);
}

void RandomProgram::step() {
  if (variables_.empty()) return make();
  Variable& any = variables_[draw(variables_.size())];
  switch (draw(6)) {
    case 0:
      return make();
    case 1:
      return overwrite(any);
    case 2:
      return read(any);
    default:
      return combine();
  }
}

void RandomProgram::make() {
  Variable made;
  made.expected.resize(kSizes[draw(std::size(kSizes))]);
  if (draw(2) == 0) {
    for (float& value : made.expected) value = static_cast<float>(draw(100));
    made.tensor = tensor(ArrayRef<float>(made.expected));
  } else {
    const auto value = static_cast<float>(draw(100));
    std::fill(made.expected.begin(), made.expected.end(), value);
    made.tensor = full({static_cast<std::int64_t>(made.expected.size())}, value);
  }
  if (variables_.size() == kMostVariables) variables_.erase(variables_.begin());
  variables_.push_back(std::move(made));
}

void RandomProgram::combine() {
  const std::size_t a = draw(variables_.size());
  const std::size_t b = draw(variables_.size());
  Variable made = variables_[a];
  const std::vector<float>& other = variables_[b].expected;
  if (made.expected.size() != other.size()) return;
  const bool adds = draw(2) == 0;
  for (std::size_t k = 0; k < other.size(); ++k)
    made.expected[k] = std::clamp(adds ? made.expected[k] + other[k] : made.expected[k] - other[k],
                                  -kBound, kBound);
  const Tensor& left = variables_[a].tensor;
  const Tensor& right = variables_[b].tensor;
  made.tensor = (adds ? left + right : left - right).clamp(-kBound, kBound);
  variables_[draw(variables_.size())] = std::move(made);
}

void RandomProgram::overwrite(Variable& variable) {
  variable.tensor = variable.tensor.clone();
  const std::size_t half = variable.expected.size() / 2;
  variable.tensor.slice(0, 0, static_cast<std::int64_t>(half)).fill_(7);
  std::fill_n(variable.expected.begin(), half, 7.0F);
}

void RandomProgram::read(const Variable& variable) {
  const float* elements = variable.tensor.const_data_ptr<float>();
  for (std::size_t k = 0; k < variable.expected.size(); ++k)
    if (elements[k] != variable.expected[k])
      throw std::logic_error("element " + std::to_string(k) + " is " + std::to_string(elements[k]) +
                             ", right is " + std::to_string(variable.expected[k]));
}

}  // namespace gt::testing
