#include "foresee/placement_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace capstan::foresee {
namespace {

constexpr size_t kMostNames = 20;  // Of pods that share one explanation.
constexpr size_t kMostVerdicts = 200;

std::string full_name(const SchedulePod& pod) { return fmt::format("{}/{}", pod.space, pod.name); }

Json explanation_json(ScheduleWorld& world, const Unplaced& unplaced) {
  Json json = Json::object({{"says", unplaced.says}});
  // Nodes with the same reasons together.
  std::map<std::vector<std::string>, std::vector<std::string>> by_reason;
  for (const NodeVerdict& verdict : unplaced.nodes) by_reason[verdict.reasons].push_back(world.node(verdict.node).name);
  Json nodes = Json::array();
  for (const auto& [reasons, names] : by_reason) {
    Json reason_list = Json::array(), name_list = Json::array();
    for (const std::string& reason : reasons) reason_list.push_back(reason);
    for (const std::string& name : names) {
      if (name_list.items().size() < kMostVerdicts) name_list.push_back(name);
    }
    nodes.push_back(Json::object({{"reasons", std::move(reason_list)},
                                  {"count", static_cast<int64_t>(names.size())},
                                  {"nodes", std::move(name_list)}}));
  }
  json.set("nodes", std::move(nodes));
  Json remedies = Json::array();
  for (const Remedy& remedy : unplaced.remedies) remedies.push_back(remedy.says);
  json.set("remedies", std::move(remedies));
  if (unplaced.preemption) {
    Json victims = Json::array();
    for (const PodNumber victim : unplaced.preemption->victims) victims.push_back(full_name(world.pod(victim)));
    json.set("preemption",
             Json::object({{"node", world.node(unplaced.preemption->node).name}, {"victims", std::move(victims)}}));
  }
  return json;
}

Json share_json(const ScheduleWorld& world, size_t resource, int64_t used, int64_t all) {
  return Json::object({{"used", world.names().text(resource, used)},
                       {"of", world.names().text(resource, all)},
                       {"share", all > 0 ? static_cast<double>(used) / static_cast<double>(all) : 0.0}});
}

}  // namespace

Json unplaced_json(ScheduleWorld& world, const std::vector<PodNumber>& pods) {
  std::map<std::pair<std::string, ShapeNumber>, std::vector<PodNumber>> alike;
  std::vector<std::pair<std::string, ShapeNumber>> order;
  for (const PodNumber pod : pods) {
    const SchedulePod& one = world.pod(pod);
    const std::pair key{one.space + "/" + (one.owner.empty() ? one.name : one.owner), one.shape};
    if (!alike.contains(key)) order.push_back(key);
    alike[key].push_back(pod);
  }
  Json list = Json::array();
  Scheduler scheduler(world);
  for (const auto& key : order) {
    const std::vector<PodNumber>& some = alike[key];
    Json json = explanation_json(world, scheduler.explain(some[0]));
    Json names = Json::array();
    for (const PodNumber pod : some) {
      if (names.items().size() < kMostNames) names.push_back(full_name(world.pod(pod)));
    }
    json.set("count", static_cast<int64_t>(some.size()));
    json.set("pods", std::move(names));
    json.set("owner", world.pod(some[0]).owner);
    json.set("requests", world.names().write(world.shape(key.second).requests));
    json.set("priority", world.shape(key.second).priority);
    list.push_back(std::move(json));
  }
  return list;
}

Json scale_up_json(const ScaleUp& plan) {
  Json options = Json::array(), choices = Json::array();
  for (const GroupOption& option : plan.options) {
    Json json = Json::object({{"group", option.group},
                              {"pods", static_cast<int64_t>(option.pods)},
                              {"nodes", static_cast<int64_t>(option.nodes)},
                              {"at_limit", option.at_limit},
                              {"idle_cpu", option.idle_cpu},
                              {"idle_memory", option.idle_memory},
                              {"says", option.says}});
    if (option.room) json.set("room", *option.room);
    if (option.price_per_hour) json.set("price_per_hour", *option.price_per_hour);
    options.push_back(std::move(json));
  }
  for (const ExpanderChoice& choice : plan.choices) {
    choices.push_back(Json::object({{"expander", choice.expander}, {"group", choice.group}, {"says", choice.says}}));
  }
  return Json::object({{"groups", std::move(options)}, {"expanders", std::move(choices)}});
}

