#include "dispatcher/core/log_lines.h"

#include <fmt/format.h>

#include <iterator>

namespace gt::dispatcher {
namespace {

constexpr std::uint64_t kNumberMask = (std::uint64_t{1} << 48) - 1;

std::string id_text(ValueId id) { return fmt::format("{}:{}", lane_of(id), id & kNumberMask); }

std::string operand_text(const OperandMeta& operand, std::uint64_t word) {
  if (operand.is_tensor())
    return fmt::format("{} {}", id_text(word), describe(operand.dtype, operand.shape));
  const ScalarValue number = ScalarValue::from_bits(operand.dtype, word);
  if (operand.dtype == DType::kFloat64) return fmt::format("{}", number.to_double());
  return fmt::format("{}", number.to_int64());
}

}  // namespace

std::string describe(DType dtype, std::span<const std::int64_t> shape) {
  return std::string(short_name(dtype)) + to_string(shape);
}

LogLine received_line(protocol::SessionId session, const Instruction& instruction,
                      std::span<const OperandMeta> operands, ValueId first_output,
                      std::span<const TensorMeta> results, std::string_view signal,
                      bool is_compiled) {
  std::string details = fmt::format("op={}{} session={}", shown_name(instruction.row()),
                                    is_compiled ? " (COMPILED)" : "", session);
  std::string list;
  std::size_t word = 0;
  for (const OperandMeta& operand : operands) {
    if (operand.is_none()) continue;
    if (!list.empty()) list += ", ";
    list += operand_text(operand, instruction.operand_words[word++]);
  }
  if (!list.empty()) fmt::format_to(std::back_inserter(details), " in=({})", list);
  list.clear();
  for (std::size_t k = 0; k < results.size(); ++k) {
    if (k != 0) list += ", ";
    list += id_text(first_output + k) + " " + describe(results[k].dtype, results[k].shape);
  }
  if (!list.empty()) fmt::format_to(std::back_inserter(details), " out=({})", list);
  if (!signal.empty()) fmt::format_to(std::back_inserter(details), " signal={}", signal);
  return {"RECV", "CLIENT", to_string(instruction.row().log_kind), std::move(details)};
}

LogLine client_line(std::string_view event, protocol::SessionId session,
                    const std::string& details) {
  return {event, "CLIENT", "Session", fmt::format("session={} {}", session, details)};
}

LogLine worker_line(std::string_view event, protocol::WorkerId worker, const std::string& details) {
  return {event, "WORKER", "Worker", fmt::format("worker={} {}", worker, details)};
}

}  // namespace gt::dispatcher
