#include "scripts/gt/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <utility>

namespace gt::tool {
namespace {

/// `gt cache`, as far as the words were understood.
std::string command_at_hand(const CLI::App& app) {
  std::string names = app.get_name();
  for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
    command = command->get_subcommands().front();
    names += " " + command->get_name();
  }
  return names;
}

}  // namespace

void Command::add_option(const std::string& name, std::string& value, const std::string& help,
                         const std::vector<std::string>& choices) {
  CLI::Option* option = app_->add_option(name, value, help);
  if (!value.empty()) option->capture_default_str();
  if (!choices.empty()) option->check(CLI::IsMember(choices));
}

void Command::add_option(const std::string& name, int& value, const std::string& help) {
  app_->add_option(name, value, help);
}

void Command::add_option(const std::string& name, int& value, const std::string& help,
                         Range<int> range) {
  app_->add_option(name, value, help)->check(CLI::Range(range.least, range.most));
}

void Command::add_option(const std::string& name, double& value, const std::string& help,
                         Range<double> range) {
  app_->add_option(name, value, help)
      ->capture_default_str()
      ->check(CLI::Range(range.least, range.most));
}

void Command::add_flag(const std::string& name, bool& value, const std::string& help) {
  app_->add_flag(name, value, help);
}

void Command::set_footer(const std::string& footer) { app_->footer(footer); }

Command Command::add_command(const std::string& name, const std::string& help) {
  return {*app_->add_subcommand(name, help), *chosen_};
}

void Command::require_command(const std::string& what) {
  app_->require_subcommand(0, 1);
  app_->callback([app = app_, what] {
    if (app->get_subcommands().empty()) throw CLI::RequiredError(what);
  });
}

void Command::set_action(Action action) {
  app_->callback([chosen = chosen_, action = std::move(action)] { *chosen = action; });
}

void Command::set_action_on_rest(std::function<int(const std::vector<std::string>&)> action) {
  app_->set_help_flag();
  app_->prefix_command();
  app_->callback([app = app_, chosen = chosen_, action = std::move(action)] {
    *chosen = [action, rest = app->remaining()] { return action(rest); };
  });
}

CommandLine::CommandLine(const std::string& description, const std::string& name,
                         const std::string& version, const std::string& footer)
    : app_(std::make_unique<CLI::App>(description, name)) {
  app_->set_version_flag("--version", version);
  app_->footer(footer);
  app_->require_subcommand(0, 1);
}

CommandLine::~CommandLine() = default;

Command CommandLine::add_command(const std::string& name, const std::string& help) {
  return {*app_->add_subcommand(name, help), chosen_};
}

int CommandLine::run(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
    if (!chosen_) throw CLI::RequiredError("A subcommand");
  } catch (const CLI::Success& request) {
    return app_->exit(request);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {} (see {} --help)\n", app_->get_name(), error.what(),
               command_at_hand(*app_));
    return kUsageError;
  }
  return chosen_();
}

}  // namespace gt::tool
