#include "worker/jit/llvm/argument_code.h"

#include <cstddef>

namespace gt::worker::jit {

llvm::Value* ArgumentCode::field(std::size_t offset, llvm::Type* type) const {
  return builder_.CreateLoad(type,
                             builder_.CreateConstGEP1_64(builder_.getInt8Ty(), arguments_, offset));
}

/// Element `index` of a table that the arguments point to.
llvm::Value* ArgumentCode::entry(std::size_t table, std::uint32_t index, llvm::Type* type) const {
  llvm::Value* first = field(table, builder_.getPtrTy());
  return builder_.CreateLoad(type,
                             builder_.CreateConstGEP1_64(builder_.getInt64Ty(), first, index));
}

llvm::Value* ArgumentCode::size(std::uint32_t index) const {
  return entry(offsetof(KernelArguments, sizes), index, builder_.getInt64Ty());
}

llvm::Value* ArgumentCode::size(const SizeProduct& product) const {
  llvm::Value* value = builder_.getInt64(static_cast<std::uint64_t>(product.constant));
  for (std::uint32_t index : product.sizes) value = builder_.CreateMul(value, size(index));
  return value;
}

llvm::Value* ArgumentCode::stride(const StrideChoice& choice) const {
  const auto stride = [&](const StrideChoice::Candidate& candidate) {
    return entry(offsetof(KernelArguments, strides), candidate.stride, builder_.getInt64Ty());
  };
  llvm::Value* value = stride(choice.candidates.back());
  for (std::size_t k = choice.candidates.size() - 1; k-- > 0;) {
    llvm::Value* is_walked =
        builder_.CreateICmpNE(size(choice.candidates[k].size), builder_.getInt64(1));
    value = builder_.CreateSelect(is_walked, stride(choice.candidates[k]), value);
  }
  return value;
}

llvm::Value* ArgumentCode::word(const graph::Word& word) const {
  switch (word.source) {
    case graph::Word::Source::constant:
      return builder_.getInt64(word.bits);
    case graph::Word::Source::binding:
      return entry(offsetof(KernelArguments, bindings), word.index, builder_.getInt64Ty());
    case graph::Word::Source::size:
      return size(word.index);
    case graph::Word::Source::derived:
      return entry(offsetof(KernelArguments, derived), word.index, builder_.getInt64Ty());
  }
  return nullptr;
}

Values ArgumentCode::sizes(const LoopParameters& parameters) const {
  Values values;
  for (const SizeProduct& product : parameters.sizes) values.push_back(size(product));
  return values;
}

Values ArgumentCode::all(const LoopParameters& parameters, const Values& sizes) const {
  Values values;
  for (std::uint32_t tensor : parameters.tensors)
    values.push_back(entry(offsetof(KernelArguments, tensors), tensor, builder_.getPtrTy()));
  values.insert(values.end(), sizes.begin(), sizes.end());
  for (const StrideChoice& choice : parameters.strides) values.push_back(stride(choice));
  for (const graph::Word& from : parameters.words) values.push_back(word(from));
  return values;
}

}  // namespace gt::worker::jit
