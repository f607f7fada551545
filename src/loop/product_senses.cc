#include "loop/product_senses.h"

#include <fmt/format.h>

#include <algorithm>

#include "product/product_kinds.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostServers = 200;
constexpr size_t kMostChildren = 8;     // The first ones: workers and helpers, not one a connection.
constexpr uint64_t kSettlingLooks = 3;  // A process may still become the program that it is to run.
constexpr Duration kRemembered = std::chrono::hours(1);
constexpr Duration kReadAgain = std::chrono::seconds(30);
constexpr Duration kTolerance{200};  // Of the clocks of files and of processes.
constexpr Duration kWobble{100};
constexpr size_t kMostPending = 20;

std::string file_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

// What a configuration says, by what tells its places apart: to be compared with what it says later.
Json values_of(const product::ProductSpec& spec, const product::Configuration& configuration, bool only_restart) {
  Json values = Json::object();
  const auto add = [&](std::string key, const Json& row) {
    while (values.contains(key)) key += "'";
    values.set(key, Json::object({{"value", row["value"]}, {"file", row["file"]}, {"line", row["line"]}}));
  };
  for (const Json& row : configuration.settings.items()) {
    const std::string& name = row["name"].string_or_empty();
    const auto setting = std::ranges::find(spec.settings, name, &product::SettingSpec::name);
    const bool counts = !only_restart || (setting != spec.settings.end() && setting->applies == "restart");
    if (counts) add(name + " " + row["place"].string_or_empty(), row);
  }
  for (const Json& row : configuration.endpoints.items()) {
    const auto index = static_cast<size_t>(row["spec"].int_or(0));
    if (index >= spec.endpoints.size() || row["source"].string_or_empty() == "default") continue;
    const product::EndpointSpec& endpoint = spec.endpoints[index];
    if (!only_restart || endpoint.applies == "restart") add(endpoint.name + " ", row);
  }
  return values;
}

// The settings whose values differ, with what they were and are to be.
Json differences(const Json& before, const Json& after) {
  Json found = Json::array();
  for (const auto& [key, row] : after.members()) {
    if (row["value"] == before[key]["value"] || found.items().size() >= kMostPending) continue;
    const Json& where = row["file"].is_null() ? before[key] : row;
    found.push_back(
        Json::object({{"name", key.substr(0, key.find(' '))},
                      {"at", fmt::format("{}:{}", where["file"].string_or_empty(), where["line"].int_or(0))},
                      {"was", before[key]["value"].is_null() ? Json("nothing") : before[key]["value"]},
                      {"wanted", row["value"]}}));
  }
  for (const auto& [key, row] : before.members()) {
    if (after.contains(key) || found.items().size() >= kMostPending) continue;
    found.push_back(Json::object(
        {{"name", key.substr(0, key.find(' '))}, {"at", row["file"]}, {"was", row["value"]}, {"wanted", "nothing"}}));
  }
  return found;
}

}  // namespace

size_t ProductSenses::product_of(const host::Process& process, host::HostState& state) {
  Known& known = known_[process.key()];
  const bool is_settled = known.look != 0 && known.comm == process.comm && process.looks > kSettlingLooks;
  known.look = looks_;
  if (is_settled) return known.product;
  known.comm = process.comm;
  known.product = SIZE_MAX;
  std::optional<std::string> command;
  for (size_t i = 0; i < products_.size(); ++i) {
    const product::ProductSpec& spec = products_[i];
    const std::string program = file_name(process.identity.executable);
    const bool is_named = std::ranges::any_of(spec.process_names, [&](const std::string& name) {
      return product::matches_name(name, process.comm) || product::matches_name(name, program);
    });
    if (!is_named) continue;
    if (!command) {
      const auto text = state.proc().read(fmt::format("{}/cmdline", process.key().pid).c_str());
      command = text ? std::string(*text) : "";
    }
    const bool fits = std::ranges::all_of(
        spec.process_arguments, [&](const std::string& part) { return command->find(part) != std::string::npos; });
    if (fits) known.product = i;
    if (fits) break;
  }
  return known.product;
}

void ProductSenses::find_servers(host::HostState& state, Time now) {
  const auto& processes = state.processes().processes();
  std::vector<std::pair<int, size_t>> members;
  for (const auto& [pid, process] : processes) {
    if (process.stat.state == 'Z') continue;
    if (const size_t product = product_of(process, state); product != SIZE_MAX) members.emplace_back(pid, product);
  }
  std::erase_if(known_, [this](const auto& entry) { return entry.second.look != looks_; });
  std::ranges::sort(members);
  for (auto& [id, server] : servers_) server.running = false;
  for (const auto& [pid, product] : members) {
    // Workers and the like are part of the server that started them.
    const auto parent = processes.find(processes.at(pid).stat.parent);
    const auto parents = parent == processes.end() ? known_.end() : known_.find(parent->second.key());
    if (parents != known_.end() && parents->second.product == product) continue;
    meet(processes.at(pid), product, state, now);
  }
}

