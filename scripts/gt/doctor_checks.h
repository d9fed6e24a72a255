// What `gt doctor` looks at.
#pragma once

#include <string>
#include <vector>

namespace gt::tool {

/// One line of the report.
struct Finding {
  std::string what;
  std::string state;
  bool is_problem = false;  ///< something that gt needs is missing or broken
};

[[nodiscard]] std::vector<Finding> check_versions();
[[nodiscard]] std::vector<Finding> check_processor();
[[nodiscard]] std::vector<Finding> check_memory();
/// What carries messages at each kind of address, and how a thread waits for them.
[[nodiscard]] std::vector<Finding> check_transport();
/// The plugins of the kernel compiler and of the engines, and what they stand on.
[[nodiscard]] std::vector<Finding> check_plugins();
[[nodiscard]] std::vector<Finding> check_cuda();
/// Where compiled programs are kept.
[[nodiscard]] std::vector<Finding> check_cache();
[[nodiscard]] std::vector<Finding> check_environment();

}  // namespace gt::tool
