#include "tests/bench/detect.h"

#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "common/sequence/detector.h"
#include "common/sequence/lane_recorder.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

using sequence::Detector;
using sequence::DetectorOptions;
using sequence::History;
using sequence::KindCatalog;
using sequence::LaneRecorder;
using sequence::Matcher;
using sequence::Resolution;

constexpr std::size_t kInstructions = 1'000'000;
constexpr std::size_t kStep = 1000;
constexpr ValueId kWeights = make_value_id(1, 1);

/// Planned instructions of a lane, as a worker reads them: point-wise ones of some kinds, whose
/// operands mostly die.
class Stream {
 public:
  explicit Stream(bool repeats) {
    for (Op op : {Op::mul, Op::div, Op::maximum, Op::minimum, Op::pow})
      for (std::uint8_t rank = 1; rank < 5; ++rank) add_kind(op, 2, rank);
    for (Op op : {Op::relu, Op::exp, Op::tanh, Op::neg})
      for (std::uint8_t rank = 1; rank < 5; ++rank) add_kind(op, 1, rank);
    std::mt19937_64 random(1);
    InstructionWriter writer(InstructionForm::planned, words_);
    for (std::size_t k = 0; k < kInstructions; ++k) {
      if (k % kStep == 0 && repeats) random.seed(1);
      if (k % (10 * kStep) == 0) append(writer, 0, 0);
      append(writer, static_cast<KindId>(random() % kinds_.size()), random() % 4);
    }
  }

  [[nodiscard]] const std::vector<std::uint64_t>& words() const noexcept { return words_; }
  [[nodiscard]] const std::vector<ResolvedKind>& kinds() const noexcept { return kinds_; }
  [[nodiscard]] const KindCatalog& catalog() const noexcept { return catalog_; }
  [[nodiscard]] auto reader() const {
    return InstructionReader(InstructionForm::planned, std::span<const std::uint64_t>(words_),
                             [this](KindId id) { return &kinds_[id]; });
  }

 private:
  void add_kind(Op op, std::size_t operands, std::uint8_t rank) {
    Kind kind;
    kind.op = op;
    kind.operands.assign(operands, {OperandMeta::Form::tensor, DType::kFloat32, rank});
    kinds_.push_back(resolve(std::move(kind)));
    catalog_.define(static_cast<KindId>(kinds_.size() - 1), kinds_.back());
  }

  /// The first operand is the last result, which dies, the second one of four weights.
  void append(InstructionWriter& writer, KindId kind, std::uint64_t weight) {
    const ValueId operands[] = {last_, kWeights + weight};
    const std::size_t header =
        writer.append(kind, kinds_[kind], 0, last_ + 1, {operands, kinds_[kind].operand_words}, {});
    InstructionWriter::mark_dead(words_, header, 0);
    ++last_;
  }

  std::vector<ResolvedKind> kinds_;
  KindCatalog catalog_;
  std::vector<std::uint64_t> words_;
  ValueId last_ = make_value_id(2, 1);
};

/// Instructions a second through recording, detection and matching; `expected` executions at least
/// must be matched.
double recognise(const Stream& stream, std::size_t expected) {
  const Stopwatch watch;
  const DetectorOptions options;
  History history(Detector::history_elements(options));
  LaneRecorder recorder(history, stream.catalog());
  Detector detector(history, stream.catalog(), options);
  Matcher matcher(history, stream.catalog());
  std::size_t instructions = 0, executions = 0;
  auto reader = stream.reader();
  for (Instruction instruction; reader.next(instruction); ++instructions) {
    if (!recorder.take(instruction, instruction.first_output)) continue;
    for (const Resolution& resolution : matcher.advance())
      executions += resolution.form == Resolution::Form::complete ? 1 : 0;
    for (sequence::UnitId unit : detector.advance()) matcher.add(unit, detector.unit(unit));
  }
  const double rate = static_cast<double>(instructions) / watch.seconds();
  if (executions < expected) throw std::runtime_error("the loop was not recognised");
  return rate;
}

/// Instructions a second through a loop that copies their records.
double copy(const Stream& stream) {
  const Stopwatch watch;
  std::vector<std::uint64_t> copied;
  std::size_t instructions = 0;
  auto reader = stream.reader();
  for (Instruction instruction; reader.next(instruction); ++instructions) {
    copied.push_back(instruction.kind_id);
    copied.push_back(instruction.first_output);
    copied.insert(copied.end(), instruction.operand_words.begin(), instruction.operand_words.end());
    if (copied.size() > (std::size_t{1} << 16)) copied.clear();
  }
  return static_cast<double>(instructions) / watch.seconds();
}

Comparison compare_detection(bool repeats, int pairs) {
  const Stream stream(repeats);
  const std::size_t expected = repeats ? kInstructions / kStep * 9 / 10 : 0;
  return compare([&] { return recognise(stream, expected); }, [&] { return copy(stream); }, pairs);
}

}  // namespace

Comparison detect(int pairs) { return compare_detection(true, pairs); }
Comparison detect_nothing(int pairs) { return compare_detection(false, pairs); }

}  // namespace gt::bench
