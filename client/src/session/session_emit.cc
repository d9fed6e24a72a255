// Emitting: instructions into lanes, uses and deaths of values.
#include "client/src/session/errors.h"
#include "client/src/session/session.h"
#include "client/src/session/site.h"

namespace gt::client {
namespace {

/// The lane of this thread in the session that it used last. Trivial, so that it can be read while
/// the thread ends.
struct LaneInUse {
  std::uint64_t serial = 0;
  Lane* lane = nullptr;
};
thread_local LaneInUse lane_in_use;
thread_local bool is_thread_ending = false;

/// All lanes of this thread; gives them back when the thread ends.
class ThreadLanes {
 public:
  ThreadLanes() = default;
  ThreadLanes(const ThreadLanes&) = delete;
  ThreadLanes& operator=(const ThreadLanes&) = delete;
  ~ThreadLanes() {
    is_thread_ending = true;
    lane_in_use = {};
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

OperandType type_of(const EmitOperand& operand) {
  if (operand.is_scalar) return {OperandMeta::Form::scalar, operand.scalar.dtype(), 0};
  if (operand.value == nullptr) return {};
  const TensorMeta& meta = (*operand.value)->meta;
  return {OperandMeta::Form::tensor, meta.dtype, static_cast<std::uint8_t>(meta.shape.size())};
}

}  // namespace

Lane& Session::lane_of_this_thread() {
  if (lane_in_use.serial == serial_) return *lane_in_use.lane;
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
  lane_in_use = {serial_, lane};
  return *lane;
}

void Session::give_back(Lane& lane) noexcept {
  if (is_ended_ || !is_of_this_process()) return;
  try {
    Lock lock(*this);
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
  if (operand.value != nullptr && &(*operand.value)->sink() != this)
    throw_error(ErrorKind::kInvalidArgument,
                "a tensor of another session is used here; gt::connect() and gt::shutdown() end "
                "the session to which tensors made before belong");
}

EmitResults Session::emit(const OpRow& row, std::span<const EmitOperand> operands,
                          const Attributes& attributes, std::span<const TensorMeta> metas) {
  EmitResults results;
  Lock lock(*this);
  require_usable();
  Lane& lane = lane_of_this_thread();
  order_after_producers(lock, lane, operands);
  const std::size_t header = append(lane, row, operands, attributes);
  for (std::size_t k = 0; k < metas.size(); ++k)
    results.push_back(make_value(lane, header, k, metas[k]));
  if (lane.is_full()) flush(lock, lane, false);
  return results;
}

void Session::order_after_producers(Lock& lock, const Lane& lane,
                                    std::span<const EmitOperand> operands) {
  for (const EmitOperand& operand : operands) {
    if (operand.value == nullptr) continue;
    require_own(operand);
    const ValueId id = (*operand.value)->id;
    if (lane_of(id) == lane.id) continue;
    Lane& producer = lanes_[lane_of(id)];
    if (producer.is_open() && id >= make_value_id(producer.id, producer.first_output))
      flush(lock, producer, false);
  }
}

std::size_t Session::append(Lane& lane, const OpRow& row, std::span<const EmitOperand> operands,
                            const Attributes& attributes) {
  Kind& kind = kinds_.scratch(row.op);
  operand_words_.clear();
  for (const EmitOperand& operand : operands) {
    kind.operands.push_back(type_of(operand));
    if (operand.is_scalar)
      operand_words_.push_back(operand.scalar.bits());
    else if (operand.value != nullptr)
      operand_words_.push_back((*operand.value)->id);
  }
  Attributes::Words bindings;
  split_attributes(row, attributes, kind.statics, bindings);
  const KindTable::Named named = kinds_.intern_scratch();
  if (!lane.is_open()) lane.first_output = lane.next_output;
  InstructionWriter writer(InstructionForm::client, lane.words);
  const std::size_t header =
      writer.append(named.id, *named.kind, current_site(), 0, operand_words_, bindings);
  note_uses(lane, header, operands);
  note_activity();
  return header;
}

void Session::note_uses(const Lane& lane, std::size_t header,
                        std::span<const EmitOperand> operands) {
  for (std::size_t k = 0; k < operands.size(); ++k) {
    if (operands[k].value == nullptr) continue;
    ValueRecord& value = **operands[k].value;
    const bool is_used = value.last_operand < ValueRecord::kMadeHere;
    if (is_used && value.last_lane != lane.id) value.used_by_several_lanes = true;
    value.last_batch = lane.sequence;
    value.last_header = static_cast<std::uint32_t>(header);
    value.last_operand = static_cast<std::uint16_t>(k);
    value.last_lane = lane.id;
  }
}

ValueRef Session::make_value(Lane& lane, std::size_t header, std::size_t number,
                             const TensorMeta& meta) {
  const ValueId id = make_value_id(lane.id, lane.next_output++);
  auto value = std::make_shared<ValueRecord>(shared_from_this(), id, meta);
  value->last_batch = lane.sequence;
  value->last_header = static_cast<std::uint32_t>(header);
  value->last_operand = static_cast<std::uint16_t>(ValueRecord::kMadeHere + number);
  value->last_lane = lane.id;
  return value;
}

void Session::note_activity() noexcept {
  ++activity_;
  if (!is_flusher_asleep_) return;
  is_flusher_asleep_ = false;
  flusher_wake_.notify_one();
}

void Session::retire(const Released& value) {
  if (is_ended_) return;
  errors_.forget(value.id);
  if (value.used_by_several_lanes && !try_flush_all()) {
    deferred_.push_back(value);
    return;
  }
  Lane& lane = lanes_[value.last_lane];
  if (value.last_batch != lane.sequence || value.used_by_several_lanes)
    append_release(lane, value);
  else if (value.last_operand < ValueRecord::kMadeHere)
    InstructionWriter::mark_dead(lane.words, value.last_header, value.last_operand);
  else
    InstructionWriter::mark_results_dead(
        lane.words, value.last_header,
        std::uint64_t{1} << (value.last_operand - ValueRecord::kMadeHere));
}

void Session::append_release(Lane& lane, const Released& value) {
  const KindTable::Named named = kinds_.release_of(value.dtype, value.rank);
  if (!lane.is_open()) lane.first_output = lane.next_output;
  InstructionWriter writer(InstructionForm::client, lane.words);
  const std::size_t header =
      writer.append(named.id, *named.kind, 0, 0, std::span(&value.id, 1), {});
  InstructionWriter::mark_dead(lane.words, header, 0);
  note_activity();
  if (lane.is_full()) try_flush(lane);
}

void Session::retire_deferred() noexcept {
  try {
    for (const Released& value : std::exchange(deferred_, {})) retire(value);
  } catch (const std::exception&) {
    // Out of memory: the values live until the session ends.
  }
}

}  // namespace gt::client
