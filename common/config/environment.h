// What the environment says, read once and checked.
//
// A client uses it like this:
//   const auto& environment = config::Environment::process();      // throws at the first bad value
//   if (environment.is_set(Variable::address)) connect(environment.text(Variable::address));
//   else start_cluster(environment.count(Variable::workers));      // GT_WORKERS, or 1
//   hello.settings = environment.session_settings();
// Embedded children inherit the environment and read their variables of process scope themselves.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/variables.h"

namespace gt::config {

/// The checked values of all GT_* variables.
class Environment {
 public:
  /// The environment of this process, read at the first call. Throws CommonError(kInvalidArgument)
  /// naming the variable, its value and what is accepted; a later call tries again.
  [[nodiscard]] static const Environment& process();

  /// Reads `NAME=value` entries. Names that do not begin with `GT_` are passed over, but for
  /// `TORCH_LOGS=recompiles`, which means `GT_LOGS=recompiles`; so are names that begin with
  /// `GT_TEST_`. An empty value counts as not set. Throws as `process` does, also for an unknown
  /// GT_* name (the nearest valid one is suggested).
  [[nodiscard]] static Environment parse(std::span<const char* const> entries);

  /// Reads names and values as `session_settings` gives them; throws as `parse` does.
  [[nodiscard]] static Environment of_settings(
      std::span<const std::pair<std::string, std::string>> settings);

  /// Whether the variable was set (to anything but nothing).
  [[nodiscard]] bool is_set(Variable variable) const noexcept;

  /// The value, or the row's fallback. The type must be that of the row; a variable without
  /// fallback must be set.
  [[nodiscard]] bool flag(Variable variable) const;
  [[nodiscard]] std::int64_t count(Variable variable) const;
  [[nodiscard]] std::uint64_t bytes(Variable variable) const;
  [[nodiscard]] std::chrono::milliseconds duration(Variable variable) const;
  /// Choices and texts. Empty if not set and without fallback.
  [[nodiscard]] const std::string& text(Variable variable) const noexcept;

  /// Name and value of every variable of session scope that is set, for ClientHello.settings.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> session_settings() const;

 private:
  Environment();
  void set(const VariableRow& row, std::string_view value);

  struct Entry {
    std::string text;
    double number = 0;
    bool is_set = false;
  };
  std::array<Entry, kVariableCount> entries_;
};

/// Bytes of `8GiB`, `512M`, `1.5 GB`, `1000000`: K, M, G, T are powers of 1024, as KiB and so on;
/// KB, MB, GB, TB are powers of 1000. Nothing if the text is no such size or is 0.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace gt::config
