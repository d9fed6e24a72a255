#include "tests/conformance/case.h"

#include <cstdio>
#include <cstdlib>
#include <random>

namespace gt::conformance {
namespace {

std::string describe(ScalarValue scalar) {
  if (scalar.dtype() == DType::kFloat64) return std::to_string(scalar.to_double());
  if (scalar.dtype() == DType::kBool) return scalar.to_bool() ? "true" : "false";
  return std::to_string(scalar.to_int64());
}

std::string describe(const Operand& operand) {
  if (const auto* tensor = std::get_if<HostTensor>(&operand))
    return std::string(short_name(tensor->dtype)) + to_string(tensor->shape);
  if (const auto* scalar = std::get_if<ScalarValue>(&operand)) return describe(*scalar);
  return "none";
}

std::string describe_attribute(const OpRow& row, const Attributes& attributes, std::size_t k) {
  switch (row.attributes.specs[k].type) {
    case AttributeType::integer:
      return std::to_string(attributes.integer(row, k));
    case AttributeType::boolean:
      return attributes.boolean(row, k) ? "true" : "false";
    case AttributeType::dtype:
      return attributes.has_dtype(row, k) ? std::string(short_name(attributes.dtype(row, k)))
                                          : "not given";
    case AttributeType::real:
      return std::to_string(attributes.real(row, k));
    case AttributeType::scalar:
      return describe(attributes.scalar(row, k));
    case AttributeType::integers:
      return to_string(attributes.integers(row, k));
  }
  return {};
}

std::uint64_t choose_seed() {
  const char* text = std::getenv("GT_TEST_SEED");
  std::uint64_t seed = 20240229;
  if (text != nullptr)
    seed = std::string_view(text) == "random" ? std::random_device()()
                                              : std::strtoull(text, nullptr, 10);
  std::printf("GT_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace

std::vector<OperandMeta> operand_metas(const Case& sample) {
  std::vector<OperandMeta> metas;
  for (const Operand& operand : sample.operands) {
    if (const auto* tensor = std::get_if<HostTensor>(&operand))
      metas.push_back(OperandMeta::of(TensorMeta{tensor->dtype, tensor->shape, {}}));
    else if (const auto* scalar = std::get_if<ScalarValue>(&operand))
      metas.push_back(OperandMeta::of(*scalar));
    else
      metas.emplace_back();
  }
  return metas;
}

std::vector<TensorMeta> infer_results(const Case& sample) {
  std::vector<TensorMeta> results(sample.row->results);
  infer(*sample.row, operand_metas(sample), sample.attributes, results);
  return results;
}

std::string describe(const Case& sample) {
  std::string text = std::string(sample.row->name) + "(";
  for (std::size_t k = 0; k < sample.operands.size(); ++k)
    text += (k == 0 ? "" : ", ") + describe(sample.operands[k]);
  for (std::size_t k = 0; k < sample.row->attributes.count; ++k)
    text += (k == 0 ? "; " : ", ") + std::string(sample.row->attributes.specs[k].name) + "=" +
            describe_attribute(*sample.row, sample.attributes, k);
  return text + ")";
}

int case_count(int standard) {
  const char* text = std::getenv("GT_TEST_CASES");
  return text != nullptr ? std::atoi(text) : standard;
}

std::uint64_t base_seed() {
  static const std::uint64_t seed = choose_seed();
  return seed;
}

}  // namespace gt::conformance
