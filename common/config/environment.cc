#include "common/config/environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/config/nearest.h"
#include "common/error.h"

extern char** environ;

namespace gt::config {
namespace {

constexpr std::string_view kPrefix = "GT_";
constexpr std::string_view kIgnoredPrefix = "GT_TEST_";
constexpr std::string_view kRecompiles = "recompiles";

[[noreturn]] void refuse(const std::string& message) {
  throw CommonError(ErrorKind::kInvalidArgument, message);
}

[[noreturn]] void refuse_value(std::string_view name, std::string_view value,
                               std::string_view accepted) {
  refuse(fmt::format("{}={}: not a valid value; accepted: {}", name, value, accepted));
}

std::string_view nearest_name(std::string_view name) {
  std::vector<std::string_view> names;
  for (const VariableRow& row : variable_table()) names.push_back(row.name);
  return nearest(name, names);
}

const VariableRow* find_row(std::string_view name) {
  for (const VariableRow& row : variable_table())
    if (row.name == name) return &row;
  return nullptr;
}

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::optional<double> parse_count(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number < 1 || number > 1'000'000'000'000) return std::nullopt;
  return static_cast<double>(number);
}

bool is_choice(std::string_view accepted, std::string_view value) {
  while (!accepted.empty()) {
    const std::size_t bar = accepted.find('|');
    if (accepted.substr(0, bar) == value) return true;
    accepted = bar == std::string_view::npos ? std::string_view{} : accepted.substr(bar + 1);
  }
  return false;
}

/// What PyTorch takes: a list in which `+` asks for more. The rest of it is not ours.
bool asks_for_recompiles(std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    if (item.starts_with('+')) item.remove_prefix(1);
    if (item == kRecompiles) return true;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

/// The number behind the text (0 for choices and texts), or nothing if it is malformed.
std::optional<double> parse_value(const VariableRow& row, std::string_view value) {
  switch (row.type) {
    case VariableType::flag:
      if (value != "0" && value != "1") return std::nullopt;
      return value == "1" ? 1.0 : 0.0;
    case VariableType::count:
      return parse_count(value);
    case VariableType::bytes: {
      const auto bytes = parse_bytes(value);
      return bytes ? std::optional<double>(static_cast<double>(*bytes)) : std::nullopt;
    }
    case VariableType::seconds: {
      const auto seconds = parse_number(value);
      return seconds && *seconds > 0 && *seconds < 1e9 ? seconds : std::nullopt;
    }
    case VariableType::choice:
      return is_choice(row.accepted, value) ? std::optional<double>(0) : std::nullopt;
    case VariableType::text:
      return 0;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const auto number = parse_number(text.substr(0, digits));
  std::string_view unit = digits == std::string_view::npos ? "" : text.substr(digits);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (!number) return std::nullopt;
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    constexpr std::string_view kPrefixes = "KMGT";
    const std::size_t power = kPrefixes.find(unit.front());
    if (power == std::string_view::npos) return std::nullopt;
    const std::string_view rest = unit.substr(1);
    if (!rest.empty() && rest != "iB" && rest != "B") return std::nullopt;
    factor = std::pow(rest == "B" ? 1000.0 : 1024.0, static_cast<double>(power + 1));
  }
  const double bytes = *number * factor;
  if (!(bytes >= 1) || bytes >= 0x1p53) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

Environment::Environment() {
  for (const VariableRow& row : variable_table()) {
    Entry& entry = entries_[static_cast<std::size_t>(row.variable)];
    entry.text = row.fallback;
    if (!row.fallback.empty()) entry.number = parse_value(row, row.fallback).value();
  }
}

void Environment::set(const VariableRow& row, std::string_view value) {
  const auto number = parse_value(row, value);
  if (!number) refuse_value(row.name, value, row.accepted);
  entries_[static_cast<std::size_t>(row.variable)] = {std::string(value), *number, true};
}

Environment Environment::parse(std::span<const char* const> entries) {
  Environment environment;
  for (std::string_view entry : entries) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = entry.substr(0, equals);
    const std::string_view value = entry.substr(equals + 1);
    if (name == "TORCH_LOGS" && asks_for_recompiles(value) && !environment.is_set(Variable::logs))
      environment.set(row_of(Variable::logs), kRecompiles);
    if (!name.starts_with(kPrefix) || name.starts_with(kIgnoredPrefix)) continue;
    const VariableRow* row = find_row(name);
    if (row == nullptr)
      refuse(fmt::format("{}={}: unknown variable; did you mean {}?", name, value,
                         nearest_name(name)));
    if (!value.empty()) environment.set(*row, value);
  }
  return environment;
}

Environment Environment::of_settings(
    std::span<const std::pair<std::string, std::string>> settings) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : settings) entries.emplace_back(name).append("=").append(value);
  std::vector<const char*> pointers;
  for (const std::string& entry : entries) pointers.push_back(entry.c_str());
  return parse(pointers);
}

const Environment& Environment::process() {
  static const Environment environment = [] {
    std::size_t count = 0;
    while (environ != nullptr && environ[count] != nullptr) ++count;
    return parse({const_cast<const char* const*>(environ), count});
  }();
  return environment;
}

bool Environment::is_set(Variable variable) const noexcept {
  return entries_[static_cast<std::size_t>(variable)].is_set;
}

bool Environment::flag(Variable variable) const {
  GT_INVARIANT(row_of(variable).type == VariableType::flag, std::string(row_of(variable).name));
  return entries_[static_cast<std::size_t>(variable)].number != 0;
}

std::int64_t Environment::count(Variable variable) const {
  const Entry& entry = entries_[static_cast<std::size_t>(variable)];
  GT_INVARIANT(row_of(variable).type == VariableType::count && !entry.text.empty(),
               std::string(row_of(variable).name));
  return static_cast<std::int64_t>(entry.number);
}

std::uint64_t Environment::bytes(Variable variable) const {
  const Entry& entry = entries_[static_cast<std::size_t>(variable)];
  GT_INVARIANT(row_of(variable).type == VariableType::bytes && !entry.text.empty(),
               std::string(row_of(variable).name));
  return static_cast<std::uint64_t>(entry.number);
}

std::chrono::milliseconds Environment::duration(Variable variable) const {
  const Entry& entry = entries_[static_cast<std::size_t>(variable)];
  GT_INVARIANT(row_of(variable).type == VariableType::seconds && !entry.text.empty(),
               std::string(row_of(variable).name));
  return std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(entry.number * 1000)));
}

const std::string& Environment::text(Variable variable) const noexcept {
  return entries_[static_cast<std::size_t>(variable)].text;
}

std::vector<std::pair<std::string, std::string>> Environment::session_settings() const {
  std::vector<std::pair<std::string, std::string>> settings;
  for (const VariableRow& row : variable_table())
    if (row.scope == VariableScope::session && is_set(row.variable))
      settings.emplace_back(row.name, text(row.variable));
  return settings;
}

}  // namespace gt::config
