// Kinds and instruction words of both forms: what can be read has attributes in the table's types,
// and inference gives sound shapes or an error.
#include <map>

#include "tests/fuzz/source.h"

namespace {

using namespace gt;

/// Shapes for the tensor operands of a kind.
std::vector<OperandMeta> operands_of(FuzzedDataProvider& input, const Kind& kind) {
  std::vector<OperandMeta> metas;
  for (const OperandType& type : kind.operands) {
    OperandMeta& meta = metas.emplace_back(OperandMeta{type.form, type.dtype, {}});
    for (std::uint8_t d = 0; d < type.rank; ++d)
      meta.shape.push_back(input.ConsumeIntegralInRange<std::int64_t>(0, 5));
    if (type.rank == 1 && input.ConsumeIntegralInRange(0, 7) == 0)
      meta.shape[0] = std::int64_t{1} << input.ConsumeIntegralInRange(0, 58);
  }
  return metas;
}

void infer_results(FuzzedDataProvider& input, const ResolvedKind& kind, const Attributes& drawn) {
  std::vector<TensorMeta> results(kind.row->results);
  try {
    infer(*kind.row, operands_of(input, kind.kind), drawn, results);
  } catch (const CommonError&) {
    return;
  }
  for (const TensorMeta& result : results) {
    if (result.shape.size() > kMaxDimensions) __builtin_trap();
    for (const std::int64_t size : result.shape)
      if (size < 0) __builtin_trap();
  }
}

/// A kind of the row's form, so that its instructions are read.
std::optional<ResolvedKind> sound_kind(FuzzedDataProvider& input) {
  const OpRow& row = fuzz::row(input);
  Kind kind{.op = row.op, .signal = 0, .operands = {}, .statics = {}};
  std::size_t count = row.operands.fixed_count();
  if (row.operands.has_list()) count += input.ConsumeIntegralInRange<std::size_t>(0, 80);
  for (std::size_t k = 0; k < count; ++k)
    kind.operands.push_back({OperandMeta::Form::tensor, fuzz::dtype(input),
                             input.ConsumeIntegralInRange<std::uint8_t>(0, 8)});
  Attributes::Words bindings;
  split_attributes(row, fuzz::attributes(input, row), kind.statics, bindings);
  return resolve(std::move(kind));
}

std::optional<ResolvedKind> draw_kind(FuzzedDataProvider& input) {
  try {
    return input.ConsumeBool() ? sound_kind(input) : resolve(fuzz::kind(input));
  } catch (const CommonError& error) {
    if (error.kind() != ErrorKind::kProtocol) __builtin_trap();
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  std::map<KindId, ResolvedKind> kinds;
  for (auto count = input.ConsumeIntegralInRange<KindId>(0, 6); count > 0; --count)
    if (auto kind = draw_kind(input)) kinds.emplace(count, std::move(*kind));
  const auto words = fuzz::words(input, 64);
  const auto form = input.ConsumeBool() ? InstructionForm::client : InstructionForm::planned;
  InstructionReader reader(form, words, [&](KindId id) {
    const auto found = kinds.find(id);
    return found == kinds.end() ? nullptr : &found->second;
  });
  try {
    while (const auto instruction = reader.next()) {
      for (std::size_t k = 0; k < instruction->kind->kind.operands.size(); ++k)
        static_cast<void>(instruction->dies(k));
      infer_results(input, *instruction->kind,
                    merge_attributes(*instruction->kind, instruction->binding_words));
    }
  } catch (const CommonError& error) {
    if (error.kind() != ErrorKind::kProtocol) __builtin_trap();
  }
  return 0;
}
