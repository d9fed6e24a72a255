// A sink that computes nothing: it keeps what was emitted, and answers fetches with zeros.
#pragma once

#include <gt/error.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "client/src/session/sink.h"

namespace gt::testing {

class RecordingSink : public client::Sink {
 public:
  [[nodiscard]] client::CallCache& calls() override { return calls_; }

  [[nodiscard]] client::EmitResults emit(client::InferredCall& call,
                                         std::span<const client::EmitOperand> operands) override {
    names_.emplace_back(call.row->name);
    operand_ids_.emplace_back();
    for (const client::EmitOperand& operand : operands)
      operand_ids_.back().push_back(operand.is_tensor() ? operand.record()->id : kNoValue);
    client::EmitResults results;
    for (const TensorMeta& meta : call.results()) results.push_back(make(meta));
    return results;
  }

  [[nodiscard]] client::ValueRef upload(const TensorMeta& meta,
                                        std::span<const std::byte>) override {
    return make(meta);
  }

  [[nodiscard]] client::HostBytes fetch(const client::ValueRef& value) override {
    ++fetches_;
    return std::vector<std::byte>(value->meta.byte_count());
  }

  void synchronize() override {}
  [[nodiscard]] RandomKey next_random_key() override { return {0, counter_++}; }
  void manual_seed(std::uint64_t) override {}
  /// One worker with a GPU, so that CUDA labels may be used.
  [[nodiscard]] WorkerCount count_workers() override { return {2, gpus_}; }
  void set_gpus(std::size_t gpus) { gpus_ = gpus; }
  void release(const client::ValueRecord* value) noexcept override {
    ++released_;
    delete value;
  }

  static constexpr ValueId kNoValue = ~ValueId{0};

  /// Names of the rows emitted since the last call.
  [[nodiscard]] std::vector<std::string> take_names() { return std::exchange(names_, {}); }
  [[nodiscard]] const std::vector<std::vector<ValueId>>& operand_ids() const {
    return operand_ids_;
  }
  [[nodiscard]] int fetches() const { return fetches_; }
  [[nodiscard]] std::uint64_t alive() const { return next_ - released_; }

 private:
  client::ValueRef make(const TensorMeta& meta) {
    return client::ValueRef::adopt(new client::ValueRecord(*this, next_++, meta));
  }

  client::CallCache calls_;
  std::vector<std::string> names_;
  std::vector<std::vector<ValueId>> operand_ids_;
  std::uint64_t next_ = 0;
  std::uint64_t released_ = 0;
  std::uint64_t counter_ = 0;
  int fetches_ = 0;
  std::size_t gpus_ = 1;
};

/// Puts a RecordingSink in the place of the session for each test.
class TensorTest : public ::testing::Test {
 protected:
  void SetUp() override { client::set_current_sink(sink_); }
  void TearDown() override { client::set_current_sink(nullptr); }

  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
};

/// The text of the gt::Error that `body` throws; fails the test if it throws none.
template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.msg();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace gt::testing
