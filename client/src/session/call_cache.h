// What was inferred for the last calls of each row: programs repeat themselves.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "client/src/session/emit_operand.h"
#include "common/ops/attributes.h"
#include "common/ops/instruction.h"

namespace gt::config {
struct Signal;
}

namespace gt::client {

/// An instruction without its operands: what follows from the row, the types and shapes of the
/// operands, and the attributes.
struct InferredCall {
  const OpRow* row = nullptr;
  Attributes attributes;
  std::array<TensorMeta, kMaxResults> metas;
  [[nodiscard]] std::span<const TensorMeta> results() const noexcept {
    return std::span(metas).first(row->results);
  }

  // Filled in by a sink that names kinds, when it first meets the call.
  const ResolvedKind* kind = nullptr;  ///< null: not named yet
  KindId kind_id = 0;
  const config::Signal* signal = nullptr;  ///< under which it was named
  Attributes::Words bindings;
};

/// Belongs to one thread.
class CallCache {
 public:
  /// Infers, or gives what was inferred for the same types, shapes and attributes. The reference is
  /// valid until the next call. Throws CommonError as `gt::infer` does.
  [[nodiscard]] InferredCall& infer(Op op, std::span<const EmitOperand> operands,
                                    const Attributes& attributes);

 private:
  static constexpr std::size_t kEntries = 4;
  struct Entry {
    std::vector<OperandMeta> operands;
    InferredCall call;
  };
  struct Row {
    std::vector<std::unique_ptr<Entry>> entries;
    std::size_t last = 0;  ///< the one that matched last
    std::size_t next = 0;  ///< the one to be replaced
  };
  [[nodiscard]] static bool matches(const Entry& entry, std::span<const EmitOperand> operands,
                                    const Attributes& attributes);
  [[nodiscard]] static Entry& replace(Row& row);

  std::vector<Row> rows_;  ///< by op number
};

}  // namespace gt::client
