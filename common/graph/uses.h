// Who reads a value.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/graph/graph.h"

namespace gt::graph {

/// One place where a value is read.
struct Use {
  NodeIndex node = 0;
  std::uint32_t operand = 0;
};

/// The uses of all values of a graph, as it was when this was made.
class Uses {
 public:
  explicit Uses(const Graph& graph);
  [[nodiscard]] std::span<const Use> of(std::uint32_t value_index) const {
    return std::span(uses_).subspan(first_[value_index],
                                    first_[value_index + 1] - first_[value_index]);
  }
  [[nodiscard]] bool is_output(std::uint32_t value_index) const { return is_output_[value_index]; }
  /// Read nowhere, and not alive after the unit.
  [[nodiscard]] bool is_dead(std::uint32_t value_index) const {
    return of(value_index).empty() && !is_output(value_index);
  }

 private:
  std::vector<Use> uses_;
  std::vector<std::size_t> first_;  ///< of value i: uses_[first_[i] .. first_[i + 1])
  std::vector<bool> is_output_;
};

}  // namespace gt::graph
