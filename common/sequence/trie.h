// Many units at once, sharing what they begin with.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "common/sequence/unit.h"

namespace gt::sequence {

/// A unit as its owner numbers it.
using UnitId = std::uint32_t;
inline constexpr UnitId kNoUnit = 0xFFFFFFFFu;

/// A tree whose paths from the root are units. A step compares kind and data flow exactly; there is
/// no hash. A step is O(operands) for each unit that leaves the shared path at that node. Removed
/// units give their memory back when they outweigh the others.
class UnitTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNone = 0xFFFFFFFFu;

  UnitTrie();

  /// Adds a unit; returns false, and changes nothing, if one of the same kinds and data flow is
  /// there (carried values count as external here).
  bool add(UnitId id, const Unit& unit);
  /// Removes a unit that is there. Nodes may change: whoever stands on one goes back to the root.
  void remove(UnitId id);

  /// The node behind `from` that fits the element at `position` of an instance that begins at
  /// `begin`; kNone if there is none.
  [[nodiscard]] Node step(Node from, const History& history, Position begin,
                          Position position) const noexcept;

  /// The unit that ends at a node, or kNoUnit; the node is not the root, here and below.
  [[nodiscard]] UnitId ending_at(Node node) const noexcept { return nodes_[node].ends; }
  [[nodiscard]] bool has_next(Node node) const noexcept { return nodes_[node].child != kNone; }
  /// One of the units that pass through the node or end there.
  [[nodiscard]] UnitId unit_of(Node node) const noexcept { return nodes_[node].unit; }
  /// Whether it is the only one.
  [[nodiscard]] bool is_decided(Node node) const noexcept { return nodes_[node].units == 1; }

  [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
  /// Nodes in memory, for tests of bounds.
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

 private:
  struct Entry {
    KindId kind = 0;
    std::uint32_t links_begin = 0;  ///< in `links_`
    std::uint16_t links = 0;
    Node child = kNone;
    Node sibling = kNone;
    Node parent = kNone;
    UnitId ends = kNoUnit;
    UnitId unit = kNoUnit;
    std::uint32_t units = 0;
  };

  [[nodiscard]] bool fits(const Entry& entry, const History& history, Position position,
                          std::uint32_t window) const noexcept;
  [[nodiscard]] bool fits(const Entry& entry, const UnitElement& element,
                          std::span<const OperandReference> operands) const noexcept;
  /// The first child that may be of that kind; children of the root are kept by kind.
  [[nodiscard]] Node first_child(Node parent, KindId kind) const noexcept {
    if (parent != kRoot) return nodes_[parent].child;
    return kind < roots_.size() ? roots_[kind] : kNone;
  }
  /// Where the list of children begins that a child of that kind is in.
  [[nodiscard]] Node& head_of(Node parent, KindId kind);
  [[nodiscard]] Node find_child(Node parent, const UnitElement& element,
                                std::span<const OperandReference> operands) const noexcept;
  Node make_child(Node parent, KindId kind, std::uint32_t links_begin, std::uint16_t links);
  void unlink(Node node);
  void compact();

  std::vector<Entry> nodes_;
  std::vector<Node> roots_;           ///< by kind: the first child of the root
  std::vector<std::uint32_t> links_;  ///< OperandReference::previous of all nodes
  std::unordered_map<UnitId, Node> ends_;
  std::size_t removed_ = 0;  ///< nodes that no unit needs any more
};

}  // namespace gt::sequence
