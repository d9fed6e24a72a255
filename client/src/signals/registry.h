// What is known of signals in this process: from GT_CONFIG and from the program.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "common/config/signal.h"

namespace gt::client {

/// Signals by name. Thread-safe. What it gives lives as long as the process, and stays as it is: a
/// name that gets another meaning gets another object.
class SignalRegistry {
 public:
  SignalRegistry() = default;
  SignalRegistry(const SignalRegistry&) = delete;
  SignalRegistry& operator=(const SignalRegistry&) = delete;

  /// That of the process.
  [[nodiscard]] static SignalRegistry& instance();

  /// Reads the file that GT_CONFIG names, if that has not been done. Throws CommonError as
  /// `config::read_signals` does; a later call tries again. What the program has said stays.
  void load();

  /// Throws CommonError as `config::check` does.
  void add(config::Signal signal);

  /// Null if nothing is known of the name. Loads first.
  [[nodiscard]] const config::Signal* find(std::string_view name);

 private:
  std::atomic<bool> is_loaded_ = false;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<config::Signal> signals_;  ///< all that ever were
  std::map<std::string, const config::Signal*, std::less<>> by_name_;
};

}  // namespace gt::client