Json scale_down_json(const std::vector<NodeRemoval>& removals, const ScheduleWorld& world) {
  Json list = Json::array();
  for (const NodeRemoval& removal : removals) {
    Json blockers = Json::array();
    for (const std::string& blocker : removal.blockers) blockers.push_back(blocker);
    list.push_back(Json::object({{"node", world.node(removal.node).name},
                                 {"group", removal.group},
                                 {"utilisation", removal.utilisation},
                                 {"removable", removal.blockers.empty()},
                                 {"blockers", std::move(blockers)}}));
  }
  return list;
}

Json groups_json(const NodeGroups& groups, const ScheduleWorld& world) {
  Json list = Json::array();
  for (const NodeGroup& group : groups.all()) {
    const auto there = std::ranges::count_if(group.nodes, [&](NodeNumber node) { return !world.node(node).gone; });
    Json json = Json::object({{"name", group.spec.name},
                              {"nodes", static_cast<int64_t>(there)},
                              {"min", group.spec.min},
                              {"spot", group.spec.spot}});
    if (group.spec.max) json.set("max", *group.spec.max);
    if (group.spec.price_per_hour) json.set("price_per_hour", *group.spec.price_per_hour);
    if (group.model) json.set("allocatable", world.names().write(group.model->allocatable));
    list.push_back(std::move(json));
  }
  return list;
}

Json utilisation_json(const ScheduleWorld& world) {
  Amounts used, all;
  int64_t nodes = 0;
  for (const ScheduleNode& node : world.nodes()) {
    if (node.gone) continue;
    ++nodes;
    add(used, node.used);
    add(all, node.allocatable);
  }
  Json json = Json::object({{"nodes", nodes}});
  for (size_t i = 0; i < world.names().size(); ++i) {
    const int64_t has = amount_of(all, i), takes = amount_of(used, i);
    if (has > 0 && (i <= kPods || takes > 0)) json.set(world.names().name(i), share_json(world, i, takes, has));
  }
  return json;
}

Json cost_json(const NodeGroups& groups, const ScheduleWorld& world) {
  double sum = 0;
  bool any = false;
  for (const NodeGroup& group : groups.all()) {
    if (!group.spec.price_per_hour) continue;
    any = true;
    const auto there = std::ranges::count_if(group.nodes, [&](NodeNumber node) { return !world.node(node).gone; });
    sum += *group.spec.price_per_hour * static_cast<double>(there);
  }
  return any ? Json(sum) : Json();
}

std::string unplaced_text(const Json& unplaced) {
  std::string text;
  for (const Json& one : unplaced.items()) {
    const int64_t count = one["count"].int_or(1);
    const std::string& owner = one["owner"].string_or_empty();
    const std::string& first = one["pods"].items().empty() ? owner : one["pods"].items()[0].string_or_empty();
    text += count == 1 ? fmt::format("  {}\n", first) : fmt::format("  {} pods of {} ({} …)\n", count, owner, first);
    text += fmt::format("    {}\n", one["says"].string_or_empty());
    for (const Json& remedy : one["remedies"].items()) text += fmt::format("    or: {}\n", remedy.string_or_empty());
    const Json& preemption = one["preemption"];
    if (preemption.is_object()) {
      std::vector<std::string> victims;
      for (const Json& victim : preemption["victims"].items()) victims.push_back(victim.string_or_empty());
      text += fmt::format("    it would push out {} on {}\n", fmt::join(victims, ", "),
                          preemption["node"].string_or_empty());
    }
  }
  return text;
}

std::string scale_up_text(const Json& plan) {
  std::string text;
  for (const Json& option : plan["groups"].items()) {
    const std::string& name = option["group"].string_or_empty();
    if (option["pods"].int_or(0) == 0) {
      text += fmt::format("  {}: none ({})\n", name, option["says"].string_or_empty());
      continue;
    }
    text += fmt::format("  {}: {} pods on {} new nodes", name, option["pods"].int_or(0), option["nodes"].int_or(0));
    if (option["at_limit"].bool_or(false)) text += ", its maximum allows no more";
    if (option.contains("price_per_hour")) {
      text += fmt::format(", {:.4g} an hour more", option["price_per_hour"].number_or(0));
    }
    text += '\n';
  }
  for (const Json& choice : plan["expanders"].items()) {
    const std::string& group = choice["group"].string_or_empty();
    text += fmt::format("  expander {} takes {}: {}\n", choice["expander"].string_or_empty(),
                        group.empty() ? "…" : group, choice["says"].string_or_empty());
  }
  return text;
}

}  // namespace capstan::foresee
