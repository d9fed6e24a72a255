// What GT_SAVE_COMPILED_CODE shows of the way from a recording to kernels.
#pragma once

#include <string>
#include <string_view>

#include "common/graph/graph.h"
#include "worker/hotpath/compile_choices.h"

namespace gt::worker::hotpath {

/// Writes files `NAME.<what>` into the folder of the choices; nothing if there is none. A file that
/// cannot be written is reported once and left out.
class GraphFiles {
 public:
  explicit GraphFiles(const CompileChoices& choices) : choices_(choices) {}

  /// `NAME.<step>.<pass>.graph`, where steps are counted.
  void write(std::string_view pass, const graph::Graph& graph);
  void write_text(std::string_view what, std::string_view text);

 private:
  const CompileChoices& choices_;
  int steps_ = 0;
  bool has_failed_ = false;
};

}  // namespace gt::worker::hotpath
