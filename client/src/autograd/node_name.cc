#include "client/src/autograd/node_name.h"

namespace gt::detail {
namespace {

bool has_dims(const OpRow& row, const Attributes& attributes) {
  return row.attributes.count != 0 && row.attributes.specs[0].type == AttributeType::integers &&
         !attributes.integers(row, 0).empty();
}

/// Number behind the name: which of LibTorch's overloads the row stands for.
int overload_of(const OpRow& row, std::span<const OperandMeta> operands,
                const Attributes& attributes) {
  switch (row.op_class) {
    case OpClass::reduction:
      return has_dims(row, attributes) && row.op != Op::amax && row.op != Op::amin &&
             row.op != Op::logsumexp;
    case OpClass::pointwise:
      if (row.op == Op::add || row.op == Op::sub || row.op == Op::mul || row.op == Op::div)
        return operands[1].is_scalar();
      return (row.op == Op::pow || row.op == Op::fmod || row.op == Op::remainder) &&
             operands[1].is_tensor();
    case OpClass::shape:
    case OpClass::indexing:
    case OpClass::composite:
    case OpClass::library:
    case OpClass::creation:
    case OpClass::random:
    case OpClass::communication:
      return 0;
  }
  return 0;
}

std::string_view libtorch_name(const OpRow& row) {
  if (row.op == Op::to) return "to_copy";
  if (row.op == Op::max_dim) return "max";
  if (row.op == Op::min_dim) return "min";
  if (row.op == Op::vector_norm) return "linalg_vector_norm";
  return row.name;
}

/// Letters behind digits are capital as well: `MaxPool2DWithIndices`, `Log1P`.
std::string camel_case(std::string_view snake_case) {
  std::string name;
  bool capital = true;
  for (char letter : snake_case) {
    if (letter == '_') {
      capital = true;
      continue;
    }
    name +=
        capital && letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    capital = letter >= '0' && letter <= '9';
  }
  return name;
}

}  // namespace

std::string node_name(const OpRow& row, std::span<const OperandMeta> operands,
                      const Attributes& attributes) {
  return camel_case(libtorch_name(row)) + "Backward" +
         std::to_string(overload_of(row, operands, attributes));
}

std::string node_name(std::string_view function) {
  return function == "copy_" ? "CopyBackwards" : camel_case(function) + "Backward0";
}

}  // namespace gt::detail
