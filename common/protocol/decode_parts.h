// Reading what several messages are made of. Only decode*.cc include this: it shows generated code.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "common/protocol/envelope.h"
#include "common/protocol/messages.h"
#include "schemas/envelope_generated.h"

namespace gt::protocol {

template <class T>
std::size_t size_of_vector(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? 0 : vector->size();
}

/// The verifier checks where a vector lies, but not that its elements are aligned.
template <class Number>
std::vector<Number> numbers_of(const flatbuffers::Vector<Number>* vector) {
  const std::size_t size = size_of_vector(vector);
  if (size == 0) return {};
  if (reinterpret_cast<std::uintptr_t>(vector->Data()) % alignof(Number) == 0) {
    const auto* first = reinterpret_cast<const Number*>(vector->Data());
    return {first, first + size};
  }
  std::vector<Number> numbers(size);
  std::memcpy(numbers.data(), vector->Data(), size * sizeof(Number));
  return numbers;
}

/// Parts of a message may point to the same bytes: what is copied out of it is counted.
class CopyBudget {
 public:
  void spend(std::size_t bytes) {
    if (bytes > left_) fail_decoding("its parts overlap");
    left_ -= bytes;
  }

 private:
  std::size_t left_ = kMaxMessageBytes;
};

[[nodiscard]] std::string text_of(const flatbuffers::String* text);
[[nodiscard]] std::vector<std::byte> bytes_of(const flatbuffers::Vector<std::uint8_t>* vector);
[[nodiscard]] ErrorKind error_kind_of(std::uint8_t number);
[[nodiscard]] Settings settings_of(
    const flatbuffers::Vector<flatbuffers::Offset<wire::Setting>>* tables);

[[nodiscard]] TensorMeta value_of(const wire::TensorMeta& table);
[[nodiscard]] ErrorRecord value_of(const wire::ErrorRecord& table);
[[nodiscard]] KindDefinition value_of(const wire::KindDefinition& table);
[[nodiscard]] SignalDefinition value_of(const wire::SignalDefinition& table);
[[nodiscard]] InlinePayload value_of(const wire::InlinePayload& table);
[[nodiscard]] SessionStatistics value_of(const wire::SessionStatistics& table);
[[nodiscard]] WorkerStatistics value_of(const wire::WorkerStatistics& table);

/// Bytes that were copied out of the message for a value.
[[nodiscard]] std::size_t footprint(const KindDefinition& definition);
[[nodiscard]] std::size_t footprint(const SignalDefinition& definition);
[[nodiscard]] std::size_t footprint(const InlinePayload& payload);
[[nodiscard]] std::size_t footprint(const SessionStatistics& session);
[[nodiscard]] std::size_t footprint(const WorkerStatistics& worker);

template <class Table>
auto values_of(const flatbuffers::Vector<flatbuffers::Offset<Table>>* tables) {
  std::vector<decltype(value_of(*tables->Get(0)))> values;
  values.reserve(size_of_vector(tables));
  CopyBudget budget;
  if (tables != nullptr)
    for (const Table* table : *tables) {
      values.push_back(value_of(*table));
      budget.spend(footprint(values.back()));
    }
  return values;
}

}  // namespace gt::protocol
