// Emitting: instructions into lanes, uses and deaths of values.
#include "client/src/session/errors.h"
#include "client/src/session/prompt_thread.h"
#include "client/src/session/session.h"
#include "client/src/session/site.h"
#include "client/src/session/thread_local.h"
#include "client/src/signals/context.h"

namespace gt::client {
namespace {

/// Instructions that a thread emits before it gives way to others: less than 0.1 ms of them.
constexpr std::uint32_t kMostInARow = 512;

/// The lane of this thread in the session that it used last. Trivial, so that it can be read while
/// the thread ends.
struct LaneInUse {
  std::uint64_t serial = 0;
  Lane* lane = nullptr;
};
GT_FAST_THREAD_LOCAL LaneInUse used_lane;
GT_FAST_THREAD_LOCAL bool is_thread_ending = false;

/// All lanes of this thread; gives them back when the thread ends.
class ThreadLanes {
 public:
  ThreadLanes() = default;
  ThreadLanes(const ThreadLanes&) = delete;
  ThreadLanes& operator=(const ThreadLanes&) = delete;
  ~ThreadLanes() {
    is_thread_ending = true;
    used_lane = {};
    for (auto& [serial, entry] : entries_)
      if (const auto sink = entry.session.lock())
        static_cast<Session&>(*sink).give_back(*entry.lane);
  }

  [[nodiscard]] Lane* find(std::uint64_t serial) const {
    const auto found = entries_.find(serial);
    return found != entries_.end() ? found->second.lane : nullptr;
  }
  void add(std::uint64_t serial, std::weak_ptr<Sink> session, Lane& lane) {
    std::erase_if(entries_, [](const auto& entry) { return entry.second.session.expired(); });
    entries_[serial] = {std::move(session), &lane};
  }

