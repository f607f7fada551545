#include "foresee/made_pods.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::foresee {
namespace {

bool has_ended(const Json& pod) {
  const std::string& phase = pod["status"]["phase"].string_or_empty();
  return phase == "Succeeded" || phase == "Failed" || pod["metadata"]["deletionTimestamp"].is_string();
}

bool is_owned_by(const Json& object, std::string_view kind, std::string_view name) {
  const Json& owner = controller_of(object);
  return owner["kind"].string_or_empty() == kind && owner["name"].string_or_empty() == name;
}

// A container's resources with the defaults of a limit range of its namespace.
Json with_defaults(const Json& resources, const Json& range) {
  Json limits = resources["limits"], requests = resources["requests"];
  for (const auto& [name, amount] : range["default"].members()) {
    if (!limits.contains(name)) limits.set(name, amount);
  }
  for (const auto& [name, amount] : range["defaultRequest"].members()) {
    if (!requests.contains(name) && !resources["limits"].contains(name)) requests.set(name, amount);
  }
  Json filled = Json::object();
  if (!limits.is_null()) filled.set("limits", std::move(limits));
  if (!requests.is_null()) filled.set("requests", std::move(requests));
  return filled;
}

template <class Use>
void each_limit(const ClusterObjects& objects, std::string_view space, std::string_view type, const Use& use) {
  for (const auto& [key, range] : objects.of("LimitRange")) {
    if (space_of(range) != space) continue;
    for (const Json& limit : range["spec"]["limits"].items()) {
      if (limit["type"].string_or_empty() == type) use(name_of(range), limit);
    }
  }
}

}  // namespace

int64_t wanted_replicas(const Json& workload) {
  const std::string& type = workload["kind"].string_or_empty();
  if (type == "Job") return workload["spec"]["suspend"].bool_or(false) ? 0 : workload["spec"]["parallelism"].int_or(1);
  return workload["spec"]["replicas"].int_or(1);
}

