// A session whose programs a device captures in graphs, and a loop to run there.
#pragma once

#include "tests/unit/hotpath/graph_engine.h"
#include "tests/unit/hotpath/hot_session.h"

namespace gt::worker::testing {

inline constexpr std::uint16_t kGraphSignal = 1;

/// A signal that asks for a mode of compilation, and all kinds that are to be sent under it.
inline protocol::SignalDefinition graph_signal(config::CompileMode mode) {
  config::Signal signal;
  signal.name = "graphs";
  signal.compile.mode = mode;
  return {kGraphSignal, signal};
}
inline void mark_kinds(HotSession& session) {
  for (protocol::KindDefinition& definition : session.builder.kinds)
    definition.kind.signal = kGraphSignal;
}

/// A session on a device with graphs, whose signal asks for them. Rows of `calls` are in no kernel.
class GraphSession {
 public:
  explicit GraphSession(std::vector<Op> calls,
                        config::CompileMode mode = config::CompileMode::reduce_overhead)
      : GraphSession(
            [this, calls]() -> std::unique_ptr<jit::KernelCompiler> {
              return std::make_unique<GraphCompiler>(*engine_, calls);
            },
            mode) {}
  GraphSession(std::function<std::unique_ptr<jit::KernelCompiler>()> compiler,
               config::CompileMode mode)
      : session_(auto_compile()) {
    auto made = std::make_unique<GraphEngine>();
    engine_ = made.get();
    session_.use(std::move(made), {.make = std::move(compiler)});
    session_.signals.push_back(graph_signal(mode));
  }
  [[nodiscard]] HotSession& session() noexcept { return session_; }
  [[nodiscard]] GraphEngine& engine() noexcept { return *engine_; }

 private:
  HotSession session_;
  GraphEngine* engine_ = nullptr;
};

/// w -= rate * (x o sigmoid(x o w)), with an input x that is new at each step and a result,
/// relu(x o w), that is looked at later; o is `join`, add or mm. Meant for joins that are calls,
/// and all else in kernels.
class JoinLoop {
 public:
  JoinLoop(HotSession& session, Op join) : session_(session), join_(join) {
    session_.builder.full(kWeight, {4, 4}, 0.25);
    session_.send();
  }
  /// The step's instructions; `mark` is called before they are sent.
  template <class Mark>
  void step(double rate, Mark&& mark) {
    StreamBuilder& builder = session_.builder;
    const Attributes attributes =
        join_ == Op::add ? make_attributes(Op::add, ScalarValue(1)) : Attributes{};
    const ValueId x = next_++, joined = next_++, bent = next_++, back = next_++, scaled = next_++,
                  updated = next_++, again = next_++, result = next_++;
    builder.full(x, {4, 4}, 0.01 * static_cast<double>(next_ % 7));
    builder.add(join_, joined, {tensor(x), tensor(weight_)}, attributes);
    builder.add(Op::sigmoid, bent, {tensor(joined, true)}, {});
    builder.add(join_, back, {tensor(x), tensor(bent, true)}, attributes);
    builder.add(Op::mul, scaled, {tensor(back, true), Operand::scalar(rate)}, {});
    builder.add(Op::sub, updated, {tensor(weight_, true), tensor(scaled, true)},
                make_attributes(Op::sub, ScalarValue(1)));
    builder.add(join_, again, {tensor(x, true), tensor(updated)}, attributes);
    builder.add(Op::relu, result, {tensor(again, true)}, {});
    weight_ = updated;
    results.push_back(result);
    mark();
    session_.answer_reports();
    session_.send();
  }
  void release_result(std::size_t k) {
    session_.builder.add(Op::release, 0, {tensor(results[k])}, {});
  }
  [[nodiscard]] ValueId weight() const noexcept { return weight_; }
  std::vector<ValueId> results;

 private:
  static constexpr ValueId kWeight = 2;
  static Operand tensor(ValueId id, bool dies = false) { return Operand::tensor(id, 2, dies); }
  HotSession& session_;
  const Op join_;
  ValueId weight_ = kWeight;
  ValueId next_ = 100;
};

/// Both sessions take the same steps; then weight and all results of the last steps are compared.
inline void expect_same(GraphSession& graphs, Op join, int steps,
                        const std::function<double(int)>& rate) {
  constexpr int kKept = 8;
  HotSession eager({});
  JoinLoop ours(graphs.session(), join), expected(eager, join);
  for (int k = 0; k < steps; ++k) {
    ours.step(rate(k), [&] { mark_kinds(graphs.session()); });
    expected.step(rate(k), [] {});
    if (k < kKept) continue;
    ours.release_result(static_cast<std::size_t>(k - kKept));
    expected.release_result(static_cast<std::size_t>(k - kKept));
  }
  EXPECT_EQ(graphs.session().count(Event::mismatched), 0u) << graphs.session().reports();
  EXPECT_EQ(graphs.session().fetch(ours.weight(), 2), eager.fetch(expected.weight(), 2));
  for (int k = steps - kKept + 1; k < steps; ++k)
    EXPECT_EQ(graphs.session().fetch(ours.results[static_cast<std::size_t>(k)], 2),
              eager.fetch(expected.results[static_cast<std::size_t>(k)], 2))
        << "step " << k;
}

}  // namespace gt::worker::testing
