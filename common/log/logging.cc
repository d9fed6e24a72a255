#include "common/log/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace gt::logging {
namespace {

using config::Variable;

const char* name_of(Component component) noexcept {
  switch (component) {
    case Component::client:
      return "gt client";
    case Component::dispatcher:
      return "gt dispatcher";
    case Component::worker:
      return "gt worker";
    case Component::tool:
      return "gt";
  }
  return "gt";
}

bool wants_details(Component component, const config::Environment& environment) {
  switch (component) {
    case Component::client:
      return environment.flag(Variable::debug_client);
    case Component::dispatcher:
      return environment.flag(Variable::debug_dispatcher);
    case Component::worker:
      return environment.flag(Variable::debug_worker);
    case Component::tool:
      return false;
  }
  return false;
}

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::error:
      return spdlog::level::err;
    case Level::warning:
      return spdlog::level::warn;
    case Level::info:
      return spdlog::level::info;
    case Level::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::err;
}

std::shared_ptr<spdlog::logger> make_logger(const char* name) {
  auto logger =
      std::make_shared<spdlog::logger>(name, std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::err);
  logger->set_pattern("%n: %v");
  logger->flush_on(spdlog::level::debug);
  return logger;
}

/// The process' logger. Replaced only by `set_up`, before other threads write.
std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = make_logger("gt");
  return instance;
}

}  // namespace

void set_up(Component component, const config::Environment& environment) {
  auto made = make_logger(name_of(component));
  if (environment.flag(Variable::verbose)) made->set_level(spdlog::level::info);
  if (wants_details(component, environment)) {
    made->set_level(spdlog::level::debug);
    made->set_pattern("%H:%M:%S.%e %n[%P/%t]: %v");
  }
  logger() = std::move(made);
}

bool is_enabled(Level level) noexcept { return logger()->should_log(to_spdlog(level)); }

void write(Level level, std::string_view message) noexcept {
  logger()->log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace gt::logging
