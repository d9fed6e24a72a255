// Runs a case on an engine and asks the judge about it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/case.h"
#include "tests/conformance/compare.h"
#include "worker/engine/engine.h"

namespace gt::conformance {

/// What became of a case.
struct Verdict {
  enum class Outcome {
    agrees,
    differs,
    refused,   ///< inference and judge both refuse it
    unjudged,  ///< LibTorch, or GT by its own account, has no such row for these dtypes
  };
  Outcome outcome = Outcome::agrees;
  std::string explanation;  ///< for `differs`
};

/// The tolerance of a row's results: its own, at the magnitude of the results, and for rows in
/// which large terms may cancel (folds, sums, activations, gradients) at that of the operands too.
[[nodiscard]] Tolerance tolerance_of(const Case& sample, const HostTensor& expected);

/// Executes the case; `draw` decides layouts and which operands may be re-used. Throws what the
/// engine throws.
[[nodiscard]] std::vector<HostTensor> run(worker::Engine& engine, const Case& sample,
                                          std::span<const TensorMeta> metas, Draw& draw);

/// Executes the case and compares with the judge.
[[nodiscard]] Verdict judge_case(worker::Engine& engine, const Case& sample, Draw& draw);

}  // namespace gt::conformance
