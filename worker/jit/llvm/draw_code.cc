// Numbers of the counter-based generator (worker/engine/native/kernels/philox.h): uniform and
// normal ones, and what dropout keeps.
#include "common/ops/arithmetic/functions.h"
#include "worker/jit/llvm/ir_value.h"
#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {

using ir::Lanes;

namespace {

/// Elements for which a block of Philox has words.
unsigned words_of_block(const PlanNode& node) { return node.type == ComputeType::kDouble ? 2 : 4; }

/// Steps of a uniform number that a dtype can hold below 1 (worker/engine/native/random.cc).
double uniform_steps(DType dtype) {
  if (dtype == DType::kFloat16) return 2048;
  return dtype == DType::kBFloat16 ? 256 : 0;
}

}  // namespace

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

llvm::Value* LoopCode::indices(Iteration& iteration) {
  llvm::Value* begin = builder_.CreateMul(run_, sizes_.length);
  return builder_.CreateAdd(Lanes::spread(begin), positions(iteration));
}

llvm::Value* LoopCode::draw_whole_blocks(const PlanNode& node, Iteration& iteration) {
  const unsigned of_block = words_of_block(node);
  const unsigned width = Lanes::width();
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(sizes_.length);
  const bool is_aligned =
      plan_.outer.empty() || (length != nullptr && length->getZExtValue() % of_block == 0);
  if (width < of_block || !is_aligned) return nullptr;
  llvm::Value* begin = builder_.CreateMul(run_, sizes_.length);
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

/// A word of 32 bits, or of 64 for a double, for each element.
llvm::Value* LoopCode::draw(const PlanNode& node, Iteration& iteration) {
  if (llvm::Value* words = draw_whole_blocks(node, iteration)) return words;
  if (node.type != ComputeType::kDouble) {
    const Pairs pairs = draw_pairs(node, iteration);
    return builder_.CreateSelect(builder_.CreateIsNotNull(pairs.place), pairs.odd, pairs.even);
  }
  llvm::Value* index = indices(iteration);
  llvm::Type* type = index->getType();
  const Draws draws = draw_blocks(
      node, builder_.CreateUDiv(index, llvm::ConstantInt::get(type, words_of_block(node))));
  llvm::Value* place = builder_.CreateAnd(index, llvm::ConstantInt::get(type, 1));
  return builder_.CreateSelect(builder_.CreateIsNotNull(place), draws.odd, draws.even);
}

LoopCode::Pairs LoopCode::draw_pairs(const PlanNode& node, Iteration& iteration) {
  llvm::Type* word = Lanes::type_of(builder_.getInt32Ty());
  if (llvm::Value* words = draw_whole_blocks(node, iteration)) {
    std::vector<int> even, odd;
    std::vector<std::uint32_t> places;
    for (unsigned lane = 0; lane < Lanes::width(); ++lane) {
      even.push_back(static_cast<int>(lane & ~1U));
      odd.push_back(static_cast<int>(lane | 1U));
      places.push_back(lane & 1U);
    }
    return {builder_.CreateShuffleVector(words, even), builder_.CreateShuffleVector(words, odd),
            llvm::ConstantDataVector::get(context(), places)};
  }
  llvm::Value* index = indices(iteration);
  llvm::Type* type = index->getType();
  const auto bits = [&](std::uint64_t mask) {
    return builder_.CreateAnd(index, llvm::ConstantInt::get(type, mask));
  };
  const Draws draws = draw_blocks(
      node, builder_.CreateUDiv(index, llvm::ConstantInt::get(type, words_of_block(node))));
  llvm::Value* pair =
      builder_.CreateSelect(builder_.CreateIsNotNull(bits(2)), draws.odd, draws.even);
  return {builder_.CreateTrunc(pair, word),
          builder_.CreateTrunc(builder_.CreateLShr(pair, 32), word),
          builder_.CreateTrunc(bits(1), word)};
}

llvm::Value* LoopCode::uniform(const PlanNode& node, llvm::Value* bits) {
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
  llvm::Value* is_dropped =
      builder_.CreateFCmpOLT(uniform(node, draw(node, iteration)), rounded(probability));
  return held(
      node, builder_.CreateSelect(is_dropped, llvm::Constant::getNullValue(kept->getType()), kept));
}

llvm::Value* LoopCode::scaled(llvm::Value* number, llvm::Value* is_plain, llvm::Value* factor,
                              llvm::Value* addend) {
  llvm::Value* made = builder_.CreateFAdd(builder_.CreateFMul(number, Lanes::spread(factor)),
                                          Lanes::spread(addend));
  return builder_.CreateSelect(is_plain, number, made);
}

llvm::Value* LoopCode::uniform_between(const PlanNode& node, Iteration& iteration) {
  llvm::Type* type = computed_type(context(), node.type);
  llvm::Value* number = uniform(node, draw(node, iteration));
  if (const double steps = uniform_steps(node.dtype); steps != 0) {
    llvm::Value* whole =
        ir::applied(ir::Function::down,
                    builder_.CreateFMul(number, llvm::ConstantFP::get(number->getType(), steps)));
    number = builder_.CreateFMul(whole, llvm::ConstantFP::get(number->getType(), 1 / steps));
  }
  llvm::Value* from = builder_.CreateBitCast(raw_word(node, 0), builder_.getDoubleTy());
  llvm::Value* to = builder_.CreateBitCast(raw_word(node, 1), builder_.getDoubleTy());
  llvm::Value* is_plain =
      builder_.CreateAnd(builder_.CreateFCmpOEQ(from, llvm::ConstantFP::get(from->getType(), 0)),
                         builder_.CreateFCmpOEQ(to, llvm::ConstantFP::get(to->getType(), 1)));
  llvm::Value* low = builder_.CreateFPCast(from, type);
  llvm::Value* width = builder_.CreateFSub(builder_.CreateFPCast(to, type), low);
  return held(node, scaled(number, is_plain, width, low));
}

llvm::Value* LoopCode::normal(const PlanNode& node, Iteration& iteration) {
  using ir::Float;
  using ir::Int32;
  llvm::Type* type = computed_type(context(), node.type);
  const Pairs pairs = draw_pairs(node, iteration);
  const Float radius = arithmetic::functions::normal_radius(Float(uniform(node, pairs.even)));
  const Float angle = arithmetic::functions::normal_angle(Float(uniform(node, pairs.odd)));
  // The cosine is the first of a pair, the sine the second.
  const Int32 turns = Int32(1) - Int32(pairs.place);
  llvm::Value* number = (radius * arithmetic::functions::turned_sin(angle, turns)).value;
  llvm::Value* mean = builder_.CreateBitCast(raw_word(node, 0), builder_.getDoubleTy());
  llvm::Value* deviation = builder_.CreateBitCast(raw_word(node, 1), builder_.getDoubleTy());
  llvm::Value* is_plain = builder_.CreateAnd(
      builder_.CreateFCmpOEQ(mean, llvm::ConstantFP::get(mean->getType(), 0)),
      builder_.CreateFCmpOEQ(deviation, llvm::ConstantFP::get(deviation->getType(), 1)));
  return held(node, scaled(number, is_plain, builder_.CreateFPCast(deviation, type),
                           builder_.CreateFPCast(mean, type)));
}

llvm::Value* LoopCode::draw_number(const PlanNode& node, Iteration& iteration) {
  if (node.op == Op::uniform) return uniform_between(node, iteration);
  if (node.op == Op::normal) return normal(node, iteration);
  GT_INVARIANT(node.op == Op::dropout, "a row draws numbers in no known way");
  return drop(node, iteration);
}

}  // namespace gt::worker::jit
