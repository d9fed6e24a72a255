#include "common/sequence/trie.h"

#include <algorithm>
#include <string>
#include <utility>

namespace gt::sequence {
namespace {

/// Removed nodes that are not worth tidying up for.
constexpr std::size_t kFewNodes = 4096;

}  // namespace

UnitTrie::UnitTrie() : nodes_(1) {}

/// A first occurrence in the unit must be one here; any other has the same distance.
bool UnitTrie::fits(const Entry& entry, const History& history, Position position,
                    std::uint32_t window) const noexcept {
  const ElementRecord& element = history[position];
  if (entry.kind != element.kind || entry.links != element.operands) return false;
  for (std::uint32_t k = 0; k < entry.links; ++k) {
    const std::uint32_t expected = links_[entry.links_begin + k];
    const std::uint32_t previous = history.operand(element, k).previous;
    if (expected != previous && (expected != kFar || previous <= window + k)) return false;
  }
  return true;
}

UnitTrie::Node UnitTrie::step(Node from, const History& history, Position begin,
                              Position position) const noexcept {
  const std::uint32_t window = history.symbols_between(begin, position);
  Node child = first_child(from, history[position].kind);
  while (child != kNone && !fits(nodes_[child], history, position, window))
    child = nodes_[child].sibling;
  return child;
}

bool UnitTrie::fits(const Entry& entry, const UnitElement& element,
                    std::span<const OperandReference> operands) const noexcept {
  return entry.kind == element.kind && entry.links == element.operands &&
         std::equal(operands.begin(), operands.end(), links_.begin() + entry.links_begin,
                    [](const OperandReference& operand, std::uint32_t link) {
                      return operand.previous == link;
                    });
}

UnitTrie::Node UnitTrie::find_child(Node parent, const UnitElement& element,
                                    std::span<const OperandReference> operands) const noexcept {
  Node child = first_child(parent, element.kind);
  while (child != kNone && !fits(nodes_[child], element, operands)) child = nodes_[child].sibling;
  return child;
}

UnitTrie::Node& UnitTrie::head_of(Node parent, KindId kind) {
  if (parent != kRoot) return nodes_[parent].child;
  if (kind >= roots_.size()) roots_.resize(std::size_t{kind} + 1, kNone);
  return roots_[kind];
}

UnitTrie::Node UnitTrie::make_child(Node parent, KindId kind, std::uint32_t links_begin,
                                    std::uint16_t links) {
  const auto node = static_cast<Node>(nodes_.size());
  Entry entry;
  entry.kind = kind;
  entry.links_begin = links_begin;
  entry.links = links;
  entry.parent = parent;
  entry.sibling = head_of(parent, kind);
  nodes_.push_back(entry);
  head_of(parent, kind) = node;
  return node;
}

bool UnitTrie::add(UnitId id, const Unit& unit) {
  Node node = kRoot;
  std::size_t shared = 0;
  for (; shared < unit.length(); ++shared) {
    const UnitElement& element = unit.elements[shared];
    const Node child = find_child(node, element, unit.operands_of(element));
    if (child == kNone) break;
    node = child;
  }
  if (unit.length() == 0 || (shared == unit.length() && nodes_[node].ends != kNoUnit)) return false;
  for (; shared < unit.length(); ++shared) {
    const UnitElement& element = unit.elements[shared];
    const auto links_begin = static_cast<std::uint32_t>(links_.size());
    for (const OperandReference& operand : unit.operands_of(element))
      links_.push_back(operand.previous);
    node = make_child(node, element.kind, links_begin, element.operands);
  }
  nodes_[node].ends = id;
  GT_INVARIANT(ends_.emplace(id, node).second, "unit " + std::to_string(id) + " is added twice");
  for (; node != kNone; node = nodes_[node].parent) {
    ++nodes_[node].units;
    nodes_[node].unit = id;
  }
  return true;
}

void UnitTrie::unlink(Node node) {
  Node* link = &head_of(nodes_[node].parent, nodes_[node].kind);
  while (*link != node) link = &nodes_[*link].sibling;
  *link = nodes_[node].sibling;
  ++removed_;
}

void UnitTrie::remove(UnitId id) {
  const auto end = ends_.find(id);
  GT_INVARIANT(end != ends_.end(), "unit " + std::to_string(id) + " is not known");
  Node node = end->second;
  ends_.erase(end);
  nodes_[node].ends = kNoUnit;
  while (node != kNone) {
    const Node parent = nodes_[node].parent;
    if (--nodes_[node].units == 0 && parent != kNone)
      unlink(node);
    else if (nodes_[node].unit == id)
      nodes_[node].unit = nodes_[node].ends != kNoUnit  ? nodes_[node].ends
                          : nodes_[node].child != kNone ? nodes_[nodes_[node].child].unit
                                                        : kNoUnit;
    node = parent;
  }
  if (removed_ > kFewNodes && removed_ * 2 > nodes_.size()) compact();
}

/// Moves the nodes that are needed to the front; parents stand before their children.
void UnitTrie::compact() {
  std::vector<Entry> old(1);
  old.swap(nodes_);
  std::vector<std::uint32_t> old_links;
  old_links.swap(links_);
  nodes_[kRoot] = old[kRoot];
  std::vector<std::pair<Node, Node>> open;  // the first of some old siblings, their new parent
  for (Node& root : roots_)
    if (root != kNone) open.emplace_back(std::exchange(root, kNone), kRoot);
  while (!open.empty()) {
    const auto [first, parent] = open.back();
    open.pop_back();
    for (Node child = first; child != kNone; child = old[child].sibling) {
      const Entry& entry = old[child];
      const auto links_begin = static_cast<std::uint32_t>(links_.size());
      const auto link = old_links.begin() + entry.links_begin;
      links_.insert(links_.end(), link, link + entry.links);
      const Node node = make_child(parent, entry.kind, links_begin, entry.links);
      nodes_[node].ends = entry.ends;
      nodes_[node].unit = entry.unit;
      nodes_[node].units = entry.units;
      if (entry.ends != kNoUnit) ends_[entry.ends] = node;
      if (entry.child != kNone) open.emplace_back(entry.child, node);
    }
  }
  removed_ = 0;
}

}  // namespace gt::sequence
