// Numbers of the counter-based generator (worker/engine/native/kernels/philox.h): uniform ones, and
// what dropout keeps.
#include "worker/engine/random_range.h"
#include "worker/jit/llvm/ir_value.h"
#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {

using ir::Lanes;

llvm::Value* LoopCode::raw_word(const PlanNode& node, std::size_t k) {
  const PlanWord& word = plan_.words[node.attributes[k].word];
  return word.is_constant ? builder_.getInt64(word.bits) : words_[word.parameter];
}

LoopCode::Draws LoopCode::draw_blocks(const PlanNode& node, llvm::Value* blocks) {
  llvm::Type* type = blocks->getType();
  const auto spread = [&](llvm::Value* one) {
    return type->isVectorTy() ? builder_.CreateVectorSplat(
                                    llvm::cast<llvm::FixedVectorType>(type)->getElementCount(), one)
                              : one;
  };
  llvm::Value* low_half = llvm::ConstantInt::get(type, 0xFFFFFFFF);
  const auto low = [&](llvm::Value* x) { return builder_.CreateAnd(x, low_half); };
  const auto high = [&](llvm::Value* x) { return builder_.CreateLShr(x, 32); };
  const auto narrow = [&](llvm::Value* word, unsigned shift) {
    return builder_.CreateAnd(builder_.CreateLShr(word, shift), 0xFFFFFFFF);
  };
  llvm::Value* seed = raw_word(node, node.attributes.size() - 2);
  llvm::Value* counter = raw_word(node, node.attributes.size() - 1);
  llvm::Value *k0 = narrow(seed, 0), *k1 = narrow(seed, 32);
  // Only the lower halves count.
  llvm::Value *c0 = blocks, *c1 = high(blocks);
  llvm::Value *c2 = spread(narrow(counter, 0)), *c3 = spread(narrow(counter, 32));
  for (int round = 0; round < 10; ++round) {
    llvm::Value* product0 = builder_.CreateMul(low(c0), llvm::ConstantInt::get(type, 0xD2511F53));
    llvm::Value* product1 = builder_.CreateMul(low(c2), llvm::ConstantInt::get(type, 0xCD9E8D57));
    c0 = builder_.CreateXor(builder_.CreateXor(high(product1), c1), spread(k0));
    c2 = builder_.CreateXor(builder_.CreateXor(high(product0), c3), spread(k1));
    c1 = product1;
    c3 = product0;
    k0 = builder_.CreateAnd(builder_.CreateAdd(k0, number(0x9E3779B9)), 0xFFFFFFFF);
    k1 = builder_.CreateAnd(builder_.CreateAdd(k1, number(0xBB67AE85)), 0xFFFFFFFF);
  }
  const auto joined = [&](llvm::Value* first, llvm::Value* second) {
    return builder_.CreateOr(low(first), builder_.CreateShl(second, 32));
  };
  return {joined(c0, c1), joined(c2, c3)};
}

/// The words of blocks first_block, first_block + 1, ... as neighbours of the node's width.
llvm::Value* LoopCode::draw_neighbours(const PlanNode& node, llvm::Value* first_block,
                                       unsigned count) {
  std::vector<llvm::Constant*> places;
  std::vector<int> order;
  for (unsigned b = 0; b < count; ++b) {
    places.push_back(builder_.getInt64(b));
    order.push_back(static_cast<int>(b));
    order.push_back(static_cast<int>(b + count));
  }
  llvm::Value* first = builder_.CreateVectorSplat(count, first_block);
  const Draws draws =
      draw_blocks(node, builder_.CreateAdd(first, llvm::ConstantVector::get(places)));
  llvm::Value* words = builder_.CreateShuffleVector(draws.even, draws.odd, order);
  if (node.type == ComputeType::kDouble) return words;
  return builder_.CreateBitCast(words,
                                llvm::FixedVectorType::get(builder_.getInt32Ty(), 4 * count));
}

