// A client that mostly keeps the rules: its programs get past the dispatcher's checks and run.
#pragma once

#include <utility>

#include "tests/fuzz/source.h"

namespace gt::fuzz {

/// Writes the batches of one session. What is drawn wrongly is left out, but for a few mistakes.
class ProgramWriter {
 public:
  protocol::ClientBatch batch(FuzzedDataProvider& input) {
    const auto lane = input.ConsumeIntegralInRange<LaneId>(0, 1);
    protocol::ClientBatch result;
    result.lane = lane;
    result.sequence = ++sequences_[lane];
    result.first_output = outputs_[lane];
    result.mark = input.ConsumeBool();
    for (auto count = input.ConsumeIntegralInRange(1, 6); count > 0; --count)
      add_instruction(input, result);
    return result;
  }

  /// A frame of an upload that was announced, or is about to be.
  protocol::PayloadFrame upload_frame(FuzzedDataProvider& input, protocol::SessionId session) {
    protocol::PayloadFrame result;
    result.session = session;
    if (uploads_.empty()) return result;
    auto& upload = uploads_[input.ConsumeIntegralInRange<std::size_t>(0, uploads_.size() - 1)];
    const std::size_t size = input.ConsumeIntegralInRange<std::size_t>(0, upload.total - upload.at);
    result.payload = upload.payload;
    result.offset = upload.at;
    result.total = upload.total;
    result.bytes.resize(size);
    upload.at += size;
    return result;
  }

 private:
  struct Known {
    ValueId id = 0;
    TensorMeta meta;
  };
  struct Upload {
    protocol::PayloadId payload = 0;
    std::size_t at = 0;
    std::size_t total = 0;
  };
  /// An instruction as it is put together.
  struct Draft {
    std::vector<OperandMeta> metas;
    std::vector<std::uint64_t> words;
    std::vector<ValueId> named;
    Kind kind;
  };

  void add_operand(FuzzedDataProvider& input, const OpRow& row, OperandForm form, Draft& draft) {
    OperandMeta& meta = draft.metas.emplace_back();
    OperandType& type = draft.kind.operands.emplace_back();
    if (form != OperandForm::tensor && input.ConsumeIntegralInRange(0, 3) == 0) return;
    if (row.op_class == OpClass::pointwise && input.ConsumeIntegralInRange(0, 3) == 0) {
      constexpr DType kCategories[] = {DType::kBool, DType::kInt64, DType::kFloat64};
      meta.form = type.form = OperandMeta::Form::scalar;
      meta.dtype = type.dtype = kCategories[input.ConsumeIntegralInRange(0, 2)];
      draft.words.push_back(word(input));
      return;
    }
    if (values_.empty()) return;
    const Known& value = values_[input.ConsumeIntegralInRange<std::size_t>(0, values_.size() - 1)];
    meta = OperandMeta::of(value.meta);
    type = {OperandMeta::Form::tensor, value.meta.dtype,
            static_cast<std::uint8_t>(value.meta.shape.size())};
    draft.words.push_back(value.id);
    draft.named.push_back(value.id);
  }

  Attributes draw_attributes(FuzzedDataProvider& input, const OpRow& row) {
    if (row.op == Op::fetch) return make_attributes(Op::fetch, next_request_++);
    if (row.op != Op::upload && row.op != Op::full && row.op != Op::uniform)
      return attributes(input, row);
    Shape shape;
    for (auto rank = input.ConsumeIntegralInRange(0, 3); rank > 0; --rank)
      shape.push_back(input.ConsumeIntegralInRange<std::int64_t>(0, 5));
    if (row.op == Op::upload)
      return make_attributes(Op::upload, dtype(input), shape, ++next_payload_);
    if (row.op == Op::full)
      return make_attributes(Op::full, shape, ScalarValue(static_cast<std::int64_t>(word(input))),
                             dtype(input));
    return attributes(input, row);
  }

