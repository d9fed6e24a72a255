#include "common/graph/decompositions/rows.h"

#include "common/graph/attribute_words.h"

namespace gt::graph {

RowEmitter::RowEmitter(Rewriter& rewriter, const Graph& source, NodeIndex node)
    : rewriter_(rewriter),
      source_(source),
      index_(node),
      node_(source.node(node)),
      attributes_(source.attributes(node_)),
      operands_(rewriter.operands_of(node)) {
  rewriter.stand_for(node_, true);
}

Operand RowEmitter::number(std::size_t k) const {
  const auto words = source_.words(node_);
  Operand found;
  for_each_attribute_word(node_.row(), words, [&](std::size_t i, const AttributeWord& place) {
    if (place.attribute != k) return;
    const bool is_real = node_.row().attributes.specs[k].type == AttributeType::real;
    found = Operand::of(is_real ? DType::kFloat64 : DType::kInt64, words[i]);
  });
  return found;
}

const ValueInfo& RowEmitter::result(std::size_t k) const {
  return source_.value({index_, static_cast<std::uint32_t>(k)});
}

const ValueInfo& RowEmitter::info(const Operand& operand) const {
  return rewriter_.graph().value(operand.value);
}

DType RowEmitter::compute_dtype() const {
  return result(0).meta.dtype == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
}

Operand RowEmitter::row(Op op, std::initializer_list<Operand> operands,
                        const Attributes& attributes) {
  return Operand::of(rewriter_.add(op, operands, attributes));
}

Operand RowEmitter::cast(const Operand& x, DType dtype) {
  if (meta(x).dtype == dtype) return x;
  return row(Op::to, {x}, make_attributes(Op::to, dtype));
}

Operand RowEmitter::add(const Operand& a, const Operand& b) {
  return row(Op::add, {a, b}, make_attributes(Op::add, ScalarValue(1)));
}
Operand RowEmitter::sub(const Operand& a, const Operand& b) {
  return row(Op::sub, {a, b}, make_attributes(Op::sub, ScalarValue(1)));
}

Operand RowEmitter::add_scaled(const Operand& a, const Operand& b, const Operand& alpha) {
  const Word words[] = {Word::constant(static_cast<std::uint64_t>(alpha.category)), alpha.word};
  const Operand operands[] = {a, b};
  return Operand::of(ValueRef{rewriter_.add(Op::add, operands, words), 0});
}

Operand RowEmitter::sum(const Operand& x, const Shape& dims, bool keep) {
  return row(Op::sum, {x}, make_attributes(Op::sum, dims, keep, kNoDType));
}
Operand RowEmitter::mean(const Operand& x, const Shape& dims, bool keep) {
  return row(Op::mean, {x}, make_attributes(Op::mean, dims, keep, kNoDType));
}
Operand RowEmitter::amax(const Operand& x, const Shape& dims) {
  return row(Op::amax, {x}, make_attributes(Op::amax, dims, true));
}

Operand RowEmitter::reshape(const Operand& x, const Shape& shape) {
  return row(Op::reshape, {x}, make_attributes(Op::reshape, shape));
}

Operand RowEmitter::count(const ValueInfo& value, const Shape& dims) {
  Operand product = Operand::of(ScalarValue(1.0));
  for (const std::int64_t dim : dims) {
    const auto d = static_cast<std::size_t>(dim);
    const std::int64_t size = value.meta.shape[d];
    Operand factor = Operand::of(ScalarValue(size));
    for (const SymbolicDimension& symbolic : value.symbolic)
      if (symbolic.dimension == d)
        factor.word = {Word::Source::size, symbolic.size, static_cast<std::uint64_t>(size)};
    product = derive(ScalarOp::multiply, product, factor);
  }
  return product;
}

void RowEmitter::finish(std::uint32_t k, const Operand& x) {
  rewriter_.replace({index_, k}, cast(x, result(k).meta.dtype).value);
}

}  // namespace gt::graph
