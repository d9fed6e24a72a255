#include "common/protocol/decode_parts.h"

#include <optional>

namespace gt::protocol {
namespace {

constexpr std::size_t kMaxSettings = 256;
constexpr std::size_t kMaxNames = 4096;
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 10;

DType dtype_of(std::int64_t number) {
  if (!is_valid_dtype(number)) fail_decoding("unknown dtype " + std::to_string(number));
  return static_cast<DType>(number);
}

LayoutAxis axis_of(const wire::LayoutAxis& axis) {
  if (axis.form() > 2 || axis.reduction() > 3 || axis.dimension() >= kMaxDimensions)
    fail_decoding("a layout axis is out of range");
  return {static_cast<LayoutAxis::Form>(axis.form()), axis.dimension(),
          static_cast<PartialReduction>(axis.reduction())};
}

OperandType operand_type_of(const wire::OperandType& type) {
  if (type.form() > static_cast<std::uint8_t>(OperandMeta::Form::tensor))
    fail_decoding("an operand of unknown form");
  if (type.rank() > kMaxDimensions) fail_decoding("an operand of more than 8 dimensions");
  return {static_cast<OperandMeta::Form>(type.form()), dtype_of(type.dtype()), type.rank()};
}

std::optional<bool> flag_of(std::uint8_t number) {
  if (number > 2) fail_decoding("a yes or no that is neither");
  return number == 0 ? std::nullopt : std::optional(number == 2);
}

std::vector<std::string> names_of(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* names) {
  if (size_of_vector(names) > kMaxNames) fail_decoding("too many names in a signal");
  std::vector<std::string> result;
  if (names != nullptr)
    for (const flatbuffers::String* name : *names) {
      if (name->size() > config::kMaxSignalName) fail_decoding("a long name in a signal");
      result.push_back(name->str());
    }
  return result;
}

}  // namespace

std::string text_of(const flatbuffers::String* text) {
  if (text == nullptr) return {};
  if (text->size() > kMaxTextBytes) fail_decoding("a text of more than 64 KiB");
  return text->str();
}

std::vector<std::byte> bytes_of(const flatbuffers::Vector<std::uint8_t>* vector) {
  if (vector == nullptr) return {};
  const auto* begin = reinterpret_cast<const std::byte*>(vector->data());
  return {begin, begin + vector->size()};
}

ErrorKind error_kind_of(std::uint8_t number) {
  if (number > static_cast<std::uint8_t>(ErrorKind::kInternal))
    fail_decoding("unknown error kind " + std::to_string(number));
  return static_cast<ErrorKind>(number);
}

std::size_t footprint(const KindDefinition& definition) {
  return definition.kind.operands.size() * sizeof(OperandType) +
         definition.kind.statics.size() * sizeof(std::uint64_t);
}
std::size_t footprint(const SignalDefinition& definition) {
  const config::Signal& signal = definition.signal;
  std::size_t bytes = signal.name.size() + signal.backward.size();
  if (signal.shard) bytes += signal.shard->workers.size() * sizeof(std::uint32_t);
  for (const auto* list : {&signal.compile.disabled_passes, &signal.compile.excluded_ops})
    for (const std::string& name : *list) bytes += name.size();
  return bytes;
}
std::size_t footprint(const InlinePayload& payload) { return payload.bytes.size(); }
std::size_t footprint(const SessionStatistics& session) { return sizeof(session); }
std::size_t footprint(const WorkerStatistics& worker) {
  return worker.name.size() + worker.device.size() + worker.backend.size();
}

TensorMeta value_of(const wire::TensorMeta& table) {
  TensorMeta meta;
  meta.dtype = dtype_of(table.dtype());
  if (size_of_vector(table.shape()) > kMaxDimensions) fail_decoding("more than 8 dimensions");
  if (size_of_vector(table.axes()) > kMaxMeshAxes) fail_decoding("more than 4 mesh axes");
  std::uint64_t elements = 1;
  for (const std::int64_t size : numbers_of(table.shape())) {
    if (size < 0) fail_decoding("a negative size");
    const auto factor = static_cast<std::uint64_t>(size);
    if (factor != 0 && elements > (std::uint64_t{1} << 58) / factor)
      fail_decoding("more elements than memory can hold");
    elements *= factor;
    meta.shape.push_back(size);
  }
  meta.layout.mesh = table.mesh();
  for (std::size_t i = 0; i < size_of_vector(table.axes()); ++i)
    meta.layout.axes.push_back(axis_of(*table.axes()->Get(static_cast<flatbuffers::uoffset_t>(i))));
  return meta;
}

ErrorRecord value_of(const wire::ErrorRecord& table) {
  ErrorRecord error;
  error.kind = error_kind_of(table.kind());
  error.op = text_of(table.op());
  error.message = text_of(table.message());
  if (size_of_vector(table.operands()) > kMaxOperands)
    fail_decoding("an error of too many operands");
  CopyBudget budget;
  if (table.operands() != nullptr)
    for (const flatbuffers::String* operand : *table.operands()) {
      error.operands.push_back(text_of(operand));
      budget.spend(error.operands.back().size());
    }
  error.lane = table.lane();
  error.site = table.site();
  error.value = table.value();
  return error;
}

KindDefinition value_of(const wire::KindDefinition& table) {
  if (table.id() >= kMaxKinds) fail_decoding("a kind number beyond 24 bits");
  const wire::Kind& kind = *table.kind();
  if (size_of_vector(kind.operands()) > kMaxOperands) fail_decoding("a kind of too many operands");
  if (size_of_vector(kind.statics()) > kMaxAttributeWords)
    fail_decoding("a kind of too many static words");
  KindDefinition definition{table.id(), {}};
  definition.kind.op = static_cast<Op>(kind.op());
  definition.kind.signal = kind.signal();
  if (kind.operands() != nullptr)
    for (const wire::OperandType* type : *kind.operands())
      definition.kind.operands.push_back(operand_type_of(*type));
  definition.kind.statics = numbers_of(kind.statics());
  return definition;
}

SignalDefinition value_of(const wire::SignalDefinition& table) {
  SignalDefinition definition{table.id(), {}};
  if (definition.id == 0) fail_decoding("a signal of number 0");
  config::Signal& signal = definition.signal;
  signal.name = text_of(table.name());
  signal.backward = text_of(table.backward());
  if (const wire::ShardOptions* shard = table.shard(); shard != nullptr) {
    signal.shard.emplace();
    if (shard->has_axis()) signal.shard->axis = shard->axis();
    signal.shard->workers = numbers_of(shard->workers());
  }
  if (const wire::CompileOptions* compile = table.compile(); compile != nullptr) {
    if (compile->mode() > static_cast<std::uint8_t>(config::CompileMode::max_autotune))
      fail_decoding("an unknown mode of compilation");
    signal.compile = {flag_of(compile->enabled()),
                      static_cast<config::CompileMode>(compile->mode()),
                      names_of(compile->disabled_passes()), names_of(compile->excluded_ops()),
                      flag_of(compile->dynamic())};
  }
  try {
    config::check(signal);
  } catch (const CommonError& error) {
    fail_decoding(error.what());
  }
  return definition;
}

InlinePayload value_of(const wire::InlinePayload& table) {
  if (size_of_vector(table.bytes()) > kInlinePayloadBytes)
    fail_decoding("an inline payload of more than " + std::to_string(kInlinePayloadBytes) +
                  " bytes");
  return {table.id(), bytes_of(table.bytes())};
}

SessionStatistics value_of(const wire::SessionStatistics& table) {
  return {table.session(),
          table.process(),
          table.home(),
          table.lanes(),
          table.instructions(),
          table.batches(),
          table.in_flight(),
          table.waiting(),
          table.values(),
          table.value_bytes(),
          table.uploaded_bytes(),
          table.fetched_bytes(),
          table.errors(),
          table.sequences(),
          table.compiled(),
          table.dropped(),
          table.compiled_executions(),
          table.eager_seconds(),
          table.compiled_seconds(),
          table.bytes_saved()};
}

WorkerStatistics value_of(const wire::WorkerStatistics& table) {
  return {table.worker(),           text_of(table.name()), text_of(table.device()),
          text_of(table.backend()), table.sessions(),      table.instructions(),
          table.batches(),          table.in_flight(),     table.memory_used(),
          table.memory_limit()};
}

Settings settings_of(const flatbuffers::Vector<flatbuffers::Offset<wire::Setting>>* tables) {
  if (size_of_vector(tables) > kMaxSettings) fail_decoding("too many settings");
  Settings settings;
  if (tables != nullptr)
    for (const wire::Setting* setting : *tables)
      settings.emplace_back(text_of(setting->name()), text_of(setting->value()));
  return settings;
}

}  // namespace gt::protocol
