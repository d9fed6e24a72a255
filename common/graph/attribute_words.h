// Which attribute each of a node's flat words belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/graph/graph.h"

namespace gt::graph {

/// One flat word of a row's attributes.
struct AttributeWord {
  std::size_t attribute = 0;  ///< index of its specification
  std::size_t position = 0;   ///< within the attribute
  bool is_static = true;      ///< part of the kind: static attributes, categories, list counts
};

/// Calls `visit(word index, AttributeWord)` for the words of `row`; `bits(i)` gives word i, which
/// is asked for list counts only. Stops at `count` words; returns how many the row takes, which is
/// more than `count` if words are missing.
template <class Bits, class Visit>
std::size_t for_each_attribute_word(const OpRow& row, std::size_t count, Bits&& bits,
                                    Visit&& visit) {
  std::size_t next = 0;
  for (std::size_t a = 0; a < row.attributes.count; ++a) {
    const AttributeSpec& spec = row.attributes.specs[a];
    const bool is_static = spec.attribute_class == AttributeClass::statics;
    std::size_t length = spec.type == AttributeType::scalar ? 2 : 1;
    for (std::size_t i = 0; i < length; ++i, ++next) {
      if (next >= count) return next + 1;
      const bool leads =
          i == 0 && (spec.type == AttributeType::scalar || spec.type == AttributeType::integers);
      visit(next, AttributeWord{a, i, is_static || leads});
      if (leads && spec.type == AttributeType::integers)
        length += static_cast<std::size_t>(bits(next));
    }
  }
  return next;
}

/// The same over the words of a node.
template <class Visit>
std::size_t for_each_attribute_word(const OpRow& row, std::span<const Word> words, Visit&& visit) {
  return for_each_attribute_word(
      row, words.size(), [&](std::size_t i) { return words[i].bits; }, std::forward<Visit>(visit));
}

}  // namespace gt::graph
