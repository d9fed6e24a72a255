// Random programs over the public interface whose numbers the test knows.
#pragma once

#include <gt/gt.h>

#include <random>
#include <vector>

namespace gt::testing {

/// Makes, combines, overwrites, drops and reads vectors of floats. All numbers are whole and small,
/// so that every engine computes them exactly.
class RandomProgram {
 public:
  explicit RandomProgram(unsigned seed) : generator_(seed) {}

  /// Runs some steps on the current sink. Throws what GT throws; std::logic_error saying which
  /// element differs if a read gives a wrong number.
  void run(int steps);

 private:
  struct Variable {
    Tensor tensor;
    std::vector<float> expected;
  };

  [[nodiscard]] std::size_t draw(std::size_t below) { return generator_() % below; }
  void step();
  void make();
  void combine();
  void overwrite(Variable& variable);
  void read(const Variable& variable);

  std::mt19937 generator_;
  std::vector<Variable> variables_;
};

}  // namespace gt::testing
