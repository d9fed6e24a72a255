// Samplers that follow from a row's `sampling` column alone, and the search for custom ones.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <numeric>

#include "tests/conformance/case.h"

namespace gt::conformance {
namespace {

bool is_unsigned(const Operand& operand) {
  const auto* tensor = std::get_if<HostTensor>(&operand);
  return tensor != nullptr && (tensor->dtype == DType::kUInt8 || tensor->dtype == DType::kUInt16);
}

/// LibTorch leaves open what a negative number is among unsigned elements.
void drop_signs_beside_unsigned(std::vector<Operand>& operands) {
  if (std::none_of(operands.begin(), operands.end(), is_unsigned)) return;
  for (Operand& operand : operands)
    if (auto* scalar = std::get_if<ScalarValue>(&operand))
      if (scalar->dtype() == DType::kInt64) *scalar = ScalarValue(std::abs(scalar->to_int64()));
}

double draw_order(Draw& draw) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return draw.pick({2.0, 2.0, 1.0, 3.0, 0.0, kInfinity, -kInfinity});
}

/// Dims of a reduction: any subset, none meaning all.
Shape draw_dims(Draw& draw, std::size_t rank) {
  Shape dims;
  for (std::size_t d = 0; d < rank; ++d)
    if (draw.chance(0.4))
      dims.push_back(static_cast<std::int64_t>(d) -
                     (draw.chance(0.5) ? static_cast<std::int64_t>(rank) : 0));
  return dims;
}

DType draw_dtype_attribute(Draw& draw, const OpRow& row) {
  if (row.op == Op::to) return draw.dtype(DTypeSet::all);
  if (draw.chance(0.6)) return kNoDType;
  return draw.floating_dtype();
}

/// Attributes of rows whose attributes need no knowledge but the shape of operand 0.
Attributes draw_attributes(const OpRow& row, Draw& draw, const Shape& shape) {
  AttributeWriter writer(row);
  for (std::size_t k = 0; k < row.attributes.count; ++k) {
    const AttributeSpec& spec = row.attributes.specs[k];
    switch (spec.type) {
      case AttributeType::integer:
        writer.add(spec.name == "dim" ? draw.dim(shape.size()) : draw.integer(0, 1));
        break;
      case AttributeType::boolean:
        writer.add(draw.chance(0.5));
        break;
      case AttributeType::dtype:
        writer.add(draw_dtype_attribute(draw, row));
        break;
      case AttributeType::real:
        writer.add(spec.name == "ord" ? draw_order(draw) : static_cast<double>(draw.integer(0, 2)));
        break;
      case AttributeType::scalar:
        writer.add(draw.chance(0.5) ? ScalarValue(draw.integer(1, 2))
                                    : ScalarValue(to_sixteenths(draw.real(0.5, 2))));
        break;
      case AttributeType::integers:
        writer.add(draw_dims(draw, shape.size()));
        break;
    }
  }
  return writer.finish();
}

/// Whether infinities and NaN have one meaning in LibTorch: not where a float becomes an integer,
/// nor in activations, whose vectorised and scalar kernels differ.
bool takes_special_values(const OpRow& row) {
  return row.domain == Domain::real && row.op != Op::to && row.dtypes != DTypeSet::floating;
}

/// Tensors of broadcastable shapes; but for one of them numbers may stand in their place.
Case sample_broadcast(const OpRow& row, Draw& draw) {
  Case sample{&row, {}, {}};
  const bool is_long = draw.chance(0.04) && row.domain != Domain::distinct;
  const Shape shape = is_long ? Shape{draw.integer(1, 3), draw.integer(500, 1500)} : draw.shape();
  const DType common = draw.dtype(row.dtypes);
  const auto whole =
      static_cast<std::size_t>(draw.integer(0, static_cast<std::int64_t>(row.operands.count) - 1));
  const bool special = takes_special_values(row) && draw.chance(0.15);
  for (std::size_t k = 0; k < row.operands.count; ++k) {
    const bool optional = row.operands.specs[k].form == OperandForm::optional;
    const bool may_be_left_out = k != whole && k != 0;
    if (optional && may_be_left_out && draw.chance(0.3)) {
      sample.operands.emplace_back();
      continue;
    }
    const bool is_gradient = row.name.ends_with("_backward");
    const bool takes_number = !is_gradient && (row.op != Op::lerp || k == 2);
    if (k != whole && takes_number && draw.chance(0.15)) {
      const ScalarValue number = draw.scalar(row.domain);
      const bool is_flag = number.dtype() == DType::kBool && row.dtypes == DTypeSet::floating;
      sample.operands.emplace_back(is_flag ? ScalarValue(1) : number);
      continue;
    }
    const Shape own_shape = k == whole || is_gradient ? shape : draw.broadcastable(shape);
    const bool mixes = !is_gradient && draw.chance(0.3);
    const DType dtype = mixes ? draw.dtype(row.dtypes) : common;
    HostTensor tensor = draw.tensor(dtype, own_shape, row.domain, static_cast<int>(k));
    if (own_shape.empty()) set_element(tensor, 0, to_sixteenths(element(tensor, 0)));
    if (special) draw.add_special_values(tensor);
    sample.operands.emplace_back(std::move(tensor));
  }
  drop_signs_beside_unsigned(sample.operands);
  sample.attributes = draw_attributes(row, draw, shape);
  return sample;
}

/// One tensor, and attributes that name dims of it.
Case sample_over_dims(const OpRow& row, Draw& draw) {
  // Not for products, which would reach the limits of half precision.
  const bool may_be_long = row.domain != Domain::distinct && row.op != Op::prod;
  const bool is_long = draw.chance(0.05) && may_be_long;
  const Shape shape = is_long ? Shape{draw.integer(1, 40), draw.integer(1, 40)} : draw.shape();
  Case sample{&row, {draw.tensor(draw.dtype(row.dtypes), shape, row.domain)}, {}};
  sample.attributes = draw_attributes(row, draw, shape);
  return sample;
}

/// Tensors whose shapes follow from the letters of the index notation.
Case sample_notation(const OpRow& row, Draw& draw) {
  Case sample{&row, {}, {}};
  std::map<char, std::int64_t> sizes;
  const bool is_long = draw.chance(0.1);
  const auto size_of_letter = [&](char letter) {
    return sizes.try_emplace(letter, is_long ? draw.integer(1, 40) : draw.size()).first->second;
  };
  const DType dtype = draw.dtype(row.dtypes);
  Shape shape;
  for (const char letter : std::string(row.notation.substr(0, row.notation.find("->"))) + ",") {
    if (letter != ',') {
      shape.push_back(size_of_letter(letter));
      continue;
    }
    sample.operands.emplace_back(draw.tensor(dtype, shape, row.domain));
    shape.clear();
  }
  sample.attributes = draw_attributes(row, draw, shape);
  return sample;
}

}  // namespace

Sampler find_sampler(const OpRow& row) {
  switch (row.sampling) {
    case Sampling::broadcast:
      return sample_broadcast;
    case Sampling::reduce:
    case Sampling::along_dim:
      return sample_over_dims;
    case Sampling::notation:
      return sample_notation;
    case Sampling::none:
      return nullptr;
    case Sampling::custom:
      break;
  }
  for (const auto family :
       {view_samplers(), arrangement_samplers(), indexing_samplers(), composite_samplers(),
        convolutional_samplers(), miscellaneous_samplers()})
    for (const CustomSampler& custom : family)
      if (custom.op == row.op) return custom.sampler;
  return nullptr;
}

}  // namespace gt::conformance
