#include "tests/unit/client_session/fake_dispatcher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/frame_message.h"

namespace gt::client::testing {
namespace {

std::string fresh_address() {
  static std::atomic<int> next{0};
  return "inproc-twin://client-session-" + std::to_string(next++);
}

}  // namespace

FakeDispatcher::FakeDispatcher(FakeDispatcherOptions options)
    : options_(options),
      address_(fresh_address()),
      endpoint_(transport::listen(address_)),
      acknowledges_(options.acknowledges),
      thread_([this] { run(); }) {}

FakeDispatcher::~FakeDispatcher() {
  is_stopping_ = true;
  endpoint_->wake();
  thread_.join();
}

SessionOptions FakeDispatcher::session_options() const {
  SessionOptions options;
  options.address = address_;
  options.close_wait = std::chrono::milliseconds(0);
  return options;
}

void FakeDispatcher::send(protocol::Message message, transport::Lane lane) {
  const std::lock_guard lock(mutex_);
  outbox_.emplace_back(lane, std::move(message));
  endpoint_->wake();
}

void FakeDispatcher::set_acknowledges(bool acknowledges) {
  const std::lock_guard lock(mutex_);
  acknowledges_ = acknowledges;
}

void FakeDispatcher::answer_fetch(ValueId value, protocol::FetchReply reply) {
  const std::lock_guard lock(mutex_);
  replies_[value] = std::move(reply);
}

std::vector<SeenInstruction> FakeDispatcher::wait_for(
    const std::function<bool(const std::vector<SeenInstruction>&)>& done) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(5), [&] { return done(instructions_); }))
    ADD_FAILURE() << "after five seconds the dispatcher had seen " << instructions_.size()
                  << " instructions, not those expected";
  return instructions_;
}

std::vector<SeenInstruction> FakeDispatcher::wait_for_count(std::size_t count) {
  return wait_for([count](const auto& seen) { return seen.size() >= count; });
}

std::vector<protocol::ClientBatch> FakeDispatcher::wait_for_batches(std::size_t count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(
      changed_.wait_for(lock, std::chrono::seconds(5), [&] { return batches_.size() >= count; }))
      << "after five seconds " << batches_.size() << " batches had come, expected " << count;
  return batches_;
}

std::vector<protocol::ClientBatch> FakeDispatcher::batches() const {
  const std::lock_guard lock(mutex_);
  return batches_;
}

std::vector<protocol::Message> FakeDispatcher::others() const {
  const std::lock_guard lock(mutex_);
  return others_;
}

bool FakeDispatcher::said_goodbye() const {
  const auto messages = others();
  return std::any_of(messages.begin(), messages.end(), [](const protocol::Message& message) {
    return std::holds_alternative<protocol::Goodbye>(message);
  });
}

void FakeDispatcher::run() {
  while (!is_stopping_) {
    auto incoming = endpoint_->receive(std::chrono::milliseconds(2));
    if (is_silent_) continue;
    if (incoming) {
      client_ = incoming->peer;
      handle(gt::testing::message_of(std::move(*incoming)));
    }
    const std::lock_guard lock(mutex_);
    if (!client_) continue;
    for (auto& [lane, message] : std::exchange(outbox_, {}))
      static_cast<void>(endpoint_->send(*client_, lane, protocol::encode(message)));  // or it left
  }
}

void FakeDispatcher::handle(protocol::Message message) {
  const std::lock_guard lock(mutex_);
  if (const auto* batch = std::get_if<protocol::ClientBatch>(&message)) {
    record(*batch);
    if (acknowledges_)
      outbox_.emplace_back(transport::Lane::control,
                           protocol::Acknowledgement{batch->lane, batch->sequence, 0});
  } else if (std::holds_alternative<protocol::ClientHello>(message) && options_.welcomes) {
    outbox_.emplace_back(transport::Lane::control,
                         protocol::ClientWelcome{7, 1, options_.credits, options_.heartbeat_ms});
  } else if (std::holds_alternative<protocol::Heartbeat>(message)) {
    outbox_.emplace_back(transport::Lane::control, protocol::Heartbeat{});
  }
  if (!std::holds_alternative<protocol::ClientBatch>(message))
    others_.push_back(std::move(message));
  changed_.notify_all();
}

void FakeDispatcher::record(const protocol::ClientBatch& batch) {
  for (const protocol::KindDefinition& definition : batch.kinds) {
    ASSERT_EQ(definition.id, kinds_.size());
    kinds_.push_back(resolve(definition.kind));
  }
  const auto kind_of = [this](KindId id) { return id < kinds_.size() ? &kinds_[id] : nullptr; };
  InstructionReader reader(InstructionForm::client, batch.words, kind_of);
  std::uint64_t next_output = batch.first_output;
  while (const auto instruction = reader.next()) {
    SeenInstruction seen;
    seen.op = instruction->kind->kind.op;
    seen.lane = batch.lane;
    seen.batch = batch.sequence;
    seen.first_output = make_value_id(batch.lane, next_output);
    next_output += instruction->kind->row->results;
    seen.operands.assign(instruction->operand_words.begin(), instruction->operand_words.end());
    for (std::size_t k = 0; k < instruction->kind->kind.operands.size(); ++k)
      seen.dies.push_back(instruction->dies(k));
    for (std::size_t k = 0; k < instruction->kind->row->results; ++k)
      seen.results_die.push_back(instruction->result_dies(k));
    seen.attributes = merge_attributes(*instruction->kind, instruction->binding_words);
    if (seen.op == Op::fetch && options_.answers_fetches) answer(seen);
    instructions_.push_back(std::move(seen));
  }
  batches_.push_back(batch);
}

void FakeDispatcher::answer(const SeenInstruction& fetch) {
  protocol::FetchReply reply;
  if (const auto found = replies_.find(fetch.operands[0]); found != replies_.end()) {
    reply = found->second;
  } else {
    reply.meta = pair_meta();
    reply.is_inline = true;
    reply.bytes.resize(reply.meta.byte_count());
  }
  reply.request = static_cast<protocol::RequestId>(fetch.attributes.integer(row_of(Op::fetch), 0));
  outbox_.emplace_back(transport::Lane::control, std::move(reply));
}

TensorMeta pair_meta() {
  TensorMeta meta;
  meta.shape = {2};
  return meta;
}

ValueRef emit_op(Session& session, Op op, std::vector<ValueRef> operands) {
  const std::vector<EmitOperand> emitted(operands.begin(), operands.end());
  const Attributes attributes = op == Op::add ? make_attributes(op, ScalarValue(1)) : Attributes();
  return session.emit(session.calls().infer(op, emitted, attributes), emitted).front();
}

ValueRef make_source(Session& session) {
  const Attributes attributes =
      make_attributes(Op::full, pair_meta().shape, ScalarValue(1.0), DType::kFloat32);
  return session.emit(session.calls().infer(Op::full, {}, attributes), {}).front();
}

protocol::ErrorRecord failure(ErrorKind kind, ValueId value, std::string message) {
  protocol::ErrorRecord record;
  record.kind = kind;
  record.op = "gather";
  record.message = std::move(message);
  record.operands = {"float32[2, 3]", "int64[4]"};
  record.lane = lane_of(value);
  record.value = value;
  return record;
}

}  // namespace gt::client::testing
