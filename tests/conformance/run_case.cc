#include "tests/conformance/run_case.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "tests/conformance/placement.h"

namespace gt::conformance {
namespace {

using Outcome = Verdict::Outcome;

/// LibTorch rounds partial sums to half precision in some folds; GT never does.
constexpr double kHalfPrecisionFactor = 8;

Verdict differs(const std::string& explanation) { return {Outcome::differs, explanation}; }

/// Checks that operands which the engine may not change are what they were.
void expect_untouched(worker::Engine& engine, const Case& sample,
                      std::span<const worker::EngineOperand> operands) {
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (operands[k].value == nullptr || operands[k].reusable) continue;
    const auto changed = difference(take_back(engine, *operands[k].value),
                                    std::get<HostTensor>(sample.operands[k]), {});
    if (changed)
      throw std::logic_error("operand " + std::to_string(k) + " was changed: " + *changed);
  }
}

/// The result of the prepared call, which may not change any operand; nothing if there is no such
/// call. Runs it twice, since the first run may decide what the second one uses.
std::optional<HostTensor> run_prepared(worker::Engine& engine, worker::PreparedCall* prepared,
                                       std::span<const worker::EngineOperand> operands) {
  if (prepared == nullptr) return std::nullopt;
  std::vector<worker::EngineOperand> kept(operands.begin(), operands.end());
  for (worker::EngineOperand& operand : kept) operand.reusable = false;
  static_cast<void>(prepared->run(kept));
  const worker::Value made = prepared->run(kept);
  HostTensor result = take_back(engine, made);
  if (prepared->run_into(kept, made)) result = take_back(engine, made);
  return result;
}

Verdict compare(const Case& sample, std::span<const HostTensor> actual,
                std::span<const HostTensor> expected) {
  if (actual.size() != expected.size())
    return differs(std::to_string(actual.size()) + " results, expected " +
                   std::to_string(expected.size()));
  for (std::size_t k = 0; k < actual.size(); ++k)
    if (const auto found = difference(actual[k], expected[k], tolerance_of(sample, expected[k])))
      return differs("result " + std::to_string(k) + ": " + *found);
  return {};
}

Verdict judge_refusal(const Case& sample, const CommonError& refusal) {
  const std::string_view message = refusal.what();
  if (refusal.kind() == ErrorKind::kNotImplemented ||
      message.find("not implemented for") != message.npos)
    return {Outcome::unjudged, {}};
  try {
    (void)judge::judge_forward(*sample.row, sample.operands, sample.attributes);
  } catch (const CommonError&) {
    return {Outcome::refused, {}};
  }
  return differs(std::string("inference refuses what LibTorch computes: ") + refusal.what());
}

}  // namespace

Tolerance tolerance_of(const Case& sample, const HostTensor& expected) {
  Tolerance tolerance{sample.row->tolerance, largest_magnitude(expected)};
  const bool folds = sample.row->op_class != OpClass::pointwise;
  const bool cancels =
      folds || sample.row->operands.count > 1 || sample.row->dtypes == DTypeSet::floating;
  if (!cancels) return tolerance;
  if (folds && size_of(expected.dtype) < 4) tolerance.ulps *= kHalfPrecisionFactor;
  const auto results =
      static_cast<double>(std::max<std::int64_t>(element_count(expected.shape), 1));
  double terms = 1;
  for (const Operand& operand : sample.operands) {
    const auto* tensor = std::get_if<HostTensor>(&operand);
    if (tensor == nullptr) continue;
    terms = std::max(terms, static_cast<double>(element_count(tensor->shape)) / results);
    tolerance.scale = std::max(tolerance.scale, largest_magnitude(*tensor));
  }
  // The rounding errors of a fold of n terms grow as those of a random walk.
  if (folds) tolerance.ulps *= std::sqrt(terms);
  return tolerance;
}

std::vector<HostTensor> run(worker::Engine& engine, const Case& sample,
                            std::span<const TensorMeta> metas, Draw& draw) {
  std::vector<worker::Value> values(sample.operands.size());
  std::vector<worker::EngineOperand> operands(sample.operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (const auto* scalar = std::get_if<ScalarValue>(&sample.operands[k])) {
      operands[k].scalar = *scalar;
      operands[k].is_scalar = true;
    } else if (const auto* tensor = std::get_if<HostTensor>(&sample.operands[k])) {
      values[k] = place(engine, *tensor, draw);
      operands[k].value = &values[k];
      operands[k].reusable = draw.chance(0.3);
    }
  }
  const worker::EngineCall call{*sample.row, operands, sample.attributes, metas};
  const auto prepared = engine.prepare(call);
  const auto first_of_prepared = run_prepared(engine, prepared.get(), operands);
  std::vector<HostTensor> results;
  for (const worker::Value& value : engine.execute(call))
    results.push_back(take_back(engine, value));
  if (first_of_prepared)
    if (const auto differing = difference(*first_of_prepared, results[0], {}))
      throw std::logic_error("the prepared call gives other bits: " + *differing);
  expect_untouched(engine, sample, operands);
  return results;
}

Verdict judge_case(worker::Engine& engine, const Case& sample, Draw& draw) {
  std::vector<TensorMeta> metas;
  try {
    metas = infer_results(sample);
  } catch (const CommonError& refusal) {
    return judge_refusal(sample, refusal);
  }
  std::vector<HostTensor> expected;
  try {
    expected = judge::judge_forward(*sample.row, sample.operands, sample.attributes);
  } catch (const CommonError& refusal) {
    if (refusal.kind() == ErrorKind::kNotImplemented) return {Outcome::unjudged, {}};
    return differs(std::string("LibTorch refuses it: ") + refusal.what());
  }
  try {
    return compare(sample, run(engine, sample, metas, draw), expected);
  } catch (const std::exception& error) {
    return differs(std::string("the engine throws: ") + error.what());
  }
}

}  // namespace gt::conformance
