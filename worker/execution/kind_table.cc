#include "worker/execution/kind_table.h"

#include <algorithm>
#include <utility>

#include "common/error.h"

namespace gt::worker {
namespace {

KindTable::Action action_of(const OpRow& row) {
  if (row.op_class != OpClass::communication) return KindTable::Action::compute;
  if (row.op == Op::upload || row.op == Op::receive) return KindTable::Action::receive;
  return row.op == Op::release ? KindTable::Action::release : KindTable::Action::communicate;
}

bool changes_elements(const OpRow& row) {
  return row.op_class == OpClass::indexing &&
         (row.in_place || row.op == Op::slice_scatter || row.op == Op::select_scatter ||
          row.op == Op::diagonal_scatter);
}

}  // namespace

void KindTable::define(KindId id, Kind kind) {
  if (id >= kMaxKinds)
    throw CommonError(ErrorKind::kProtocol, "kind number " + std::to_string(id) + " is too large");
  auto entry = std::make_unique<Entry>();
  entry->resolved = resolve(std::move(kind));
  if (const Entry* known = find(id)) {
    if (known->resolved.kind == entry->resolved.kind) return;
    throw CommonError(ErrorKind::kProtocol,
                      "kind number " + std::to_string(id) + " is defined twice, in different ways");
  }
  entry->action = action_of(*entry->resolved.row);
  entry->changes_elements = changes_elements(*entry->resolved.row);
  if (id >= entries_.size()) entries_.resize(std::max<std::size_t>(id + 1, entries_.size() * 2));
  entries_[id] = std::move(entry);
}

}  // namespace gt::worker
