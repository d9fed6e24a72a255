// One conformance case: a row of the op table with operands and attributes to run it on.
#pragma once

#include <string>
#include <vector>

#include "common/ops/inference.h"
#include "tests/conformance/draw.h"

namespace gt::conformance {

struct Case {
  const OpRow* row = nullptr;
  std::vector<Operand> operands;
  Attributes attributes;
};

/// Draws a case of a row.
using Sampler = Case (*)(const OpRow& row, Draw& draw);

/// The sampler of a row: by its sampling, or the custom one of its name; nullptr if a row with
/// custom sampling has none.
[[nodiscard]] Sampler find_sampler(const OpRow& row);

/// The custom samplers, by row.
struct CustomSampler {
  Op op;
  Sampler sampler;
};
[[nodiscard]] std::span<const CustomSampler> view_samplers();
[[nodiscard]] std::span<const CustomSampler> arrangement_samplers();
[[nodiscard]] std::span<const CustomSampler> indexing_samplers();
[[nodiscard]] std::span<const CustomSampler> composite_samplers();
[[nodiscard]] std::span<const CustomSampler> convolutional_samplers();
[[nodiscard]] std::span<const CustomSampler> miscellaneous_samplers();

/// What inference sees of the operands.
[[nodiscard]] std::vector<OperandMeta> operand_metas(const Case& sample);
/// The inferred results. Throws CommonError.
[[nodiscard]] std::vector<TensorMeta> infer_results(const Case& sample);
/// Row, operands (dtype and shape, numbers) and attributes on one line, for failure messages.
[[nodiscard]] std::string describe(const Case& sample);

/// How many cases to draw for each row: GT_TEST_CASES, else `standard`.
[[nodiscard]] int case_count(int standard);
/// GT_TEST_SEED: a number, or `random`; a fixed number if it is not set. Printed once.
[[nodiscard]] std::uint64_t base_seed();

}  // namespace gt::conformance
