#include "dispatcher/core/program_lines.h"

#include <fmt/format.h>

#include <algorithm>

namespace gt::dispatcher {
namespace {

using protocol::short_text;
using ReportEvent = protocol::SequenceReport::Event;

constexpr std::string_view kStaysEager = "the sequence stays eager";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// The lines of a text after its first.
std::vector<std::string> further_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != std::string::npos;) {
    const std::size_t begin = end + 1;
    end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return lines;
}

/// `2.3s`; short times with more digits.
std::string seconds_text(double seconds) {
  return fmt::format("{:.{}f}s", seconds, seconds < 0.1 ? 3 : 1);
}

/// How many times faster a program is; 0 if it was not measured.
double speedup(const protocol::SequenceReport& report) {
  return report.compiled_seconds > 0 ? report.seconds / report.compiled_seconds : 0;
}

std::vector<std::string> failure(const protocol::SequenceReport& report, bool is_whole) {
  std::vector<std::string> lines = {fmt::format("gt: compilation of {} failed: {}; {}",
                                                short_text(report.sequence),
                                                first_line(report.text), kStaysEager)};
  if (is_whole) {
    const std::vector<std::string> trace = further_lines(report.text);
    lines.insert(lines.end(), trace.begin(), trace.end());
  }
  return lines;
}

std::vector<std::string> detection(const protocol::SequenceReport& report, const Program& program) {
  return {fmt::format("[COMPILE] Detected hot sequence: {} (executed {} times)",
                      first_line(program.operations), program.executions),
          fmt::format("Sequence hash: {}", short_text(report.sequence)),
          fmt::format("Execution count: {}", program.executions), "Status: HOT PATH ✓"};
}

std::string_view command_of(ReportEvent event) {
  switch (event) {
    case ReportEvent::detected:
      return "Detected";
    case ReportEvent::compiling:
      return "Starting";
    case ReportEvent::ready:
      return "Complete";
    case ReportEvent::failed:
      return "Failed";
    case ReportEvent::validated:
      return "Validated";
    case ReportEvent::mismatched:
      return "Mismatch";
    case ReportEvent::entered:
      return "Entered";
    case ReportEvent::left:
      return "Left";
    case ReportEvent::measured:
      return "Measured";
    case ReportEvent::slow:
      return "Slow";
    case ReportEvent::recompiling:
      return "Recompiling";
    case ReportEvent::uncaptured:
      return "Uncaptured";
    case ReportEvent::counted:
      return "Counted";
  }
  return "";
}

/// What a line says behind sequence, session and worker.
std::string details_of(const protocol::SequenceReport& report) {
  switch (report.event) {
    case ReportEvent::detected:
      return fmt::format(" executions={} instructions={} ops={}", report.executions,
                         report.instructions, first_line(report.text));
    case ReportEvent::ready:
      return fmt::format(" seconds={:.3f}", report.seconds);
    case ReportEvent::failed:
    case ReportEvent::mismatched:
    case ReportEvent::recompiling:
    case ReportEvent::uncaptured:
      return fmt::format(" reason={}", first_line(report.text));
    case ReportEvent::entered:
      return fmt::format(" lane={}", report.lane);
    case ReportEvent::left:
      return fmt::format(" lane={} reason={}", report.lane, first_line(report.text));
    case ReportEvent::measured:
    case ReportEvent::slow:
      return fmt::format(" eager={:.9f}s compiled={:.9f}s", report.seconds,
                         report.compiled_seconds);
    case ReportEvent::compiling:
    case ReportEvent::validated:
    case ReportEvent::counted:
      return "";
  }
  return "";
}

}  // namespace

std::string tidy_text(std::string_view text) {
  std::size_t size = std::min(text.size(), kMaxReportText);
  if (size < text.size())  // not within a character of UTF-8
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0u) == 0x80u) --size;
  std::string tidy(text.substr(0, size));
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
  };
  std::replace_if(tidy.begin(), tidy.end(), is_control, ' ');
  return tidy;
}

std::vector<std::string> notices_of(const protocol::SequenceReport& report, const Program& program,
                                    const config::CompileSettings& settings) {
  const bool is_verbose = settings.debug;
  switch (report.event) {
    case ReportEvent::failed:
      return failure(report, settings.explains_recompiles);
    case ReportEvent::mismatched:
      return {fmt::format("gt: the program of {} gave other results than its instructions: {}; {}",
                          short_text(report.sequence), first_line(report.text), kStaysEager)};
    case ReportEvent::recompiling:
      if (!is_verbose && !settings.explains_recompiles) return {};
      return {fmt::format("[COMPILE] Recompiling sequence {}: {}", short_text(report.sequence),
                          first_line(report.text))};
    case ReportEvent::detected:
      return is_verbose ? detection(report, program) : std::vector<std::string>();
    case ReportEvent::compiling:
      if (!is_verbose) return {};
      return {"[COMPILE] Compiling sequence..."};
    case ReportEvent::ready:
      if (!is_verbose) return {};
      return {fmt::format("[COMPILE] Compilation complete ({})",
                          seconds_text(program.compile_seconds))};
    case ReportEvent::measured:
      if (!is_verbose || speedup(report) == 0) return {};
      return {fmt::format("[COMPILE] Speedup: {:.1f}x on subsequent executions", speedup(report))};
    case ReportEvent::slow:
      if (!is_verbose) return {};
      return {fmt::format("[COMPILE] Dropped {}: its program is no faster ({:.2f}x{}{}); {}",
                          short_text(report.sequence), speedup(report),
                          report.text.empty() ? "" : ", ", first_line(report.text), kStaysEager)};
    case ReportEvent::uncaptured:
      if (!is_verbose) return {};
      return {fmt::format("[COMPILE] {} runs call by call, and not by a graph of the GPU: {}",
                          short_text(report.sequence), first_line(report.text))};
    case ReportEvent::validated:
    case ReportEvent::entered:
    case ReportEvent::left:
    case ReportEvent::counted:
      return {};
  }
  return {};
}

std::vector<std::string> notices_of_loss(const std::vector<protocol::SequenceId>& dropped,
                                         const std::string& reason,
                                         const config::CompileSettings& settings) {
  std::vector<std::string> lines;
  if (settings.debug)
    for (const protocol::SequenceId& id : dropped)
      lines.push_back(
          fmt::format("[COMPILE] Dropped {}: {}; {}", short_text(id), reason, kStaysEager));
  return lines;
}

LogLine program_line(const protocol::SequenceReport& report, protocol::WorkerId worker) {
  return {"COMPILE", "WORKER", command_of(report.event),
          fmt::format("sequence={} session={} worker={}{}", short_text(report.sequence),
                      report.session, worker, details_of(report))};
}

LogLine dropped_line(const protocol::SequenceId& sequence, protocol::SessionId session,
                     protocol::WorkerId worker, const std::string& reason) {
  return {"COMPILE", "WORKER", "Dropped",
          fmt::format("sequence={} session={} worker={} reason={}", short_text(sequence), session,
                      worker, reason)};
}

}  // namespace gt::dispatcher
