#include "worker/hotpath/wishes.h"

#include <algorithm>

namespace gt::worker::hotpath {

void Wishes::add(std::span<const protocol::SignalDefinition> signals) {
  for (const protocol::SignalDefinition& definition : signals)
    signals_[definition.id] = definition.signal.compile;
}

bool Wishes::compile_anything() const noexcept {
  return settings_.auto_compile || settings_.compile_all ||
         std::any_of(signals_.begin(), signals_.end(),
                     [](const auto& entry) { return entry.second.enabled.value_or(false); });
}

bool Wishes::compile(std::uint16_t signal) const {
  const config::CompileOptions* known = options(signal);
  if (known != nullptr && known->enabled) return *known->enabled;
  return settings_.auto_compile || settings_.compile_all;
}

const config::CompileOptions* Wishes::options(std::uint16_t signal) const {
  const auto found = signals_.find(signal);
  return found == signals_.end() ? nullptr : &found->second;
}

}  // namespace gt::worker::hotpath
