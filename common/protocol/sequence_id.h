// How a sequence of instructions is named between processes: by its hash.
#pragma once

#include <cstddef>
#include <string>

#include "common/sequence/hash.h"

namespace gt::protocol {

/// The identity of a sequence: the same in every process that sees the same instructions.
using SequenceId = sequence::Hash128;

/// What people read of it, in logs and on the screen: the first 12 of its 32 hex digits.
[[nodiscard]] inline std::string short_text(const SequenceId& id) {
  return sequence::to_hex(id).substr(0, 12);
}

/// For ordered and for unordered containers.
struct SequenceIdLess {
  bool operator()(const SequenceId& a, const SequenceId& b) const noexcept {
    return a.high != b.high ? a.high < b.high : a.low < b.low;
  }
};
struct SequenceIdHash {
  std::size_t operator()(const SequenceId& id) const noexcept { return id.low; }
};

}  // namespace gt::protocol
