#include "tests/unit/protocol/samples.h"

namespace gt::protocol::samples {
namespace {

std::vector<std::byte> bytes(std::size_t count) {
  std::vector<std::byte> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = static_cast<std::byte>(i * 7);
  return result;
}

KindDefinition kind_definition() {
  Kind kind;
  kind.op = Op::add;
  kind.signal = 3;
  kind.operands = {{OperandMeta::Form::tensor, DType::kFloat32, 2},
                   {OperandMeta::Form::scalar, DType::kFloat64, 0}};
  kind.statics = {4, 5};
  return {7, kind};
}

SignalDefinition signal_definition() {
  config::Signal signal;
  signal.name = "training_loop";
  signal.shard = {-1, {2, 0}};
  signal.compile = {true, config::CompileMode::max_autotune, {"fusion"}, {"dropout"}, false};
  signal.backward = "gradients";
  return {3, signal};
}

TensorMeta tensor_meta() {
  TensorMeta meta{DType::kInt16, {2, 3}, {5, {}}};
  meta.layout.axes.push_back({LayoutAxis::Form::kShard, 1, PartialReduction::kMax});
  return meta;
}

FetchReply fetch_reply() {
  FetchReply reply;
  reply.request = 11;
  reply.meta = tensor_meta();
  reply.payload = 11;
  reply.is_inline = true;
  reply.bytes = bytes(12);
  return reply;
}

}  // namespace

ErrorRecord error_record() {
  return {ErrorKind::kValue,
          "embedding",
          "index out of range",
          {"float32[2, 3]", "int64[4]"},
          2,
          9,
          77};
}

std::vector<Message> messages() {
  return {
      ClientHello{1, "0.1.0", 4711, {{"GT_AUTO_COMPILE", "1"}, {"GT_COMPILE", ""}}},
      ClientBatch{3,
                  8,
                  100,
                  true,
                  2,
                  {kind_definition()},
                  {{5, bytes(6)}},
                  {1, 2, 3},
                  {signal_definition()}},
      Goodbye{},
      ClientWelcome{12, 2, 32, 500},
      Refusal{ErrorKind::kConnection, "no"},
      Acknowledgement{3, 40, 39},
      fetch_reply(),
      ErrorReport{error_record()},
      WorkerHello{1, "0.1.0", "host:1", "cpu", "default", 1 << 20, "tcp://127.0.0.1:9"},
      WorkerAcknowledgement{{{12, 6}, {13, 2}}, 123},
      WorkerFetchReply{12, fetch_reply()},
      WorkerErrorReport{12, error_record()},
      WorkerWelcome{1, 500},
      PlannedBatch{
          12,
          9,
          true,
          1,
          {kind_definition()},
          {{5, bytes(6)}},
          {1, 2, 3, 4},
          {{"GT_COMPILE", "1"}},
          {signal_definition()},
          {{{7, 8}, ProgramDecision::Action::use}, {{9, 10}, ProgramDecision::Action::drop}}},
      SessionClosed{12},
      WorkerAddress{1, "ipc:///tmp/x"},
      Heartbeat{},
      PayloadFrame{12, 5, 16, 64, bytes(48)},
      PayloadFailed{12, 5, error_record()},
      ClusterState{3, 1},
      StatisticsRequest{},
      Statistics{"0.1.0",
                 5000,
                 77,
                 {SessionStatistics{1,  4711, 0, 2, 100, 3, 1,  0,   5,    640,
                                    32, 8,    1, 4, 2,   1, 90, 0.5, 0.25, 4096}},
                 {WorkerStatistics{0, "host:12", "cpu", "default", 1, 100, 3, 1, 4096, 1 << 30}},
                 2,
                 SessionStatistics{0,  0, 0, 0, 900, 7, 0,  0,   0,    0,
                                   64, 8, 2, 3, 2,   1, 70, 1.5, 0.75, 8192}},
      RepliesReceived{99},
      SequenceReport{12, 3, {7, 8}, SequenceReport::Event::counted, 90, 6, 0.5, 0.25, 4096, "text"},
      Notice{"[COMPILE] Compiling sequence..."},
  };
}

}  // namespace gt::protocol::samples
