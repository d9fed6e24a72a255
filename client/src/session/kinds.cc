#include "client/src/session/kinds.h"

#include <utility>

namespace gt::client {

Kind& KindTable::scratch(Op op) {
  scratch_.op = op;
  scratch_.signal = 0;
  scratch_.operands.clear();
  scratch_.statics.clear();
  return scratch_;
}

KindTable::Named KindTable::intern_scratch() {
  if (const auto found = ids_.find(scratch_); found != ids_.end())
    return {found->second, &kinds_[found->second]};
  if (kinds_.size() >= kMaxKinds)
    throw CommonError(ErrorKind::kInvalidArgument,
                      "a session can have at most " + std::to_string(kMaxKinds) +
                          " kinds of instructions; call gt::shutdown() to begin a new one");
  const auto id = static_cast<KindId>(kinds_.size());
  kinds_.push_back(resolve(scratch_));
  ids_.emplace(scratch_, id);
  new_.push_back({id, scratch_});
  return {id, &kinds_.back()};
}

std::vector<protocol::KindDefinition> KindTable::take_new() { return std::exchange(new_, {}); }

}  // namespace gt::client
