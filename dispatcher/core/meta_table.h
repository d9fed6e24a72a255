// The metas of a session's values, each kept once: equal metas have one address.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_set>

#include "common/tensor/meta.h"

namespace gt::dispatcher {

class MetaTable {
 public:
  /// The address of this meta, valid until a `collect` that does not find it in use.
  [[nodiscard]] const TensorMeta* intern(const TensorMeta& meta) {
    return &*metas_.insert(meta).first;
  }

  /// Whether twice as many metas have come together as were in use at the last `collect`.
  [[nodiscard]] bool is_crowded() const noexcept { return metas_.size() > limit_; }
  /// Forgets metas that are not among `used`.
  void collect(const std::unordered_set<const TensorMeta*>& used) {
    std::erase_if(metas_, [&](const TensorMeta& meta) { return !used.contains(&meta); });
    limit_ = std::max(kLeastLimit, 2 * metas_.size());
  }
  [[nodiscard]] std::size_t size() const noexcept { return metas_.size(); }

 private:
  static constexpr std::size_t kLeastLimit = 4096;
  struct Hash {
    [[nodiscard]] std::size_t operator()(const TensorMeta& meta) const noexcept;
  };

  std::unordered_set<TensorMeta, Hash> metas_;
  std::size_t limit_ = kLeastLimit;
};

}  // namespace gt::dispatcher
