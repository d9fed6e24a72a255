// What was last inferred for the instructions of one kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/ops/instruction.h"
#include "common/tensor/meta.h"

namespace gt {

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

}  // namespace gt
