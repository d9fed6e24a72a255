// Every environment variable that GT reads, in one table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gt::config {

/// A variable of the table; the index of its row.
enum class Variable : std::uint8_t {
  address,
  transport,
  backend,
  device,
  workers,
  worker_threads,
  memory_limit,
  connect_timeout,
  placement,
  cache_dir,
  executable,
  plugin_path,
  instruction_log,
  log_payloads,
  worker_batch_size,
  config,
  compile,
  auto_compile,
  auto_shard,
  hotpath_threshold,
  hotpath_min_seq,
  save_compiled_code,
  logs,
  verbose,
  debug_client,
  debug_dispatcher,
  debug_worker,
  debug_compile,
};
inline constexpr std::size_t kVariableCount = 28;

/// How the text of a variable is read.
enum class VariableType : std::uint8_t {
  flag,     ///< `0` or `1`
  count,    ///< a whole number of at least 1
  bytes,    ///< a number with an optional unit: `8GiB`, `512M`, `1000000`
  seconds,  ///< a positive number, fractions allowed
  choice,   ///< one of the accepted words
  text,     ///< anything but nothing: paths, addresses
};

/// Whom a variable speaks to.
enum class VariableScope : std::uint8_t {
  session,  ///< sent when a client connects; holds for its session on every worker
  process,  ///< read by each process on its own; embedded children inherit it
};

/// One row. `fallback` is what holds when the variable is not set ("" means nothing);
/// `accepted` is what an error message shows, and for choices the words, separated by `|`.
struct VariableRow {
  Variable variable;
  std::string_view name;
  VariableType type;
  VariableScope scope;
  std::string_view fallback;
  std::string_view accepted;
  std::string_view meaning;
};

/// The rows, ordered as the enumerators.
[[nodiscard]] std::span<const VariableRow> variable_table() noexcept;
[[nodiscard]] const VariableRow& row_of(Variable variable) noexcept;

}  // namespace gt::config
