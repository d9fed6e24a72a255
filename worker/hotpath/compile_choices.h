// What a compilation is told beside the recording.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/sequence/hash.h"

namespace gt::worker::hotpath {

/// Limits of fusion that may be faster or slower, and change no bit.
struct FusionCut {
  bool siblings = true;        ///< as in FusionOptions
  std::size_t max_nodes = 96;  ///< of a loop
};

struct CompileChoices {
  sequence::Hash128 structure;  ///< of the unit
  /// Than an earlier program, which missed executions: more is alive than earlier starts found.
  bool makes_more = false;
  /// Seconds that executions took for want of the program, where an earlier start has compiled for
  /// this one: code that is in no cache is made only if making it takes no longer.
  std::optional<double> spent;
  std::vector<std::string> disabled_passes;
  std::vector<bool> excluded_elements;  ///< of the recording: no kernel shall hold them
  bool tunes = false;                   ///< several plans and versions of kernels are tried
  bool captures = false;                ///< a GPU may capture it in graphs
  int threads = 1;                      ///< in which kernels run
  FusionCut cut;
  std::string save_to;  ///< folder for graphs and code; empty for none
  std::string name;     ///< prefix of the files there
};

}  // namespace gt::worker::hotpath
