#include "worker/execution/kind_table.h"

#include <algorithm>
#include <utility>

#include "common/error.h"

namespace gt::worker {

void KindTable::define(KindId id, Kind kind) {
  if (id >= kMaxKinds)
    throw CommonError(ErrorKind::kProtocol, "kind number " + std::to_string(id) + " is too large");
  auto entry = std::make_unique<Entry>();
  entry->resolved = resolve(std::move(kind));
  if (id >= entries_.size()) entries_.resize(std::max<std::size_t>(id + 1, entries_.size() * 2));
  entries_[id] = std::move(entry);
}

}  // namespace gt::worker
