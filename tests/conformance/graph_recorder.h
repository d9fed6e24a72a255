// A sink that records what a client program emits as a graph, for tests.
#pragma once

#include <map>
#include <vector>

#include "client/src/session/sink.h"
#include "common/graph/builder.h"

namespace gt::conformance {

/// Values made before `begin` become inputs where they are used; those that are alive at `end` and
/// were made in between become outputs. Nothing is computed: fetches give zeros.
class GraphRecorder : public client::Sink {
 public:
  void begin() {
    recording_ = true;
    made_.clear();
  }
  [[nodiscard]] graph::Graph end();

  [[nodiscard]] client::CallCache& calls() override { return calls_; }
  [[nodiscard]] client::EmitResults emit(client::InferredCall& call,
                                         std::span<const client::EmitOperand> operands) override;
  [[nodiscard]] client::ValueRef upload(const TensorMeta& meta,
                                        std::span<const std::byte>) override {
    return make(meta);
  }
  [[nodiscard]] client::HostBytes fetch(const client::ValueRef& value) override {
    return std::vector<std::byte>(value->meta.byte_count());
  }
  void synchronize() override {}
  [[nodiscard]] RandomKey next_random_key() override { return {0, counter_++}; }
  void manual_seed(std::uint64_t) override {}
  void release(const client::ValueRecord* value) noexcept override;

 private:
  client::ValueRef make(const TensorMeta& meta) {
    return client::ValueRef::adopt(new client::ValueRecord(*this, next_++, meta));
  }
  graph::ValueRef value_of(const client::ValueRecord& record);

  client::CallCache calls_;
  bool recording_ = false;
  graph::GraphBuilder builder_;
  std::map<ValueId, graph::ValueRef> known_;  ///< values of the graph that are alive
  std::vector<ValueId> made_;                 ///< by an instruction since `begin`
  std::vector<std::pair<graph::ValueRef, graph::ValueRef>> steps_;  ///< what an optimizer replaced
  ValueId next_ = 0;
  std::uint64_t counter_ = 0;
};

}  // namespace gt::conformance
