// What-if questions as they are asked and answers as people read them.
#include <fmt/format.h>

#include <map>

#include "foresee/placement_json.h"
#include "foresee/whatif.h"

namespace capstan::foresee {
namespace {

constexpr size_t kMostLines = 30;  // Of one part; the JSON has all.

Result<std::vector<std::string>> names_of(const Json& body, std::string_view key) {
  std::vector<std::string> names;
  for (const Json& one : body[key].items()) {
    if (!one.is_string()) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be a list of names", key));
    names.push_back(one.string_or_empty());
  }
  if (!body[key].is_null() && !body[key].is_array()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be a list of names", key));
  }
  return names;
}

Result<std::vector<std::pair<std::string, int64_t>>> numbers_of(const Json& body, std::string_view key) {
  std::vector<std::pair<std::string, int64_t>> numbers;
  if (!body[key].is_null() && !body[key].is_object()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be a map of names to numbers", key));
  }
  for (const auto& [name, number] : body[key].members()) {
    numbers.push_back(TRY(read_assignment(fmt::format("{}={}", name, number.int_or(-1)))));
  }
  return numbers;
}

std::string percent(const Json& share) { return fmt::format("{:.0f}%", 100 * share.number_or(0)); }

std::string utilisation_text(const Json& both) {
  const Json& before = both["before"];
  const Json& after = both["after"];
  std::string text = fmt::format("nodes {} -> {}", before["nodes"].int_or(0), after["nodes"].int_or(0));
  for (const auto& [name, now] : after.members()) {
    if (!now.is_object()) continue;
    text += fmt::format(", {} {} -> {}", name, percent(before[name]["share"]), percent(now["share"]));
  }
  return text + "\n";
}

// "  ReplicaSet/web-5d: 7 on n1, 3 on n2"
std::string placed_text(const Json& placed) {
  std::map<std::string, std::map<std::string, int>> by_owner;
  for (const Json& one : placed.items()) {
    const std::string& pod = one["pod"].string_or_empty();
    const std::string& owner = one["owner"].string_or_empty();
    const std::string space = pod.substr(0, pod.find('/') + 1);
    ++by_owner[owner.empty() ? pod : space + owner][one["node"].string_or_empty()];
  }
  std::string text;
  size_t lines = 0;
  for (const auto& [owner, nodes] : by_owner) {
    if (++lines > kMostLines) {
      text += fmt::format("  … and pods of {} more\n", by_owner.size() - kMostLines);
      break;
    }
    std::vector<std::string> parts;
    for (const auto& [node, count] : nodes) {
      if (parts.size() < 10) parts.push_back(fmt::format("{} on {}", count, node));
    }
    if (nodes.size() > 10) parts.push_back(fmt::format("… on {} nodes in all", nodes.size()));
    text += fmt::format("  {}: {}\n", owner, fmt::join(parts, ", "));
  }
  return text;
}

template <class Line>
std::string lines_of(std::string_view head, const Json& list, const Line& line) {
  if (list.items().empty()) return "";
  std::string text = fmt::format("\n{}\n", head);
  for (size_t i = 0; i < list.items().size(); ++i) {
    if (i >= kMostLines) return text + fmt::format("  … and {} more\n", list.items().size() - kMostLines);
    text += fmt::format("  {}\n", line(list.items()[i]));
  }
  return text;
}

}  // namespace

Result<WhatIf> read_whatif(const Json& body) {
  WhatIf question;
  if (body["namespace"].is_string()) question.space = body["namespace"].string_or_empty();
  for (auto& [workload, count] : TRY(numbers_of(body, "replicas"))) question.replicas.push_back({workload, count});
  question.more_nodes = TRY(numbers_of(body, "add_nodes"));
  question.lost_zones = TRY(names_of(body, "lose_zones"));
  question.lost_nodes = TRY(names_of(body, "lose_nodes"));
  question.drained = TRY(names_of(body, "drain"));
  question.cordoned = TRY(names_of(body, "cordon"));
  for (const Json& group : body["new_groups"].items()) {
    // A group is written as in the settings; JSON is YAML, too.
    const auto nodes = TRY(parse_yaml(group.dump(), "new_groups"));
    if (!nodes.empty()) question.new_groups.push_back(TRY(read_node_group(nodes.front())));
  }
  ObjectDocuments change = read_objects(body["change"].string_or_empty(), "change");
  if (!change.problems.empty()) return fail(change.problems.front());
  question.change = std::move(change.documents);
  return question;
}

std::string whatif_text(const Json& answer) {
  const int64_t pending = answer["pods_pending"].int_or(0), refused = answer["pods_refused"].int_or(0);
  std::string text =
      fmt::format("{} pods would be placed, {} would stay pending", answer["pods_placed"].int_or(0), pending);
  if (refused > 0) text += fmt::format(", {} would not be made", refused);
  text += "\n" + utilisation_text(answer["utilisation"]);
  const Json& cost = answer["cost_per_hour"];
  if (cost["after"].is_number()) {
    text += fmt::format("cost an hour {:.4g} -> {:.4g}\n", cost["before"].number_or(0), cost["after"].number_or(0));
  }
  if (pending > 0) {
    text += "\nwould stay pending:\n" + unplaced_text(answer["pending"]);
    if (!answer["scale_up"]["groups"].items().empty()) {
      text += "\ngroups that would grow for them:\n" + scale_up_text(answer["scale_up"]);
    }
  }
  text += lines_of("would not be made:", answer["refused"], [](const Json& one) {
    return fmt::format("{} pods of {}: {}", one["count"].int_or(0), one["owner"].string_or_empty(),
                       one["says"].string_or_empty());
  });
  text += lines_of("would not be drained:", answer["blocked"], [](const Json& one) {
    return fmt::format("{} on {}: {}", one["pod"].string_or_empty(), one["node"].string_or_empty(),
                       one["says"].string_or_empty());
  });
  if (!answer["placed"].items().empty()) text += "\nwould be placed:\n" + placed_text(answer["placed"]);
  text += lines_of(
      "would end for good:",
      [&] {
        Json gone = Json::array();
        for (const Json& one : answer["evicted"].items()) {
          if (!one["comes_again"].bool_or(true)) gone.push_back(one);
        }
        return gone;
      }(),
      [](const Json& one) {
        return fmt::format("{} on {}: nothing would make it again", one["pod"].string_or_empty(),
                           one["node"].string_or_empty());
      });
  text += lines_of("note:", answer["notes"], [](const Json& one) { return one.string_or_empty(); });
  return text;
}

}  // namespace capstan::foresee
