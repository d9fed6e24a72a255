#include "tests/bench/compile_events.h"

#include <stdexcept>
#include <string_view>

namespace gt::bench {
namespace {

constexpr std::string_view kCompile = "| COMPILE ";
constexpr std::string_view kSeconds = " seconds=";

bool holds(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

}  // namespace

const CompileEvents& CompileEventReader::read() {
  if (!file_.is_open()) file_.open(path_);
  file_.clear();  // of the end that it came to before
  for (std::string line; std::getline(file_, line);) {
    rest_ += line;
    if (file_.eof()) break;
    read_line(rest_);
    rest_.clear();
  }
  return events_;
}

void CompileEventReader::read_line(const std::string& line) {
  if (!holds(line, kCompile)) return;
  if (holds(line, "| Failed ") || holds(line, "| Mismatch ")) throw std::runtime_error(line);
  if (holds(line, "| Starting ")) ++events_.started;
  if (holds(line, "| Validated ")) ++events_.validated;
  if (!holds(line, "| Complete ")) return;
  ++events_.complete;
  events_.seconds += std::stod(line.substr(line.find(kSeconds) + kSeconds.size()));
}

}  // namespace gt::bench
