#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/guarded.h"

namespace capstan::log {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto created = std::make_shared<spdlog::logger>("capstan", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    created->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    return created;
  }();
  return *instance;
}

using Filter = std::function<std::string(std::string_view)>;

Guarded<Filter>& filter() {
  static Guarded<Filter> instance;
  return instance;
}

// A line from outside must not be able to forge another one or to drive a terminal.
std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

void write(spdlog::level::level_enum level, std::string_view part, std::string_view message) {
  if (!logger().should_log(level)) return;
  const std::string allowed =
      filter().read([&](const Filter& apply) { return apply ? apply(message) : std::string(message); });
  logger().log(level, "{}: {}", part, escape(allowed));
}

}  // namespace

void set_level(Level level) {
  switch (level) {
    case Level::kDebug: return logger().set_level(spdlog::level::debug);
    case Level::kInfo: return logger().set_level(spdlog::level::info);
    case Level::kWarning: return logger().set_level(spdlog::level::warn);
    case Level::kError: return logger().set_level(spdlog::level::err);
  }
}

void set_filter(Filter wanted) {
  filter().write([&](Filter& current) { current = std::move(wanted); });
}

void debug(std::string_view part, std::string_view message) { write(spdlog::level::debug, part, message); }
void info(std::string_view part, std::string_view message) { write(spdlog::level::info, part, message); }
void warning(std::string_view part, std::string_view message) { write(spdlog::level::warn, part, message); }
void error(std::string_view part, std::string_view message) { write(spdlog::level::err, part, message); }

}  // namespace capstan::log
