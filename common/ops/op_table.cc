#include <algorithm>

#include "common/ops/attributes.h"
#include "common/ops/op.h"
#include "common/ops/rules.h"

namespace gt {
namespace {

#define GT_GRADIENT_rule true
#define GT_GRADIENT_none false
constexpr OpRow kRows[] = {
#define GT_OP(code_, name_, log_kind_, class_, operands_, results_, aten_, attributes_, dtypes_, \
              dtype_rule_, shape_rule_, notation_, domain_, sampling_, tolerance_, in_place_,    \
              gradient_, saved_)                                                                 \
  OpRow{Op::name_,                                                                               \
        #name_,                                                                                  \
        LogKind::log_kind_,                                                                      \
        OpClass::class_,                                                                         \
        spec_parser::operands(operands_),                                                        \
        results_,                                                                                \
        aten_,                                                                                   \
        spec_parser::attributes(attributes_),                                                    \
        DTypeSet::dtypes_,                                                                       \
        &rules::dtype_rule_,                                                                     \
        &rules::shape_rule_,                                                                     \
        notation_,                                                                               \
        Domain::domain_,                                                                         \
        Sampling::sampling_,                                                                     \
        tolerance_,                                                                              \
        in_place_,                                                                               \
        GT_GRADIENT_##gradient_,                                                                 \
        spec_parser::saved(saved_, spec_parser::operands(operands_))},
#include "common/ops/table/all.def"
#undef GT_OP
};

/// Flags and dtypes are part of a kind, and the longest attributes of a row fit into Attributes.
constexpr bool attributes_are_sound(const OpRow& row) {
  std::size_t words = 0;
  for (std::size_t k = 0; k < row.attributes.count; ++k) {
    const AttributeSpec& spec = row.attributes.specs[k];
    const bool is_static = spec.attribute_class == AttributeClass::statics;
    switch (spec.type) {
      case AttributeType::boolean:
      case AttributeType::dtype:
        if (!is_static) return false;
        words += 1;
        break;
      case AttributeType::integer:
      case AttributeType::real:
        words += 1;
        break;
      case AttributeType::scalar:
        words += 2;
        break;
      case AttributeType::integers:
        words += 1 + kMaxDimensions;
        break;
    }
  }
  return words <= kMaxAttributeWords;
}
static_assert(std::all_of(std::begin(kRows), std::end(kRows), attributes_are_sound));
static_assert(std::all_of(std::begin(kRows), std::end(kRows),
                          [](const OpRow& row) { return row.results <= kMaxResults; }));

constexpr std::size_t kCodeLimit = 1024;

/// Row index by opcode, filled at compile time; a code used twice does not compile.
constexpr std::array<std::int16_t, kCodeLimit> kIndexByCode = [] {
  std::array<std::int16_t, kCodeLimit> index{};
  index.fill(-1);
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    std::int16_t& slot = index[static_cast<std::size_t>(kRows[i].op)];
    if (slot != -1) throw "an opcode is used twice";
    slot = static_cast<std::int16_t>(i);
  }
  return index;
}();

}  // namespace

std::span<const OpRow> op_table() noexcept { return kRows; }

const OpRow& row_of(Op op) noexcept {
  return kRows[static_cast<std::size_t>(kIndexByCode[static_cast<std::size_t>(op)])];
}

const OpRow* find_op(std::uint64_t code) noexcept {
  if (code >= kCodeLimit || kIndexByCode[code] < 0) return nullptr;
  return &kRows[static_cast<std::size_t>(kIndexByCode[code])];
}

const OpRow* find_op(std::string_view name) noexcept {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const OpRow& candidate) { return candidate.name == name; });
  return row != std::end(kRows) ? row : nullptr;
}

}  // namespace gt