void ProductSenses::meet(const host::Process& process, size_t product, host::HostState& state, Time now) {
  host::ProcessTable& table = state.processes();
  auto found = std::ranges::find_if(servers_, [&](const auto& one) { return one.second.key == process.key(); });
  if (found == servers_.end()) {
    Server fresh;
    fresh.key = process.key();
    fresh.product = product;
    fresh.start = host::read_process_start(state.proc(), "/proc", process.key().pid);
    fresh.environment = host::read_process_environment(state.proc(), process.key().pid);
    fresh.in_force_since = table.started_at(process.key());
    read(fresh, now);
    const std::string main = fresh.configuration.main_file.empty() ? process.comm : fresh.configuration.main_file;
    const std::string id = fmt::format("{}/{}:{}", products_[product].kind, state.name(), main);
    if (servers_.size() >= kMostServers && !servers_.contains(id)) return;
    found = servers_.insert_or_assign(id, std::move(fresh)).first;
  }
  Server& server = found->second;
  server.running = true;
  server.last_seen = now;
  server.children.clear();
  Time since = table.started_at(process.key());
  for (const auto& [pid, child] : table.processes()) {
    if (child.stat.parent != process.key().pid) continue;
    server.children.push_back(pid);
    if (products_[product].children_apply_reload) since = std::max(since, table.started_at(child.key()));
  }
  std::ranges::sort(server.children);
  if (server.children.size() > kMostChildren) server.children.resize(kMostChildren);
  // Computed from the uptime, a start wobbles by milliseconds: the first answer is kept.
  if (std::chrono::abs(since - server.in_force_since) > kWobble) server.in_force_since = since;
}

void ProductSenses::read(Server& server, Time now) {
  product::LocalFiles files(server.start.root);
  Time changed_at;
  std::string stamp = files.stamp(server.configuration.paths, changed_at);
  const bool is_known = server.read_at != Time() && stamp == server.stamp;
  if (is_known && now - server.read_at < kReadAgain) return;
  product::Surroundings surroundings{.arguments = server.start.arguments,
                                     .environment = [&](std::string_view name) -> std::optional<std::string> {
                                       if (!server.environment) return std::nullopt;
                                       const auto variable = server.environment->find(name);
                                       return variable == server.environment->end() ? std::nullopt
                                                                                    : std::optional(variable->second);
                                     },
                                     .directory = server.start.directory,
                                     .is_whole_environment = server.environment.has_value()};
  product::Configuration configuration = read_configuration(products_[server.product], files, surroundings);
  // While a file is being replaced there is nothing to read: the last reading holds.
  const bool is_lost = configuration.paths.empty() && !server.configuration.paths.empty() && server.read_at != Time();
  if (!is_lost) server.configuration = std::move(configuration);
  server.changed_at = Time();
  server.stamp = files.stamp(server.configuration.paths, server.changed_at);
  server.read_at = now;
}

// What was last changed before the server took its configuration in is in force; what differs from that waits.
void ProductSenses::compare(Server& server) const {
  const product::ProductSpec& spec = products_[server.product];
  Json now = values_of(spec, server.configuration, spec.reload_is_silent);
  server.pending = Json::array();
  if (server.changed_at == Time() || server.changed_at <= server.in_force_since + kTolerance) {
    server.in_force = std::move(now);
  } else if (server.in_force) {
    server.pending = differences(*server.in_force, now);
  }
}

void ProductSenses::report(const std::string& id, const Server& server, host::HostState& state,
                           Observation& seen) const {
  const product::ProductSpec& spec = products_[server.product];
  const std::string& boot = state.processes().boot();
  Json fields = product::fields_of(spec, server.configuration);
  fields.set("host", state.name());
  fields.set("process", host::process_resource(boot, server.key));
  fields.set("pid", server.key.pid);
  fields.set("running", server.running);
  fields.set("in_force_since", format_time(server.in_force_since));
  if (server.changed_at != Time()) fields.set("changed_at", format_time(server.changed_at));
  if (!server.pending.items().empty()) fields.set("pending", server.pending);
  if (server.start.open_files_limit) fields.set("open_files_limit", *server.start.open_files_limit);
  if (server.start.memory_limit) fields.set("memory_limit", *server.start.memory_limit);
  seen.resources.push_back({.id = id, .kind = spec.kind, .name = spec.name, .labels = {}, .fields = std::move(fields)});
  if (!server.running) return;
  const auto relate = [&](const host::ProcessKey& key) {
    seen.relations.push_back({id, "runs_as", host::process_resource(boot, key), Origin::kDeclared});
  };
  relate(server.key);
  for (const int pid : server.children) {
    const auto child = state.processes().processes().find(pid);
    if (child != state.processes().processes().end()) relate(child->second.key());
  }
}

Observation ProductSenses::observe(host::HostState& state, Time now) {
  ++looks_;
  Observation seen{.scope = "products:" + state.name(),
                   .at = now,
                   .resources = {},
                   .relations = {},
                   .complete_kinds = {},
                   .departures = {}};
  for (const product::ProductSpec& product : products_) seen.complete_kinds.push_back(product.kind);
  find_servers(state, now);
  std::erase_if(servers_,
                [&](const auto& one) { return !one.second.running && now - one.second.last_seen >= kRemembered; });
  for (auto& [id, server] : servers_) {
    read(server, now);
    compare(server);
    report(id, server, state, seen);
  }
  return seen;
}

}  // namespace capstan::loop
