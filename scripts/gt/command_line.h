// The command line of a program with subcommands. CLI11 stands behind it and is included by one
// source alone: whatever includes it takes half a minute to compile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace gt::tool {

/// What the parsed command line asks for; gives the exit status.
using Action = std::function<int()>;

/// The exit status for a line that was not understood.
inline constexpr int kUsageError = 2;

/// Numbers that an option takes, both ends included.
template <typename Number>
struct Range {
  Number least;
  Number most;
};

/// A subcommand. Values of options are written when the line is parsed, and must live until then.
class Command {
 public:
  /// An option with a text; help shows the value that it has now, if it is not empty. With
  /// `choices`, one of them.
  void add_option(const std::string& name, std::string& value, const std::string& help,
                  const std::vector<std::string>& choices = {});
  void add_option(const std::string& name, int& value, const std::string& help);
  void add_option(const std::string& name, int& value, const std::string& help, Range<int> range);
  /// Help shows the value that it has now.
  void add_option(const std::string& name, double& value, const std::string& help,
                  Range<double> range);
  void add_flag(const std::string& name, bool& value, const std::string& help);
  void set_footer(const std::string& footer);

  /// A command of this command.
  [[nodiscard]] Command add_command(const std::string& name, const std::string& help);
  /// A line without one of its commands is a mistake, which says that `what` is required.
  void require_command(const std::string& what);

  /// What a line with this command does.
  void set_action(Action action);
  /// What a line with this command does, given all words after it, which nobody else interprets.
  void set_action_on_rest(std::function<int(const std::vector<std::string>&)> action);

 private:
  friend class CommandLine;
  Command(CLI::App& app, Action& chosen) noexcept : app_(&app), chosen_(&chosen) {}

  CLI::App* app_;
  Action* chosen_;
};

class CommandLine {
 public:
  CommandLine(const std::string& description, const std::string& name, const std::string& version,
              const std::string& footer);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  [[nodiscard]] Command add_command(const std::string& name, const std::string& help);

  /// Parses the line and does what it asks for; gives the exit status. Help and the version go to
  /// standard output, what is wrong with the line to standard error. Lets through what the action
  /// throws.
  [[nodiscard]] int run(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
  Action chosen_;
};

}  // namespace gt::tool
