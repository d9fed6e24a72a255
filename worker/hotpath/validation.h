// What the comparison of one execution with its program has shown.
#pragma once

#include <cstdint>
#include <string>

namespace gt::worker::hotpath {

struct Validation {
  enum class Verdict : std::uint8_t {
    same,
    different,   ///< `text` says where, with both values
    unfinished,  ///< the program could not run: `text` says why
    undecided,   ///< the instructions failed by themselves, which says nothing of the program
  };
  Verdict verdict = Verdict::same;
  std::string text;
};

}  // namespace gt::worker::hotpath
