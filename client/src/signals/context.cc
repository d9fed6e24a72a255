#include "client/src/signals/context.h"

#include <gt/error.h>
#include <gt/functions.h>
#include <gt/signal.h>

#include <utility>
#include <vector>

#include "client/src/session/errors.h"
#include "client/src/session/site.h"
#include "client/src/signals/registry.h"
#include "client/src/tensor/call.h"

namespace gt::client {
namespace {

constexpr std::string_view kBackwardSignal = "backward";

struct Context {
  std::string name;
  const config::Signal* outer;  ///< what was current before
};

GT_FAST_THREAD_LOCAL const config::Signal* current = nullptr;
thread_local std::vector<Context> contexts;

void enter_context(std::string_view name) {
  if (name.empty()) throw Error("[signal] a context needs the name of a signal");
  const config::Signal* signal = SignalRegistry::instance().find(name);
  contexts.push_back({std::string(name), current});
  current = signal;
}

void leave_context() noexcept {
  current = contexts.back().outer;
  contexts.pop_back();
}

}  // namespace

const config::Signal* current_signal() noexcept { return current; }

const config::Signal* backward_signal() {
  SignalRegistry& registry = SignalRegistry::instance();
  if (contexts.empty()) return registry.find(kBackwardSignal);
  if (current == nullptr || current->backward.empty()) return current;
  return backward_of(*current);
}

const config::Signal* recorded_signal() noexcept {
  return current == nullptr || current->backward.empty() ? nullptr : current;
}

const config::Signal* backward_of(const config::Signal& signal) {
  return SignalRegistry::instance().find(signal.backward);
}

SignalScope::SignalScope(const config::Signal* signal) noexcept
    : previous_(std::exchange(current, signal)) {}

SignalScope::~SignalScope() { current = previous_; }

}  // namespace gt::client

namespace gt::signal {
namespace {

static_assert(static_cast<int>(CompileMode::MaxAutotune) ==
              static_cast<int>(config::CompileMode::max_autotune));

config::Signal to_internal(std::string_view name, const SignalConfig& config) {
  config::Signal signal;
  signal.name = name;
  if (config.shard) signal.shard = {config.shard->axis, config.shard->workers};
  signal.compile = {config.compile.enabled, static_cast<config::CompileMode>(config.compile.mode),
                    config.compile.disabled_passes, config.compile.exclude, config.compile.dynamic};
  signal.backward = config.backward;
  return signal;
}

SignalConfig to_public(const config::Signal& signal) {
  SignalConfig config;
  if (signal.shard) config.shard = ShardConfig{signal.shard->axis, signal.shard->workers};
  config.compile = {signal.compile.enabled, static_cast<CompileMode>(signal.compile.mode),
                    signal.compile.disabled_passes, signal.compile.excluded_ops,
                    signal.compile.dynamic};
  config.backward = signal.backward;
  return config;
}

/// Runs what may throw a CommonError; throws the public form of it.
template <class Action>
auto translated(Action&& action) {
  try {
    return action();
  } catch (const CommonError& error) {
    client::throw_public(error);
  }
}

}  // namespace

void register_config(std::string_view name, const SignalConfig& config) {
  try {
    client::SignalRegistry::instance().add(to_internal(name, config));
  } catch (const CommonError& error) {
    client::throw_error(ErrorKind::kValue, std::string("[register_config] ") + error.what());
  }
}

std::optional<SignalConfig> config_of(std::string_view name) {
  const config::Signal* signal =
      translated([&] { return client::SignalRegistry::instance().find(name); });
  return signal == nullptr ? std::nullopt : std::optional(to_public(*signal));
}

void enter(std::string_view name) {
  translated([&] { client::enter_context(name); });
}

void exit(std::string_view name) {
  if (client::contexts.empty())
    throw Error("[signal] exit of '" + std::string(name) + "', but no context is open");
  if (client::contexts.back().name != name)
    throw Error("[signal] exit of '" + std::string(name) + "', but the innermost context is '" +
                client::contexts.back().name + "'");
  client::leave_context();
}

std::string current() {
  return client::contexts.empty() ? std::string() : client::contexts.back().name;
}

context::context(std::string_view name) {
  enter(name);
  depth_ = client::contexts.size();
}

context::~context() {
  // Contexts that were entered within and not left end too.
  while (client::contexts.size() >= depth_) client::leave_context();
}

Tensor tensor(const Tensor& x, std::string_view name) {
  GT_ENTRY();
  const config::Signal* signal =
      translated([&] { return client::SignalRegistry::instance().find(name); });
  if (signal == nullptr) return x;
  const client::SignalScope scope(signal);
  return detail::call(Op::reshape, {x}, make_attributes(Op::reshape, detail::alias_of(x).sizes));
}

}  // namespace gt::signal
