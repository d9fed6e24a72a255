// A few instructions that an engine of this process computes again and again.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "worker/engine/engine.h"

namespace gt::bench {

/// What an instruction of a program reads: an input, a result, a number, or nothing.
struct Argument {
  enum class Kind { input, result, number, none };

  /// Input `index` of the program.
  static Argument input(int index) { return {Kind::input, index, {}, false}; }
  /// Result `index`, counted over all instructions; `dies` lets the engine write into its buffer.
  static Argument result(int index, bool dies = false) { return {Kind::result, index, {}, dies}; }
  static Argument number(ScalarValue value) { return {Kind::number, 0, value, false}; }
  static Argument none() { return {}; }

  Kind kind = Kind::none;
  int index = 0;
  ScalarValue value;
  bool dies = false;
};

/// Instructions with inferred results, ready to be executed in order.
class EngineProgram {
 public:
  /// The engine must outlive the program.
  EngineProgram(worker::Engine& engine, std::vector<worker::Value> inputs);
  ~EngineProgram();
  EngineProgram(const EngineProgram&) = delete;
  EngineProgram& operator=(const EngineProgram&) = delete;

  [[nodiscard]] const std::vector<worker::Value>& inputs() const noexcept { return inputs_; }
  /// Appends an instruction. Throws CommonError where the op table refuses it.
  void add(Op op, const std::vector<Argument>& arguments, const Attributes& attributes);

  /// Computes all instructions and drops their results.
  void run();
  /// Computes all instructions and returns the first result of the last one.
  [[nodiscard]] worker::Value result();

 private:
  struct Instruction;
  void execute();

  worker::Engine& engine_;
  std::vector<worker::Value> inputs_;
  std::vector<worker::Value> results_;
  std::vector<TensorMeta> metas_;  ///< of results_
  std::vector<Instruction> instructions_;
};

}  // namespace gt::bench