Json make_pod(const Json& workload, std::string name, const ClusterObjects& objects) {
  const Json& made = workload["spec"]["template"];
  const std::string space = space_of(workload);
  Json metadata = made["metadata"];
  metadata.set("name", std::move(name));
  metadata.set("namespace", space);
  metadata.set(
      "ownerReferences",
      Json::array({Json::object({{"kind", workload["kind"]}, {"name", name_of(workload)}, {"controller", true}})}));
  Json spec = made["spec"];
  for (std::string_view member : {"containers", "initContainers"}) {
    if (!spec.contains(member)) continue;
    Json containers = Json::array();
    for (Json container : spec[member].items()) {
      each_limit(objects, space, "Container", [&](const std::string&, const Json& limit) {
        container.set("resources", with_defaults(container["resources"], limit));
      });
      containers.push_back(std::move(container));
    }
    spec.set(member, std::move(containers));
  }
  const Json* runtime = objects.find("RuntimeClass", "", spec["runtimeClassName"].string_or_empty());
  if (runtime != nullptr && (*runtime)["overhead"]["podFixed"].is_object()) {
    spec.set("overhead", (*runtime)["overhead"]["podFixed"]);
  }
  return Json::object(
      {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", std::move(metadata)}, {"spec", std::move(spec)}});
}

std::vector<const Json*> pods_of(const Json& workload, const ClusterObjects& objects) {
  const std::string space = space_of(workload);
  const std::string& type = workload["kind"].string_or_empty();
  std::vector<std::pair<std::string, std::string>> makers = {{type, name_of(workload)}};
  if (type == "Deployment") {
    for (const auto& [key, set] : objects.of("ReplicaSet")) {
      if (space_of(set) == space && is_owned_by(set, type, name_of(workload))) {
        makers.emplace_back("ReplicaSet", name_of(set));
      }
    }
  }
  std::vector<const Json*> pods;
  const ClusterObjects::OfType& all = objects.of("Pod");
  for (auto at = all.lower_bound(space + "/"); at != all.end() && at->first.starts_with(space + "/"); ++at) {
    const auto made_it = [&](const auto& maker) { return is_owned_by(at->second, maker.first, maker.second); };
    if (!has_ended(at->second) && std::ranges::any_of(makers, made_it)) pods.push_back(&at->second);
  }
  return pods;
}

QuotaBook::QuotaBook(const ClusterObjects& objects) : objects_(objects) {
  for (const auto& [key, quota] : objects.of("ResourceQuota")) {
    // One for some pods only is not counted: which pods is up to more than they say.
    if (!quota["spec"]["scopes"].items().empty() || quota["spec"]["scopeSelector"].is_object()) continue;
    Quota known{.space = space_of(quota), .name = name_of(quota), .hard = {}, .used = {}};
    for (const auto& [name, amount] : quota["spec"]["hard"].members()) {
      const bool is_cpu = name == "cpu" || name.ends_with(".cpu");
      const Amounts read = names_.read(Json::object({{is_cpu ? "cpu" : name, amount}}));
      known.hard.emplace_back(name, amount_of(read, names_.number_of(is_cpu ? "cpu" : name)));
    }
    quotas_.push_back(std::move(known));
  }
  if (quotas_.empty()) return;
  for (const auto& [key, pod] : objects.of("Pod")) {
    if (has_ended(pod)) continue;
    for (Quota& quota : quotas_) {
      if (quota.space != space_of(pod)) continue;
      for (const auto& [name, amount] : counted(pod)) quota.used[name] += amount;
    }
  }
}

// What a pod adds, by the names that quotas use.
std::map<std::string, int64_t> QuotaBook::counted(const Json& pod) {
  std::map<std::string, int64_t> all;
  const Amounts requests = pod_requests(pod["spec"], names_);
  for (size_t i = 0; i < requests.size(); ++i) {
    all["requests." + names_.name(i)] = requests[i];
    if (i <= kStorage) all[names_.name(i)] = requests[i];
  }
  all["pods"] = all["count/pods"] = 1;
  for (const Json& container : pod["spec"]["containers"].items()) {
    const Amounts amounts = names_.read(container["resources"]["limits"]);
    for (size_t i = 0; i < amounts.size(); ++i) all["limits." + names_.name(i)] += amounts[i];
  }
  return all;
}

std::string QuotaBook::above_limit_range(const Json& pod) {
  std::string problem;
  const auto look = [&](const std::string& range, const Json& limit, const Amounts& amounts, std::string_view what) {
    const Amounts most = names_.read(limit["max"]);
    for (size_t i = 0; i < most.size(); ++i) {
      if (most[i] == 0 || amount_of(amounts, i) <= most[i] || !problem.empty()) continue;
      problem = fmt::format("limit range {}: {} asks for {} {}, at most {} is allowed", range, what,
                            names_.text(i, amounts[i]), names_.name(i), names_.text(i, most[i]));
    }
  };
  const std::string space = space_of(pod);
  for (const Json& container : pod["spec"]["containers"].items()) {
    Json asked = container["resources"]["requests"];
    for (const auto& [name, amount] : container["resources"]["limits"].members()) asked.set(name, amount);
    each_limit(objects_, space, "Container", [&](const std::string& range, const Json& limit) {
      look(range, limit, names_.read(asked), "a container");
    });
  }
  each_limit(objects_, space, "Pod", [&](const std::string& range, const Json& limit) {
    look(range, limit, pod_requests(pod["spec"], names_), "the pod");
  });
  return problem;
}

std::string QuotaBook::admit(const Json& pod) {
  if (std::string problem = above_limit_range(pod); !problem.empty()) return problem;
  if (quotas_.empty()) return "";
  const std::map<std::string, int64_t> more = counted(pod);
  const std::string space = space_of(pod);
  for (const Quota& quota : quotas_) {
    if (quota.space != space) continue;
    for (const auto& [name, hard] : quota.hard) {
      const auto adds = more.find(name);
      if (adds == more.end() || adds->second == 0) continue;
      const auto used = quota.used.find(name);
      const int64_t before = used == quota.used.end() ? 0 : used->second;
      if (before + adds->second <= hard) continue;
      const size_t dot = name.find('.');
      const size_t number = names_.number_of(dot == std::string::npos ? name : name.substr(dot + 1));
      return fmt::format("quota {}: {} of {} {} are used, the pod asks for {}", quota.name, names_.text(number, before),
                         names_.text(number, hard), name, names_.text(number, adds->second));
    }
  }
  for (Quota& quota : quotas_) {
    if (quota.space != space) continue;
    for (const auto& [name, amount] : more) quota.used[name] += amount;
  }
  return "";
}

void QuotaBook::release(const Json& pod) {
  const std::string space = space_of(pod);
  for (Quota& quota : quotas_) {
    if (quota.space != space) continue;
    for (const auto& [name, amount] : counted(pod)) quota.used[name] -= amount;
  }
}

}  // namespace capstan::foresee
