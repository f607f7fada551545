#include "connect/host/host_config.h"

#include <sys/utsname.h>

#include <functional>
#include <set>

namespace capstan::host {
namespace {

DeclaredService parse_service(const ConfigNode& node, MapReader& parent) {
  DeclaredService service;
  MapReader reader(node, "a service");
  service.name = reader.required_string("name");
  service.start = reader.string_or("start", "");
  service.stop = reader.string_or("stop", "");
  service.user = reader.string_or("user", "");
  service.wanted_running = reader.one_of("wanted", {"running", "stopped"}, "running") == "running";
  service.time_limit = reader.duration_or("time_limit", service.time_limit);
  if (const ConfigNode* match = reader.required_node("match", ConfigNode::Kind::kMap)) {
    MapReader matching(*match, "a service's match");
    service.match.executable = matching.string_or("exe", "");
    service.match.command = matching.string_or("command", "");
    service.match.pid_file = matching.string_or("pidfile", "");
    service.match.port = static_cast<int>(matching.int_or("port", 0, 1, 65535));
    const bool empty = service.match.executable.empty() && service.match.command.empty() &&
                       service.match.pid_file.empty() && service.match.port == 0;
    if (empty) matching.problem(*match, "a service's match needs one of exe, command, pidfile and port");
    reader.absorb(matching.finish());
  }
  if (service.name.find_first_of("/: \t\n") != std::string::npos) {
    reader.problem(node, "a service's name cannot contain blanks, '/' or ':'");
  }
  parent.absorb(reader.finish());
  return service;
}

LogSource parse_log(const ConfigNode& node, MapReader& parent) {
  LogSource source;
  if (node.is_map()) {
    MapReader reader(node, "a log");
    source.path = reader.required_string("path");
    source.labels = reader.string_map("labels");
    parent.absorb(reader.finish());
  } else {
    source.path = node.scalar;
  }
  if (source.path.empty() || source.path.front() != '/')
    parent.problem(node, "a log needs an absolute path or pattern");
  return source;
}

void parse_list(MapReader& reader, std::string_view key, const std::function<void(const ConfigNode&)>& each) {
  const ConfigNode* list = reader.node(key);
  if (list == nullptr) return;
  if (!list->is_sequence()) {
    reader.problem(*list, "'" + std::string(key) + "' must be a list, not " + std::string(list->describe()));
    return;
  }
  for (const ConfigNode& item : list->items) each(item);
}

void parse_work(const ConfigNode& node, WorkRules& rules, MapReader& parent) {
  MapReader reader(node, "the rules of work");
  rules.window = reader.duration_or("window", rules.window);
  rules.busy_share = reader.number_or("busy_share", rules.busy_share);
  if (rules.window < Duration(1'000) || rules.window > Duration(300'000))
    reader.problem(node, "'window' must be between 1s and 5m");
  if (rules.busy_share <= 0 || rules.busy_share > 1) reader.problem(node, "'busy_share' must be above 0 and at most 1");
  parent.absorb(reader.finish());
}

}  // namespace

HostConfig default_host_config() {
  HostConfig config;
  for (const char* path : {"/var/log/**/*.log", "/var/log/syslog", "/var/log/messages"})
    config.logs.push_back({path, {}});
  return config;
}

Result<HostConfig> parse_host_config(const ConfigNode& node) {
  HostConfig config = default_host_config();
  MapReader reader(node, "the host's configuration");
  config.name = reader.string_or("name", "");
  config.job = reader.string_or("job", config.job);
  std::set<std::string> names;
  parse_list(reader, "services", [&](const ConfigNode& item) {
    config.services.push_back(parse_service(item, reader));
    if (!names.insert(config.services.back().name).second) {
      reader.problem(item, "there is already a service named '" + config.services.back().name + "'");
    }
  });
  if (reader.has("logs")) config.logs.clear();
  parse_list(reader, "logs", [&](const ConfigNode& item) { config.logs.push_back(parse_log(item, reader)); });
  config.log_lines_per_second = reader.int_or("log_lines_per_second", config.log_lines_per_second, 1, 1'000'000);
  if (const ConfigNode* journal = reader.node("journal"); journal && journal->scalar.starts_with('/'))
    config.journal_directory = journal->scalar;
  else
    config.journal = reader.bool_or("journal", config.journal);
  if (const ConfigNode* scripts = reader.node("scripts")) {
    MapReader scripting(*scripts, "the scripts");
    config.scripts_directory = scripting.required_string("directory");
    config.script_user = scripting.string_or("user", "");
    reader.absorb(scripting.finish());
  }
  if (const ConfigNode* work = reader.node("work")) parse_work(*work, config.work, reader);
  if (Status finished = reader.finish(); !finished) return fail(finished.error());
  return config;
}

std::string kernel_host_name() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "localhost";
}

}  // namespace capstan::host
