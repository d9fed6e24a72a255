#include "worker/hotpath/graph_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "common/graph/print.h"
#include "common/log/logging.h"

namespace gt::worker::hotpath {

void GraphFiles::write(std::string_view pass, const graph::Graph& graph) {
  if (choices_.save_to.empty()) return;
  write_text(fmt::format("{:02}.{}.graph", steps_++, pass), to_text(graph));
}

void GraphFiles::write_text(std::string_view what, std::string_view text) {
  if (choices_.save_to.empty() || has_failed_) return;
  std::error_code error;
  std::filesystem::create_directories(choices_.save_to, error);
  const std::filesystem::path path =
      std::filesystem::path(choices_.save_to) / fmt::format("{}.{}", choices_.name, what);
  std::ofstream stream(path);
  stream << text;
  stream.close();
  if (stream) return;
  has_failed_ = true;
  logging::error(fmt::format("GT_SAVE_COMPILED_CODE: cannot write {}", path.string()));
}

}  // namespace gt::worker::hotpath
