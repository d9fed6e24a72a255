// Numbers of the counter-based generator (worker/engine/native/kernels/philox.h): uniform and
// normal ones, integers, and what dropout keeps and chances choose.
#include "common/ops/arithmetic/functions.h"
#include "worker/engine/random_range.h"
#include "worker/jit/llvm/ir_value.h"
#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {

using ir::Lanes;

namespace {

/// Elements for which a block of Philox has words.
unsigned words_of_block(const PlanNode& node) { return node.type == ComputeType::kFloat ? 4 : 2; }

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

llvm::Value* LoopCode::draw_of_blocks(const PlanNode& node, llvm::Value* first, unsigned count) {
  std::vector<llvm::Constant*> places;
  std::vector<int> order;
  for (unsigned b = 0; b < count; ++b) {
    places.push_back(builder_.getInt64(b));
    order.push_back(static_cast<int>(b));
    order.push_back(static_cast<int>(b + count));
  }
  const Draws draws = draw_blocks(node, builder_.CreateAdd(builder_.CreateVectorSplat(count, first),
                                                           llvm::ConstantVector::get(places)));
  llvm::Value* words = builder_.CreateShuffleVector(draws.even, draws.odd, order);
  if (words_of_block(node) == 2) return words;
  words =
      builder_.CreateBitCast(words, llvm::FixedVectorType::get(builder_.getInt32Ty(), 4 * count));
  return node.op == Op::normal ? normal_pairs(node, words) : words;
}

/// The cosine makes the first of a pair, the sine the second.
llvm::Value* LoopCode::normal_pairs(const PlanNode& node, llvm::Value* words) {
  namespace functions = arithmetic::functions;
  const auto pairs = llvm::cast<llvm::FixedVectorType>(words->getType())->getNumElements() / 2;
  std::vector<int> even, odd, order;
  for (unsigned k = 0; k < pairs; ++k) {
    even.push_back(static_cast<int>(2 * k));
    odd.push_back(static_cast<int>(2 * k + 1));
    order.push_back(static_cast<int>(k));
    order.push_back(static_cast<int>(k + pairs));
  }
  const Lanes lanes(builder_, pairs);
  const ir::Float radius =
      functions::normal_radius(ir::Float(uniform(node, builder_.CreateShuffleVector(words, even))));
  const ir::Float angle =
      functions::normal_angle(ir::Float(uniform(node, builder_.CreateShuffleVector(words, odd))));
  return builder_.CreateShuffleVector((radius * functions::cos_of_moderate(angle)).value,
                                      (radius * functions::sin_of_moderate(angle)).value, order);
}

/// The elements of `first` and `next` from place `shift` on, which is less than `most`, a power of
/// two.
llvm::Value* LoopCode::shifted(llvm::Value* first, llvm::Value* next, llvm::Value* shift,
                               unsigned most) {
  const auto count = llvm::cast<llvm::FixedVectorType>(first->getType())->getNumElements();
  std::vector<int> places(count, llvm::PoisonMaskElem);
  for (unsigned k = 0; k < most; ++k) places[k] = static_cast<int>(k);
  next = builder_.CreateShuffleVector(next, places);
  for (unsigned step = most / 2; step > 0; step /= 2) {
    std::vector<int> order;
    for (unsigned k = 0; k < count; ++k) order.push_back(static_cast<int>(k + step));
    llvm::Value* is_on = builder_.CreateIsNotNull(builder_.CreateAnd(shift, number(step)));
    first = builder_.CreateSelect(is_on, builder_.CreateShuffleVector(first, next, order), first);
    for (unsigned k = 0; k < count; ++k)
      order[k] = k + step < count ? static_cast<int>(k + step) : llvm::PoisonMaskElem;
    next = builder_.CreateSelect(is_on, builder_.CreateShuffleVector(next, order), next);
  }
  return first;
}

/// Where the first neighbour stands within a block, one more block is drawn.
llvm::Value* LoopCode::draw_neighbours(const PlanNode& node, llvm::Value* index, unsigned count) {
  const unsigned of_block = words_of_block(node);
  const unsigned blocks = count / of_block;
  llvm::Value* first = builder_.CreateUDiv(index, number(of_block));
  llvm::Value* made = draw_of_blocks(node, first, blocks);
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(sizes_.length);
  const bool is_one_run = plan_.outer.empty() && plan_.planes.empty();
  const bool is_aligned =
      is_one_run || (length != nullptr && length->getZExtValue() % of_block == 0);
  if (is_aligned) return made;
  llvm::Value* within = builder_.CreateURem(index, number(of_block));
  return flow_.choose(
      builder_.CreateIsNull(within), [&] { return made; },
      [&] {
        llvm::Value* next = draw_of_blocks(node, builder_.CreateAdd(first, number(blocks)), 1);
        return shifted(made, next, within, of_block);
      });
}

llvm::Value* LoopCode::draw(const PlanNode& node, Iteration& iteration) {
  const unsigned width = Lanes::width();
  if (width < words_of_block(node)) return draw_apart(node, iteration);
  llvm::Value* index = builder_.CreateAdd(builder_.CreateMul(run_, sizes_.length), iteration.index);
  if (iteration.drawn == nullptr) return draw_neighbours(node, index, width);
  llvm::Value*& both = (*iteration.drawn)[static_cast<std::uint32_t>(&node - plan_.nodes.data())];
  if (!iteration.is_second) both = draw_neighbours(node, index, 2 * width);
  std::vector<int> mine;
  for (unsigned lane = 0; lane < width; ++lane)
    mine.push_back(static_cast<int>(lane + (iteration.is_second ? width : 0)));
  return builder_.CreateShuffleVector(both, mine);
}

llvm::Value* LoopCode::draw_apart(const PlanNode& node, Iteration& iteration) {
  namespace functions = arithmetic::functions;
  llvm::Value* begin = Lanes::spread(builder_.CreateMul(run_, sizes_.length));
  llvm::Value* index = builder_.CreateAdd(begin, positions(iteration));
  llvm::Type* type = index->getType();
  const unsigned of_block = words_of_block(node);
  const Draws draws =
      draw_blocks(node, builder_.CreateUDiv(index, llvm::ConstantInt::get(type, of_block)));
  const auto bit = [&](std::uint64_t mask) {
    return builder_.CreateAnd(index, llvm::ConstantInt::get(type, mask));
  };
  const auto chosen = [&](std::uint64_t mask, llvm::Value* odd, llvm::Value* even) {
    return builder_.CreateSelect(builder_.CreateIsNotNull(bit(mask)), odd, even);
  };
  if (of_block == 2) return chosen(1, draws.odd, draws.even);
  llvm::Value* pair = chosen(2, draws.odd, draws.even);
  llvm::Type* half = Lanes::type_of(builder_.getInt32Ty());
  const auto word = [&](llvm::Value* bits) { return builder_.CreateTrunc(bits, half); };
  if (node.op != Op::normal) return word(chosen(1, builder_.CreateLShr(pair, 32), pair));
  const ir::Float radius = functions::normal_radius(ir::Float(uniform(node, word(pair))));
  const ir::Float angle =
      functions::normal_angle(ir::Float(uniform(node, word(builder_.CreateLShr(pair, 32)))));
  return (radius * functions::turned_sin(angle, ir::Int32(1) - ir::Int32(word(bit(1))))).value;
}

llvm::Value* LoopCode::uniform(const PlanNode& node, llvm::Value* words) {
  llvm::Type* type = Lanes::type_of(computed_type(context(), node.type));
  const bool is_wide = node.type == ComputeType::kDouble;
  llvm::Value* steps = builder_.CreateSIToFP(builder_.CreateLShr(words, is_wide ? 11 : 8), type);
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
  llvm::Value* low = builder_.CreateFPCast(from, type);
  llvm::Value* width = builder_.CreateFSub(builder_.CreateFPCast(to, type), low);
  return held(node, builder_.CreateFAdd(builder_.CreateFMul(number, Lanes::spread(width)),
                                        Lanes::spread(low)));
}

/// The engine leaves standard numbers as they are: nothing is added to -0 then.
llvm::Value* LoopCode::normal_around(const PlanNode& node, Iteration& iteration) {
  llvm::Type* wide = builder_.getDoubleTy();
  llvm::Type* type = computed_type(context(), node.type);
  llvm::Value* mean = builder_.CreateBitCast(raw_word(node, 0), wide);
  llvm::Value* deviation = builder_.CreateBitCast(raw_word(node, 1), wide);
  llvm::Value* is_standard =
      builder_.CreateAnd(builder_.CreateFCmpOEQ(mean, llvm::ConstantFP::get(wide, 0)),
                         builder_.CreateFCmpOEQ(deviation, llvm::ConstantFP::get(wide, 1)));
  llvm::Value* added = builder_.CreateSelect(is_standard, llvm::ConstantFP::get(wide, -0.0), mean);
  llvm::Value* scaled = builder_.CreateFMul(draw(node, iteration),
                                            Lanes::spread(builder_.CreateFPCast(deviation, type)));
  return held(node, builder_.CreateFAdd(scaled, Lanes::spread(builder_.CreateFPCast(added, type))));
}

llvm::Value* LoopCode::chosen_by_chance(const PlanNode& node, Iteration& iteration) {
  llvm::Value* chance = operand(node, 0, &iteration);
  const auto constant = [&](double x) { return llvm::ConstantFP::get(chance->getType(), x); };
  llvm::Value* is_chance = builder_.CreateAnd(builder_.CreateFCmpOGE(chance, constant(0)),
                                              builder_.CreateFCmpOLE(chance, constant(1)));
  refuse(builder_.CreateNot(is_chance), iteration.mask);
  llvm::Value* is_chosen = builder_.CreateFCmpOLT(uniform(node, draw(node, iteration)), chance);
  return held(node, builder_.CreateSelect(is_chosen, constant(1), constant(0)));
}

namespace {

/// The upper halves of products of 64 bits, of which few processors have vectors.
llvm::Value* high_product(llvm::IRBuilder<>& builder, llvm::Value* a, llvm::Value* b) {
  const auto low = [&](llvm::Value* x) { return builder.CreateAnd(x, 0xFFFFFFFF); };
  const auto high = [&](llvm::Value* x) { return builder.CreateLShr(x, 32); };
  const auto product = [&](llvm::Value* x, llvm::Value* y) { return builder.CreateMul(x, y); };
  llvm::Value* const low_high = product(low(a), high(b));
  llvm::Value* const high_low = product(high(a), low(b));
  llvm::Value* carried = builder.CreateAdd(high(product(low(a), low(b))), low(low_high));
  carried = high(builder.CreateAdd(carried, low(high_low)));
  llvm::Value* const middle = builder.CreateAdd(high(low_high), high(high_low));
  return builder.CreateAdd(product(high(a), high(b)), builder.CreateAdd(middle, carried));
}

}  // namespace

/// As `Remainder` of worker/engine/native/random.cc.
llvm::Value* LoopCode::integer_between(const PlanNode& node, Iteration& iteration) {
  llvm::Value* low = raw_word(node, 0);
  llvm::Value* end = raw_word(node, 1);
  refuse(builder_.CreateICmpSGE(low, end), nullptr);
  // Never zero, so that the quotient can be computed ahead of the loop.
  llvm::Value* divisor = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::umax,
                                                        builder_.CreateSub(end, low), number(1));
  llvm::Value* inverse = Lanes::spread(builder_.CreateUDiv(number(-1), divisor));
  divisor = Lanes::spread(divisor);
  llvm::Value* drawn = draw(node, iteration);
  llvm::Value* quotient = high_product(builder_, drawn, inverse);
  llvm::Value* rest = builder_.CreateSub(drawn, builder_.CreateMul(quotient, divisor));
  rest = builder_.CreateSelect(builder_.CreateICmpUGE(rest, divisor),
                               builder_.CreateSub(rest, divisor), rest);
  return held(node, builder_.CreateAdd(rest, Lanes::spread(low)));
}

llvm::Value* LoopCode::draw_number(const PlanNode& node, Iteration& iteration) {
  if (node.op == Op::bernoulli) return chosen_by_chance(node, iteration);
  if (node.op == Op::randint) return integer_between(node, iteration);
  if (node.op == Op::uniform) return uniform_between(node, iteration);
  if (node.op == Op::normal) return normal_around(node, iteration);
  GT_INVARIANT(node.op == Op::dropout, "a row draws numbers in no known way");
  return drop(node, iteration);
}

}  // namespace gt::worker::jit
