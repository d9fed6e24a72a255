// Random rows have no counterpart in LibTorch: every engine must draw what the reference draws.
#include <gtest/gtest.h>

#include "tests/conformance/run_case.h"

namespace gt::conformance {
namespace {

constexpr int kStandardCases = 60;

/// Attributes of a random row by name: key attributes are the stream, the others sizes and bounds.
Attributes draw_random_attributes(const OpRow& row, Draw& draw, std::int64_t categories) {
  AttributeWriter writer(row);
  for (std::size_t k = 0; k < row.attributes.count; ++k) {
    const AttributeSpec& spec = row.attributes.specs[k];
    switch (spec.type) {
      case AttributeType::integers:
        writer.add(draw.chance(0.2) ? Shape{1500} : draw.shape());
        break;
      case AttributeType::dtype:
        writer.add(draw.pick({DType::kFloat32, DType::kFloat64, DType::kFloat16}));
        break;
      case AttributeType::real:
        writer.add(spec.name == "to" ? draw.real(1, 3) : draw.real(0, 0.9));
        break;
      case AttributeType::boolean:
        writer.add(draw.chance(0.5));
        break;
      case AttributeType::integer:
        if (spec.attribute_class == AttributeClass::key)
          writer.add(draw.integer(0, 1 << 30));
        else if (spec.name == "low")
          writer.add(draw.integer(-20, 0));
        else if (spec.name == "num_samples")
          writer.add(draw.integer(1, categories));
        else
          writer.add(draw.integer(1, 20));
        break;
      case AttributeType::scalar:
        writer.add(ScalarValue(draw.real(0, 1)));
        break;
    }
  }
  return writer.finish();
}

std::vector<const OpRow*> random_rows() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table())
    if (row.op_class == OpClass::random) rows.push_back(&row);
  return rows;
}

class RandomRow : public testing::TestWithParam<const OpRow*> {};

TEST_P(RandomRow, DrawsTheSameOnEveryEngine) {
  const OpRow& row = *GetParam();
  worker::EngineOptions options;
  options.memory_limit = std::size_t{1} << 30;
  const auto native = worker::make_engine(options);
  options.backend = "reference";
  const auto reference = worker::make_engine(options);
  for (int k = 0; k < case_count(kStandardCases); ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    Case sample{&row, {}, {}};
    const std::int64_t categories = draw.positive_size();
    if (row.operands.count != 0) {
      const Shape shape =
          row.op == Op::multinomial ? Shape{draw.positive_size(), categories} : draw.shape();
      sample.operands.emplace_back(draw.tensor(draw.floating_dtype(), shape, Domain::probability));
    }
    sample.attributes = draw_random_attributes(row, draw, categories);
    const std::vector<TensorMeta> metas = infer_results(sample);
    const auto actual = run(*native, sample, metas, draw);
    const auto expected = run(*reference, sample, metas, draw);
    const auto found = difference(actual[0], expected[0], {});
    ASSERT_FALSE(found) << describe(sample) << "\n" << *found << "\nseed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, RandomRow, testing::ValuesIn(random_rows()),
                         [](const auto& instance) { return std::string(instance.param->name); });

}  // namespace
}  // namespace gt::conformance
