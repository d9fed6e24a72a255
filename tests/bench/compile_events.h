// What an instruction log tells of compilation while it is being written.
#pragma once

#include <fstream>
#include <string>

namespace gt::bench {

/// Events so far, of all sequences.
struct CompileEvents {
  int started = 0, complete = 0, validated = 0;
  double seconds = 0;  ///< that the complete compilations took, as the worker measured
};

/// Follows the log of one cluster.
class CompileEventReader {
 public:
  /// The log need not be there yet.
  explicit CompileEventReader(std::string path) : path_(std::move(path)) {}

  /// What has been written by now. Throws std::runtime_error if a compilation has failed, or gave
  /// other results.
  const CompileEvents& read();

 private:
  void read_line(const std::string& line);

  std::string path_;
  std::ifstream file_;
  std::string rest_;  ///< a line whose end has not been written
  CompileEvents events_;
};

}  // namespace gt::bench