  void add_instruction(FuzzedDataProvider& input, protocol::ClientBatch& batch) {
    const bool makes_source = values_.empty() || input.ConsumeIntegralInRange(0, 7) == 0;
    const OpRow& row =
        makes_source ? row_of(input.ConsumeBool() ? Op::full : Op::upload) : fuzz::row(input);
    Draft draft;
    draft.kind.op = row.op;
    for (std::size_t k = 0; k < row.operands.fixed_count(); ++k)
      add_operand(input, row, row.operands.specs[k].form, draft);
    if (row.operands.has_list())
      for (auto count = input.ConsumeIntegralInRange(0, 20); count > 0; --count)
        add_operand(input, row, OperandForm::list, draft);
    const Attributes drawn = draw_attributes(input, row);
    std::vector<TensorMeta> results(row.results);
    Attributes::Words bindings;
    try {
      infer(row, draft.metas, drawn, results);
      split_attributes(row, drawn, draft.kind.statics, bindings);
      append(input, batch, draft, bindings, results);
      if (row.op == Op::upload) announce(input, batch, results.front().byte_count());
    } catch (const CommonError&) {
      return;
    }
  }

  void append(FuzzedDataProvider& input, protocol::ClientBatch& batch, const Draft& draft,
              const Attributes::Words& bindings, const std::vector<TensorMeta>& results) {
    const auto [id, kind] = number_of(draft.kind, batch);
    const std::size_t header =
        InstructionWriter(InstructionForm::client, batch.words)
            .append(id, kind, 0, 0, draft.words, {bindings.begin(), bindings.end()});
    if (input.ConsumeIntegralInRange(0, 3) == 0) bury(input, batch, header, draft);
    const Op op = draft.kind.op;
    if (op == Op::release) forget(draft.named.front());
    for (const TensorMeta& meta : results) {
      const ValueId value = make_value_id(batch.lane, outputs_[batch.lane]++);
      if (values_.size() < 64) values_.push_back({value, meta});
    }
  }

  /// Ends an operand, as a client may; naming it again afterwards would be a mistake.
  void bury(FuzzedDataProvider& input, protocol::ClientBatch& batch, std::size_t header,
            const Draft& draft) {
    if (draft.kind.operands.empty()) return;
    const auto k = input.ConsumeIntegralInRange<std::size_t>(0, draft.kind.operands.size() - 1);
    InstructionWriter::mark_dead(batch.words, header, k);
    std::size_t word = 0;
    for (std::size_t operand = 0; operand < k; ++operand)
      word += draft.kind.operands[operand].form != OperandMeta::Form::none ? 1 : 0;
    if (draft.kind.operands[k].form == OperandMeta::Form::tensor) forget(draft.words[word]);
  }

  void forget(ValueId id) {
    std::erase_if(values_, [id](const Known& value) { return value.id == id; });
  }

  void announce(FuzzedDataProvider& input, protocol::ClientBatch& batch, std::size_t size) {
    if (size <= 64 && input.ConsumeBool())
      batch.payloads.push_back({next_payload_, std::vector<std::byte>(size, std::byte{1})});
    else
      uploads_.push_back({next_payload_, 0, size});
  }

  std::pair<KindId, const ResolvedKind&> number_of(const Kind& kind, protocol::ClientBatch& batch) {
    for (std::size_t k = 0; k < kinds_.size(); ++k)
      if (kinds_[k].kind == kind) return {static_cast<KindId>(k), kinds_[k]};
    kinds_.push_back(resolve(kind));
    const auto id = static_cast<KindId>(kinds_.size() - 1);
    batch.kinds.push_back({id, kind});
    return {id, kinds_.back()};
  }

  std::uint64_t sequences_[2] = {};
  std::uint64_t outputs_[2] = {};
  std::vector<Known> values_;
  std::vector<ResolvedKind> kinds_;
  std::vector<Upload> uploads_;
  std::uint64_t next_payload_ = 0;
  std::uint64_t next_request_ = 1;
};

}  // namespace gt::fuzz
