#include "worker/jit/llvm/listing.h"

#include <fmt/format.h>

#include "common/graph/print.h"
#include "common/tensor/scalar.h"

namespace gt::worker::jit {
namespace {

class Listing {
 public:
  Listing(const LoweredLoop& loop, Costs& costs, const Tuning& tuning)
      : plan_(loop.plan),
        parameters_(loop.parameters),
        schedule_(schedule_of(plan_, costs, tuning)) {}

  std::string run() && {
    for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n)
      if (plan_.nodes[n].is_fill() || plan_.nodes[n].role == Role::uniform) add_scalar(n);
    const bool folds_columns = plan_.fold == Space::Fold::columns;
    if (!plan_.planes.empty()) {
      line("for " + extents(plan_.planes, "plane") + " {");
      depth_ += 2;
    }
    const std::string outer = extents(plan_.outer, folds_columns ? "row" : "run");
    if (!plan_.outer.empty()) {
      line("for " + outer + " {");
      depth_ += 2;
    }
    add_rows(-1);
    for (std::size_t pass = 0; pass < schedule_.passes.size(); ++pass) add_pass(pass);
    if (!folds_columns) add_row_stores();
    if (!plan_.outer.empty()) {
      depth_ -= 2;
      line("}");
    }
    if (folds_columns) add_row_stores();
    if (!plan_.planes.empty()) {
      depth_ -= 2;
      line("}");
    }
    return std::move(text_);
  }

 private:
  void line(const std::string& content) {
    text_ += std::string(static_cast<std::size_t>(depth_), ' ') + content + '\n';
  }

  std::string extents(const std::vector<PlanSize>& sizes, const std::string& name) const {
    std::string text;
    for (std::size_t d = 0; d < sizes.size(); ++d)
      text += fmt::format("{}{}{} < {}", d == 0 ? "" : ", ", name, d, size(sizes[d]));
    return text.empty() ? "one " + name : text;
  }
  std::string size(const PlanSize& size) const {
    if (size.constant != 0) return std::to_string(size.constant);
    const SizeProduct& product = parameters_.sizes[size.parameter];
    std::string text = std::to_string(product.constant);
    for (std::uint32_t index : product.sizes) text += fmt::format(" * size{}", index);
    return text;
  }

  std::string place(std::uint32_t a) const {
    constexpr std::string_view kForms[] = {"", "[i]", "[i * stride]", "[place(i)]"};
    const PlanAccess& access = plan_.accesses[a];
    if (access.is_table) return fmt::format("t{}", parameters_.tensors[access.tensor]);
    return fmt::format("t{}{}", parameters_.tensors[access.tensor],
                       kForms[static_cast<std::size_t>(access.form)]);
  }
  std::string word(std::uint32_t w) const {
    const PlanWord& word = plan_.words[w];
    if (word.is_constant) {
      const ScalarValue value = ScalarValue::from_bits(word.category, word.bits);
      return is_floating(word.category) ? fmt::format("{}", value.to_double())
                                        : fmt::format("{}", value.to_int64());
    }
    constexpr std::string_view kSources[] = {"constant", "binding", "size", "derived"};
    const graph::Word& source = parameters_.words[word.parameter];
    return fmt::format("{}{}", kSources[static_cast<std::size_t>(source.source)], source.index);
  }
  std::string operand(const PlanOperand& from) const {
    switch (from.kind) {
      case PlanOperand::Kind::none:
        return "none";
      case PlanOperand::Kind::node:
        return fmt::format("v{}", from.index);
      case PlanOperand::Kind::access:
        return place(from.index);
      case PlanOperand::Kind::word:
        return word(from.index);
    }
    return "";
  }
  std::string expression(const PlanNode& node) const {
    std::string text = std::string(row_of(node.op).name) + "(";
    std::string separator;
    for (const PlanOperand& from : node.operands) {
      text += separator + operand(from);
      separator = ", ";
    }
    for (const PlanAttribute& attribute : node.attributes) {
      text += separator +
              (attribute.is_static ? std::to_string(attribute.constant) : word(attribute.word));
      separator = ", ";
    }
    return text + ")";
  }
  void add_value(std::uint32_t n, std::string_view relation) {
    line(fmt::format("{} v{} {} {};", short_name(plan_.nodes[n].dtype), n, relation,
                     expression(plan_.nodes[n])));
  }

