// The addend of a matrix product becomes an addition of its own, where that can be part of a kernel
// which reads the sum: a bias costs no pass over memory then. The engine computes addmm and baddbmm
// of wide dtypes as a product and an addition, so no bit changes.
#include <algorithm>

#include "common/graph/constants.h"
#include "common/graph/fusion/loop.h"
#include "common/graph/pass.h"
#include "common/graph/rewriter.h"
#include "common/graph/uses.h"

namespace gt::graph {
namespace {

class Splitter {
 public:
  explicit Splitter(const Graph& source)
      : source_(source),
        uses_(source),
        rewriter_(source),
        product_of_(source.nodes().size(), kNoIndex) {}

  PassResult run() {
    for (NodeIndex i = 0; i < source_.nodes().size(); ++i) {
      const Node& node = source_.node(i);
      if (node.is_input() || !(add_behind_reshape(i) || split(i, node))) rewriter_.keep(i);
    }
    return {std::move(rewriter_).finish(), changes_};
  }

 private:
  /// A sum that is only read in another shape is made in that shape.
  bool split(NodeIndex index, const Node& node) {
    if (!can_split(node, source_.meta({index, 0}).dtype)) return false;
    const NodeIndex reshape = only_reshape(index);
    if (!is_read_by_kernel(reshape == kNoIndex ? index : reshape)) return false;
    const auto operands = rewriter_.operands_of(index);
    rewriter_.stand_for(node, true);
    const ValueRef product =
        rewriter_.add(node.op == Op::addmm ? Op::mm : Op::bmm, {operands[1], operands[2]});
    if (reshape == kNoIndex) {
      add(index, product, operands[0]);
    } else {
      rewriter_.replace({index, 0}, product);
      product_of_[reshape] = index;
    }
    ++changes_;
    return true;
  }

  bool add_behind_reshape(NodeIndex index) {
    const NodeIndex product = product_of_[index];
    if (product == kNoIndex) return false;
    const NodeIndex reshaped = rewriter_.keep(index);
    rewriter_.stand_for(source_.node(product), true);
    add(index, {reshaped, 0}, rewriter_.of(source_.operands(product)[0]));
    return true;
  }

  void add(NodeIndex index, ValueRef product, const Operand& addend) {
    rewriter_.replace({index, 0}, rewriter_.add(Op::add, {Operand::of(product), addend},
                                                make_attributes(Op::add, ScalarValue(1))));
  }

  /// Whether the row is product plus addend, both factors being 1.
  bool can_split(const Node& node, DType dtype) const {
    if (node.origin.is_eager || (node.op != Op::addmm && node.op != Op::baddbmm)) return false;
    const auto words = source_.words(node);
    const auto is_one = [&](std::size_t k) {
      return is_number(Operand::of(static_cast<DType>(words[k].bits), words[k + 1]), 1);
    };
    return (dtype == DType::kFloat32 || dtype == DType::kFloat64) && is_one(0) && is_one(2);
  }

  /// The one node that reads the sum, if it is a reshape that keeps its last dim, along which the
  /// addend lies.
  NodeIndex only_reshape(NodeIndex index) const {
    const std::uint32_t value = source_.value_index({index, 0});
    const auto readers = uses_.of(value);
    if (readers.size() != 1 || uses_.is_output(value)) return kNoIndex;
    const NodeIndex reader = readers[0].node;
    if (source_.node(reader).op != Op::reshape) return kNoIndex;
    const Extents before = extents_of(source_, {index, 0});
    const Extents after = extents_of(source_, {reader, 0});
    const std::size_t rank = source_.meta(source_.operands(index)[0].value).shape.size();
    const bool keeps = !after.empty() && after.back() == before.back();
    return keeps && rank <= 1 ? reader : kNoIndex;
  }

  bool is_read_by_kernel(NodeIndex node) const {
    const auto readers = uses_.of(source_.value_index({node, 0}));
    return std::any_of(readers.begin(), readers.end(), [&](const Use& use) {
      const Node& reader = source_.node(use.node);
      return !reader.origin.is_eager && can_fuse(source_, reader);
    });
  }

  const Graph& source_;
  const Uses uses_;
  Rewriter rewriter_;
  /// Of a reshape: the product whose addend is added behind it.
  std::vector<NodeIndex> product_of_;
  std::size_t changes_ = 0;
};

}  // namespace

PassResult split_addends(const Graph& graph) { return Splitter(graph).run(); }

}  // namespace gt::graph
