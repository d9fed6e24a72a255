// What the fuzz programs draw from their input: numbers near borders, kinds, payload frames.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "common/ops/instruction.h"
#include "common/payload/received_frame.h"
#include "common/protocol/messages.h"

namespace gt::fuzz {

/// Small numbers name kinds and values that exist, more often than random words would.
inline std::uint64_t word(FuzzedDataProvider& input) {
  switch (input.ConsumeIntegralInRange(0, 7)) {
    case 0:
      return input.ConsumeIntegral<std::uint64_t>();
    case 1: {
      constexpr std::uint64_t kBorders[] = {
          ~0ull,      1ull << 63, (1ull << 63) - 1,     1ull << 62, 1ull << 59,
          1ull << 58, 1ull << 47, 1ull << 32,           1ull << 31, 1ull << 24,
          1ull << 20, 4096,       0x3FF0000000000000ull};
      return kBorders[input.ConsumeIntegralInRange<std::size_t>(0, std::size(kBorders) - 1)];
    }
    default:
      return input.ConsumeIntegralInRange<std::uint64_t>(0, 8);
  }
}

inline std::vector<std::uint64_t> words(FuzzedDataProvider& input, std::size_t at_most) {
  std::vector<std::uint64_t> result(input.ConsumeIntegralInRange<std::size_t>(0, at_most));
  for (auto& value : result) value = word(input);
  return result;
}

inline std::vector<std::byte> bytes(FuzzedDataProvider& input, std::size_t at_most) {
  const auto drawn =
      input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(0, at_most));
  const auto* begin = reinterpret_cast<const std::byte*>(drawn.data());
  return {begin, begin + drawn.size()};
}

inline const OpRow& row(FuzzedDataProvider& input) {
  const auto table = op_table();
  return table[input.ConsumeIntegralInRange<std::size_t>(0, table.size() - 1)];
}

inline DType dtype(FuzzedDataProvider& input) {
  return kAllDTypes[input.ConsumeIntegralInRange<std::size_t>(0, std::size(kAllDTypes) - 1)];
}

/// A kind that fits nothing in particular.
inline Kind kind(FuzzedDataProvider& input) {
  Kind result{.op = row(input).op, .signal = 0, .operands = {}, .statics = {}};
  result.operands.resize(input.ConsumeIntegralInRange<std::size_t>(0, 20));
  for (auto& operand : result.operands) {
    operand.form = static_cast<OperandMeta::Form>(input.ConsumeIntegralInRange(0, 2));
    operand.dtype = dtype(input);
    operand.rank = input.ConsumeIntegralInRange<std::uint8_t>(0, 9);
  }
  result.statics = words(input, 12);
  return result;
}

/// Attributes of the right types for the row.
inline Attributes attributes(FuzzedDataProvider& input, const OpRow& row) {
  Attributes::Words flat;
  const auto category = [&] {
    constexpr DType kCategories[] = {DType::kBool, DType::kInt64, DType::kFloat64};
    return static_cast<std::uint64_t>(kCategories[input.ConsumeIntegralInRange(0, 2)]);
  };
  const auto integer = [&] {
    const std::uint64_t drawn = word(input);
    return input.ConsumeIntegralInRange(0, 3) == 0 ? ~drawn + 1 : drawn;
  };
  for (std::size_t k = 0; k < row.attributes.count; ++k) switch (row.attributes.specs[k].type) {
      case AttributeType::integer:
        flat.push_back(integer());
        break;
      case AttributeType::boolean:
        flat.push_back(input.ConsumeBool() ? 1 : 0);
        break;
      case AttributeType::dtype:
        flat.push_back(input.ConsumeBool() ? ~0ull : static_cast<std::uint64_t>(dtype(input)));
        break;
      case AttributeType::real:
        flat.push_back(word(input));
        break;
      case AttributeType::scalar:
        flat.push_back(category());
        flat.push_back(word(input));
        break;
      case AttributeType::integers: {
        const auto count = input.ConsumeIntegralInRange<std::uint64_t>(0, 4);
        flat.push_back(count);
        for (std::uint64_t i = 0; i < count; ++i) flat.push_back(integer());
        break;
      }
    }
  return Attributes(flat);
}

/// A frame as a decoder lets it through: it lies within its payload.
inline protocol::PayloadFrame frame(FuzzedDataProvider& input) {
  protocol::PayloadFrame result;
  result.session = input.ConsumeIntegralInRange<std::uint64_t>(0, 4);
  result.payload = word(input);
  result.bytes.resize(input.ConsumeIntegralInRange<std::size_t>(0, 64));
  result.offset = input.ConsumeIntegralInRange<std::uint64_t>(0, 128);
  result.total = result.offset + result.bytes.size();
  if (input.ConsumeBool() && !result.bytes.empty()) result.total += word(input) >> 8;
  if (result.bytes.empty()) result.offset = result.total = 0;
  return result;
}

/// The same as it came.
inline payload::ReceivedFrame received_frame(FuzzedDataProvider& input) {
  transport::Incoming incoming;
  incoming.lane = transport::Lane::bulk;
  incoming.bytes = protocol::encode(frame(input));
  return payload::read_frame(std::move(incoming));
}

}  // namespace gt::fuzz