 private:
  struct Entry {
    std::weak_ptr<Sink> session;
    Lane* lane = nullptr;
  };
  std::unordered_map<std::uint64_t, Entry> entries_;
};
thread_local ThreadLanes thread_lanes;

}  // namespace

Lane* Session::lane_in_use() const noexcept {
  return used_lane.serial == serial_ ? used_lane.lane : nullptr;
}

Lane& Session::lane_of_this_thread() {
  if (used_lane.serial == serial_) return *used_lane.lane;
  Lane* lane = is_thread_ending ? nullptr : thread_lanes.find(serial_);
  if (lane == nullptr) {
    if (!free_lanes_.empty()) {
      lane = &lanes_[free_lanes_.back()];
      free_lanes_.pop_back();
    } else if (lanes_.size() < std::size_t{1} << 16) {
      lane = &lanes_.emplace_back(static_cast<LaneId>(lanes_.size()));
    } else {
      throw_error(ErrorKind::kInvalidArgument,
                  "more than 65536 threads use one session at the same time");
    }
    if (!is_thread_ending) thread_lanes.add(serial_, weak_from_this(), *lane);
  }
  used_lane = {serial_, lane};
  return *lane;
}

void Session::give_back(Lane& lane) noexcept {
  if (is_ended_ || !is_of_this_process()) return;
  try {
    Lock lock(*this);
    retire_released(lane);
    free_lanes_.push_back(lane.id);
  } catch (const std::exception&) {
    // Out of memory: the lane stays unused.
  }
}

SiteId Session::current_site() {
  void* address = SiteScope::current();
  if (address == nullptr) return 0;
  if (address == last_site_.first) return last_site_.second;
  if (const auto found = site_ids_.find(address); found != site_ids_.end()) {
    last_site_ = *found;
    return found->second;
  }
  if (sites_.size() >= kMaxSites) return 0;
  const auto id = static_cast<SiteId>(sites_.size());
  sites_.push_back(address);
  site_ids_.emplace(address, id);
  return id;
}

void Session::require_own(const EmitOperand& operand) const {
  if (operand.is_tensor() && operand.sink() != this)
    throw_error(ErrorKind::kInvalidArgument,
                "a tensor of another session is used here; gt::connect() and gt::shutdown() end "
                "the session to which tensors made before belong");
}

CallCache& Session::calls() {
  if (Lane* lane = lane_in_use()) return lane->calls;
  Lock lock(*this);
  return lane_of_this_thread().calls;
}

void Session::give_way_in_turn() noexcept {
  Lane* lane = lane_in_use();
  if (lane == nullptr || ++lane->emitted_in_a_row < kMostInARow) return;
  lane->emitted_in_a_row = 0;
  give_way();
}

EmitResults Session::emit(InferredCall& call, std::span<const EmitOperand> operands) {
  EmitResults results;
  give_way_in_turn();
  Lock lock(*this);
  require_usable();
  Lane& lane = lane_of_this_thread();
  // A full batch leaves only now, so that what the instruction before it used last dies in it.
  retire_released(lane);
  if (lane.is_full()) flush(lock, lane, false);
  resolve(lock, lane, operands);
  const std::size_t header = append(lane, call, operands);
  const std::span<const TensorMeta> metas = call.results();
  for (std::size_t k = 0; k < metas.size(); ++k)
    results.push_back(make_value(lane, header, k, metas[k]));
  return results;
}

void Session::resolve(Lock& lock, const Lane& lane, std::span<const EmitOperand> operands) {
  Lane* unsent = nullptr;
  do {
    if (unsent != nullptr) flush(lock, *unsent, false);
    unsent = nullptr;
    records_.clear();
    for (const EmitOperand& operand : operands) {
      require_own(operand);
      const ValueRecord* record = operand.record();
      records_.push_back(record);
      if (record == nullptr || lane_of(record->id) == lane.id) continue;
      Lane& producer = lanes_[lane_of(record->id)];
      if (producer.is_open() && record->id >= make_value_id(producer.id, producer.first_output))
        unsent = &producer;
    }
  } while (unsent != nullptr);  // once more: other threads may have written while this one waited
}

void Session::name_kind(InferredCall& call, std::span<const EmitOperand> operands) {
  const config::Signal* signal = current_signal();
  Kind& kind = kinds_.scratch(call.row->op, signal == nullptr ? 0 : signals_.number_of(*signal));
  for (const EmitOperand& operand : operands) kind.operands.push_back(operand.type());
  call.bindings.clear();
  split_attributes(*call.row, call.attributes, kind.statics, call.bindings);
  const KindTable::Named named = kinds_.intern_scratch();
  call.kind_id = named.id;
  call.kind = named.kind;
  call.signal = signal;
}

std::size_t Session::append(Lane& lane, InferredCall& call, std::span<const EmitOperand> operands) {
  if (call.kind == nullptr || call.signal != current_signal()) name_kind(call, operands);
  operand_words_.clear();
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (operands[k].is_scalar())
      operand_words_.push_back(operands[k].bits());
    else if (records_[k] != nullptr)
      operand_words_.push_back(records_[k]->id);
  }
  if (!lane.is_open()) lane.first_output = lane.next_output;
  InstructionWriter writer(InstructionForm::client, lane.words);
  const std::size_t header =
      writer.append(call.kind_id, *call.kind, current_site(), 0, operand_words_, call.bindings);
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (records_[k] == nullptr) continue;
    ValueRecord::Use& use = records_[k]->last_use;
    if (use.operand < ValueRecord::Use::kMadeHere && use.lane != lane.id)
      use.by_several_lanes = true;
    use.batch = lane.sequence;
    use.header = static_cast<std::uint32_t>(header);
    use.operand = static_cast<std::uint16_t>(k);
    use.lane = lane.id;
  }
  note_activity();
  return header;
}

ValueRef Session::make_value(Lane& lane, std::size_t header, std::size_t number,
                             const TensorMeta& meta) {
  ValueRecord* value = values_.make(*this, make_value_id(lane.id, lane.next_output++), meta);
  value->last_use.batch = lane.sequence;
  value->last_use.header = static_cast<std::uint32_t>(header);
  value->last_use.operand = static_cast<std::uint16_t>(ValueRecord::Use::kMadeHere + number);
  value->last_use.lane = lane.id;
  return ValueRef::adopt(value);
}

void Session::note_activity() noexcept {
  ++activity_;
  if (!is_flusher_asleep_.load(std::memory_order_relaxed)) return;
  is_flusher_asleep_.store(false, std::memory_order_relaxed);
  flusher_wake_.notify_one();
}

}  // namespace gt::client