/// A word of 32 bits, or of 64 for a double, for each element.
llvm::Value* LoopCode::draw(const PlanNode& node, Iteration& iteration) {
  const bool is_wide = node.type == ComputeType::kDouble;
  const unsigned of_block = is_wide ? 2 : 4;
  const unsigned width = Lanes::width();
  llvm::Value* begin = builder_.CreateMul(run_, sizes_.length);
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(sizes_.length);
  const bool is_aligned =
      plan_.outer.empty() || (length != nullptr && length->getZExtValue() % of_block == 0);
  if (width >= of_block && is_aligned) {
    llvm::Value* first =
        builder_.CreateUDiv(builder_.CreateAdd(begin, iteration.index), number(of_block));
    if (iteration.drawn == nullptr) return draw_neighbours(node, first, width / of_block);
    llvm::Value*& both = (*iteration.drawn)[static_cast<std::uint32_t>(&node - plan_.nodes.data())];
    if (!iteration.is_second) both = draw_neighbours(node, first, 2 * width / of_block);
    std::vector<int> mine;
    for (unsigned lane = 0; lane < width; ++lane)
      mine.push_back(static_cast<int>(lane + (iteration.is_second ? width : 0)));
    return builder_.CreateShuffleVector(both, mine);
  }
  llvm::Value* index = builder_.CreateAdd(Lanes::spread(begin), positions(iteration));
  llvm::Type* type = index->getType();
  const Draws draws =
      draw_blocks(node, builder_.CreateUDiv(index, llvm::ConstantInt::get(type, of_block)));
  const auto bit = [&](std::uint64_t mask) {
    return builder_.CreateIsNotNull(builder_.CreateAnd(index, llvm::ConstantInt::get(type, mask)));
  };
  if (is_wide) return builder_.CreateSelect(bit(1), draws.odd, draws.even);
  llvm::Value* pair = builder_.CreateSelect(bit(2), draws.odd, draws.even);
  llvm::Value* word = builder_.CreateSelect(bit(1), builder_.CreateLShr(pair, 32), pair);
  return builder_.CreateTrunc(word, Lanes::type_of(builder_.getInt32Ty()));
}

llvm::Value* LoopCode::uniform(const PlanNode& node, Iteration& iteration) {
  llvm::Value* bits = draw(node, iteration);
  llvm::Type* type = Lanes::type_of(computed_type(context(), node.type));
  const bool is_wide = node.type == ComputeType::kDouble;
  llvm::Value* steps = builder_.CreateSIToFP(builder_.CreateLShr(bits, is_wide ? 11 : 8), type);
  return builder_.CreateFMul(steps, llvm::ConstantFP::get(type, is_wide ? 0x1p-53 : 0x1p-24));
}

llvm::Value* LoopCode::drop(const PlanNode& node, Iteration& iteration) {
  llvm::Type* wide = builder_.getDoubleTy();
  llvm::Type* type = computed_type(context(), node.type);
  llvm::Value* probability = builder_.CreateBitCast(raw_word(node, 0), wide);
  llvm::Value* one = llvm::ConstantFP::get(wide, 1);
  llvm::Value* scale =
      builder_.CreateSelect(builder_.CreateFCmpOLT(probability, one),
                            builder_.CreateFDiv(one, builder_.CreateFSub(one, probability)),
                            llvm::ConstantFP::get(wide, 0));
  const auto rounded = [&](llvm::Value* x) {
    return Lanes::spread(builder_.CreateFPCast(x, type));
  };
  llvm::Value* kept = builder_.CreateFMul(operand(node, 0, &iteration), rounded(scale));
  llvm::Value* is_dropped = builder_.CreateFCmpOLT(uniform(node, iteration), rounded(probability));
  return held(
      node, builder_.CreateSelect(is_dropped, llvm::Constant::getNullValue(kept->getType()), kept));
}

llvm::Value* LoopCode::uniform_between(const PlanNode& node, Iteration& iteration) {
  llvm::Type* type = computed_type(context(), node.type);
  llvm::Value* number = uniform(node, iteration);
  if (const double steps = uniform_steps(node.dtype); steps != 0) {
    llvm::Value* whole =
        ir::applied(ir::Function::down,
                    builder_.CreateFMul(number, llvm::ConstantFP::get(number->getType(), steps)));
    number = builder_.CreateFMul(whole, llvm::ConstantFP::get(number->getType(), 1 / steps));
  }
  llvm::Value* from = builder_.CreateBitCast(raw_word(node, 0), builder_.getDoubleTy());
  llvm::Value* to = builder_.CreateBitCast(raw_word(node, 1), builder_.getDoubleTy());
  llvm::Value* low = builder_.CreateFPCast(from, type);
  llvm::Value* width = builder_.CreateFSub(builder_.CreateFPCast(to, type), low);
  return held(node, builder_.CreateFAdd(builder_.CreateFMul(number, Lanes::spread(width)),
                                        Lanes::spread(low)));
}

llvm::Value* LoopCode::draw_number(const PlanNode& node, Iteration& iteration) {
  if (node.op == Op::uniform) return uniform_between(node, iteration);
  GT_INVARIANT(node.op == Op::dropout, "a row draws numbers in no known way");
  return drop(node, iteration);
}

}  // namespace gt::worker::jit
