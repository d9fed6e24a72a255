// What a signal says: how the instructions that carry its name are sharded and compiled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gt::config {

/// How the tensors of a signal lie on workers.
struct ShardOptions {
  std::optional<std::int64_t>
      axis;  ///< the dimension that is cut; negative ones count from the end
  std::vector<std::uint32_t> workers;  ///< in order, each once; empty: all that there are
  friend bool operator==(const ShardOptions&, const ShardOptions&) = default;
};

/// How much time a compilation may take to find faster code.
enum class CompileMode : std::uint8_t { standard, reduce_overhead, max_autotune };

struct CompileOptions {
  /// Not set: nothing is asked for, but automatic compilation may take the sequences. False: never.
  std::optional<bool> enabled;
  CompileMode mode = CompileMode::standard;
  std::vector<std::string> disabled_passes;  ///< by name
  std::vector<std::string> excluded_ops;     ///< names of the op table; they run eagerly
  /// Whether sizes may become symbolic; not set: those that change do.
  std::optional<bool> dynamic;
  friend bool operator==(const CompileOptions&, const CompileOptions&) = default;
};

struct Signal {
  std::string name;
  std::optional<ShardOptions> shard;
  CompileOptions compile;
  std::string backward;  ///< the signal of the gradients; empty: this one
  friend bool operator==(const Signal&, const Signal&) = default;
};

/// Most signals that a session can name, and the longest name.
inline constexpr std::size_t kMaxSignals = 65535;
inline constexpr std::size_t kMaxSignalName = 256;

/// Throws CommonError(kInvalidArgument) naming what is wrong with the signal and what would be
/// right: an empty or long name, a worker named twice, an unknown op, ...
void check(const Signal& signal);

}  // namespace gt::config
