// A part of a stretch that runs in one way.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/sequence/history.h"
#include "worker/hotpath/host.h"
#include "worker/hotpath/instruction_queue.h"
#include "worker/hotpath/segment_run.h"
#include "worker/hotpath/validation.h"

namespace gt::worker::hotpath {

/// Runs step by step the elements in front of a queue, and what stands between and right behind
/// them. One object serves a lane for all its pieces of one form.
class Piece {
 public:
  virtual ~Piece() = default;
  /// Returns false when it has ended; all of it has left the queue then.
  [[nodiscard]] virtual bool step() = 0;
};

/// Whether the program would be for the elements in front of `queue` if these left no more alive
/// than it makes: not if sizes or layouts differ, or a value is missing or poisoned.
[[nodiscard]] bool fits_but_for_lives(SegmentRun& run, const InstructionQueue& queue,
                                      ValueTable& values);
/// Results of the elements in front of `queue`, which `history` remembers, that somebody may name
/// afterwards and that the program does not make.
[[nodiscard]] std::vector<ResultPlace> find_missing(const SegmentRun& run,
                                                    const InstructionQueue& queue,
                                                    const sequence::History& history);
/// Whether the program is for the elements in front of `queue`.
[[nodiscard]] bool fits_here(SegmentRun& run, const InstructionQueue& queue,
                             const sequence::History& history, ValueTable& values);
/// The same; fills the call of `run` if it is.
[[nodiscard]] bool find_call(SegmentRun& run, const InstructionQueue& queue,
                             const sequence::History& history, ValueTable& values);

/// Called before an element runs eagerly.
using BeforeElement = std::function<void(const Instruction&)>;

/// Runs elements one by one.
class EagerPiece final : public Piece {
 public:
  EagerPiece(InstructionQueue& queue, Host& host) : queue_(queue), host_(host) {}
  /// The next piece: the first `elements` elements.
  void begin(std::uint64_t elements, BeforeElement before = {});
  bool step() override;

 private:
  InstructionQueue& queue_;
  Host& host_;
  std::size_t left_ = 0;
  BeforeElement before_;
};

/// Runs one segment by its program; eagerly where that throws before anything is overwritten.
class CompiledPiece final : public Piece {
 public:
  CompiledPiece(InstructionQueue& queue, Host& host) : queue_(queue), host_(host) {}
  CompiledPiece(const CompiledPiece&) = delete;
  CompiledPiece& operator=(const CompiledPiece&) = delete;
  ~CompiledPiece() override;
  /// The next piece: the call of `run`.
  void begin(SegmentRun& run);
  bool step() override;

 private:
  enum class State : std::uint8_t { waiting, running, eager };

  [[nodiscard]] std::size_t count_covered() const;
  void end_lives();
  [[nodiscard]] bool run();
  void store();
  [[nodiscard]] bool take_back();
  void poison(const std::exception& error);

  InstructionQueue& queue_;
  Host& host_;
  SegmentRun* run_ = nullptr;  ///< null between pieces
  std::size_t left_ = 0;       ///< instructions in front of the queue that are to be run
  std::size_t covered_ = 0;    ///< of these, what the program stands for
  State state_ = State::waiting;
};

/// Runs one segment eagerly, and then by its program, and compares.
class ValidatingPiece final : public Piece {
 public:
  using Done = std::function<void(Validation)>;

  ValidatingPiece(EagerPiece& eager, Host& host) : eager_(eager), host_(host) {}
  ValidatingPiece(const ValidatingPiece&) = delete;
  ValidatingPiece& operator=(const ValidatingPiece&) = delete;
  ~ValidatingPiece() override;
  /// The next piece: the call of `run`, which stands for what `eager` has begun with.
  void begin(SegmentRun& run, Done done);
  bool step() override;

 private:
  enum class State : std::uint8_t { eager, waiting, running };

  [[nodiscard]] bool has_failed_eagerly() const;
  [[nodiscard]] Validation compare_outputs();
  void end(Validation validation);

  EagerPiece& eager_;
  Host& host_;
  SegmentRun* run_ = nullptr;  ///< null between pieces
  Done done_;
  State state_ = State::eager;
};

/// How many instructions in front of the queue belong to the first `elements` elements: these,
/// and what stands before the next one.
[[nodiscard]] std::size_t count_items(const InstructionQueue& queue, std::uint64_t elements);

}  // namespace gt::worker::hotpath
