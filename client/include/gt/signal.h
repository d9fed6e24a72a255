// Signals: names for parts of a program, to which a YAML file (GT_CONFIG) or the program itself
// says how they are sharded and compiled. A name that nobody has said anything about changes
// nothing: every annotation can be taken away, and the results stay the same.
//
//   gt::signal::context training("training_loop");   // until the end of the scope
//   gt::Tensor loss = model->forward(x);
//   loss.backward();                                 // its gradients are part of it
#pragma once

#include <gt/export.h>
#include <gt/tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gt::signal {

/// How the tensors of a signal are cut over workers.
struct ShardConfig {
  /// The dimension that is cut; a negative one counts from the end.
  std::optional<std::int64_t> axis;
  /// Numbers of workers, in the order of the parts, each once; empty: all that there are.
  std::vector<std::uint32_t> workers;
};

/// How far a compilation goes for faster code (`default`, `reduce-overhead`, `max-autotune`). On a
/// GPU the latter two start programs as graphs, which keep their memory between executions.
enum class CompileMode : std::uint8_t { Default, ReduceOverhead, MaxAutotune };

struct CompileConfig {
  /// True: compile; false: never, even where GT_AUTO_COMPILE would. Not set: as GT_AUTO_COMPILE
  /// says.
  std::optional<bool> enabled;
  CompileMode mode = CompileMode::Default;
  /// Passes that are left out, by name.
  std::vector<std::string> disabled_passes;
  /// Operations that run eagerly, by name.
  std::vector<std::string> exclude;
  /// Whether sizes may become symbolic; not set: those that change do.
  std::optional<bool> dynamic;
};

/// What a signal says.
struct SignalConfig {
  std::optional<ShardConfig> shard;
  CompileConfig compile;
  /// The signal of its gradients. If named, they carry it wherever `backward()` is called; empty:
  /// those that are computed within a context of this signal carry this one.
  std::string backward;
};

/// Says what the signal `name` means for contexts that begin from now on, in all threads; takes the
/// place of what was said before, by GT_CONFIG too. Throws ValueError naming what is wrong.
GT_API void register_config(std::string_view name, const SignalConfig& config);

/// What is known of the signal `name`, by the program or by GT_CONFIG. Throws Error naming file,
/// line and what would be right if GT_CONFIG cannot be read.
[[nodiscard]] GT_API std::optional<SignalConfig> config_of(std::string_view name);

/// This thread's instructions carry the signal from now on, until the `exit` that belongs to it.
/// Contexts nest; the innermost counts. Throws Error for an empty name, or if GT_CONFIG cannot be
/// read.
GT_API void enter(std::string_view name);
/// Ends the innermost context of this thread, which must be `name`'s: Error otherwise.
GT_API void exit(std::string_view name);

/// The name of this thread's innermost context; empty without one.
[[nodiscard]] GT_API std::string current();

/// A context for a scope. Belongs to the thread that made it.
class GT_API context {
 public:
  explicit context(std::string_view name);
  ~context();
  context(const context&) = delete;
  context& operator=(const context&) = delete;

 private:
  std::size_t depth_;
};

/// A tensor with the elements of `x` that carries the signal: what the signal says of sharding
/// holds for it. Part of autograd; not a view, writing to one does not change the other. `x` itself
/// if nothing is known of the signal.
[[nodiscard]] GT_API Tensor tensor(const Tensor& x, std::string_view name);

}  // namespace gt::signal