  void add_scalar(std::uint32_t n) {
    add_value(n, "=");
    if (plan_.nodes[n].role == Role::uniform && plan_.nodes[n].output != kNoAccess) add_store(n);
  }
  void add_store(std::uint32_t n) {
    line(fmt::format("{} = v{};", place(plan_.nodes[n].output), n));
  }
  void add_rows(int pass) {
    for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n)
      if (plan_.nodes[n].role == Role::row && plan_.nodes[n].pass == pass &&
          !plan_.nodes[n].is_fill())
        add_value(n, "=");
  }
  void add_row_stores() {
    for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n)
      if ((plan_.nodes[n].role == Role::row || plan_.nodes[n].role == Role::fold) &&
          plan_.nodes[n].output != kNoAccess)
        add_store(n);
  }

  void add_element(std::uint32_t n, int pass, std::vector<bool>& seen) {
    const PlanNode& node = plan_.nodes[n];
    if (seen[n] || node.role != Role::element || node.is_fill()) return;
    seen[n] = true;
    if (schedule_.is_kept[n] && node.pass < pass) {
      line(fmt::format("{} v{} = kept;", short_name(node.dtype), n));
      return;
    }
    for (const PlanOperand& from : node.operands)
      if (from.kind == PlanOperand::Kind::node) add_element(from.index, pass, seen);
    add_value(n, "=");
  }
  void add_pass(std::size_t number) {
    const Schedule::Pass& pass = schedule_.passes[number];
    const int index = static_cast<int>(number);
    line("for i in " + extents(plan_.inner, "i") + " {");
    depth_ += 2;
    std::vector<bool> seen(plan_.nodes.size(), false);
    for (std::uint32_t n : pass.folds) {
      for (const PlanOperand& from : plan_.nodes[n].operands)
        if (from.kind == PlanOperand::Kind::node) add_element(from.index, index, seen);
      add_value(n, "folds");
    }
    for (std::uint32_t n : pass.stores) {
      add_element(n, index, seen);
      add_store(n);
    }
    for (std::uint32_t n : pass.keeps) {
      add_element(n, index, seen);
      line(fmt::format("keep v{};", n));
    }
    depth_ -= 2;
    line("}");
    add_rows(index);
  }

  const LoopPlan& plan_;
  const LoopParameters& parameters_;
  Schedule schedule_;
  std::string text_;
  int depth_ = 2;
};

}  // namespace

std::string tensors_of(const graph::Graph& graph, const KernelRequest& request) {
  std::string text;
  const std::size_t inputs = request.group->inputs.size();
  for (std::size_t t = 0; t < request.tensors.size(); ++t) {
    const KernelTensor& tensor = request.tensors[t];
    text += fmt::format("  // t{}: {} {} {}", t, t < inputs ? "reads" : "writes",
                        graph::name_of(graph, tensor.value), graph::type_of(graph, tensor.value));
    if (tensor.strides != contiguous_strides(graph.meta(tensor.value).shape))
      text += fmt::format(", strides {}", to_string(tensor.strides));
    if (tensor.overwrites >= 0) text += fmt::format(", over t{}", tensor.overwrites);
    text += '\n';
  }
  return text;
}

std::string listing_of(const std::string& name, const std::string& tensors,
                       std::span<const LoweredLoop> loops, Costs& costs, const Tuning& tuning) {
  std::string text = "kernel " + name + " {\n" + tensors;
  for (const LoweredLoop& loop : loops) {
    if (&loop != &loops.front()) text += "  // independent of what is above\n";
    text += Listing(loop, costs, tuning).run();
  }
  return text + "}\n";
}

}  // namespace gt::worker::jit
