#include "client/src/signals/registry.h"

#include <utility>

#include "common/config/environment.h"
#include "common/config/signal_file.h"

namespace gt::client {

SignalRegistry& SignalRegistry::instance() {
  static SignalRegistry& registry = *new SignalRegistry;  // contexts may end after static objects
  return registry;
}

void SignalRegistry::load() {
  if (is_loaded_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(mutex_);
  if (is_loaded_.load(std::memory_order_relaxed)) return;
  const auto& environment = config::Environment::process();
  if (environment.is_set(config::Variable::config))
    for (config::Signal& signal : config::read_signals(environment.text(config::Variable::config)))
      if (!by_name_.contains(signal.name)) {
        const config::Signal& kept = signals_.emplace_back(std::move(signal));
        by_name_.emplace(kept.name, &kept);
      }
  is_loaded_.store(true, std::memory_order_release);
}

void SignalRegistry::add(config::Signal signal) {
  config::check(signal);
  const std::lock_guard lock(mutex_);
  const config::Signal& kept = signals_.emplace_back(std::move(signal));
  by_name_.insert_or_assign(kept.name, &kept);
}

const config::Signal* SignalRegistry::find(std::string_view name) {
  load();
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace gt::client
