// The kinds of one session, and what was last inferred for each.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/ops/instruction.h"
#include "common/tensor/meta.h"

namespace gt::worker {

/// Attributes and results of an instruction, which follow from its kind, shapes and bindings.
struct Inferred {
  Attributes attributes;
  std::vector<TensorMeta> results;
};

/// Remembers the last few distinct inferences of one kind: programs repeat themselves.
class InferenceCache {
 public:
  /// Infers, or gives what was inferred for the same shapes and bindings. The reference is valid
  /// until the next call. Throws CommonError as `infer` does.
  [[nodiscard]] const Inferred& infer(const ResolvedKind& kind,
                                      std::span<const OperandMeta> operands,
                                      std::span<const std::uint64_t> bindings);

 private:
  static constexpr std::size_t kEntries = 4;
  struct Entry {
    std::vector<Shape> shapes;
    std::vector<std::uint64_t> bindings;
    Inferred inferred;
    bool is_used = false;
  };
  [[nodiscard]] static bool matches(const Entry& entry, std::span<const OperandMeta> operands,
                                    std::span<const std::uint64_t> bindings);

  std::vector<Entry> entries_;
  std::size_t next_ = 0;
};

/// Kinds under their session-wide numbers.
class KindTable {
 public:
  struct Entry {
    ResolvedKind resolved;
    InferenceCache cache;
  };

  /// Throws CommonError(kProtocol) for a kind that `resolve` refuses or a number out of range.
  void define(KindId id, Kind kind);
  /// Null if the number was not defined.
  [[nodiscard]] Entry* find(KindId id) const noexcept {
    return id < entries_.size() ? entries_[id].get() : nullptr;
  }

 private:
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace gt::worker
