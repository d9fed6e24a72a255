// A variable of the environment, for the processes that a benchmark starts.
#pragma once

#include <cstdlib>
#include <string>

namespace gt::bench {

/// Sets a variable of the environment for as long as it lives. `name` must outlive it.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Setting() { unsetenv(name_); }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  const char* name_;
};

}  // namespace gt::bench
