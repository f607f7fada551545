#include "cli/plan_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "cli/command.h"

namespace capstan::cli {
namespace {

constexpr size_t kFewRows = 12;  // Plans of so many actions are shown action by action.

// What a person should see at a glance before saying yes.
std::string_view risk_of(const Json& action) {
  const std::string danger = action["danger"].string_or_empty();
  if (danger == "destructive") return "cannot be taken back";
  if (action["undoable"].bool_or(false)) return "can be undone";
  return danger == "safe" ? "safe" : "may be noticed";
}

// In the order in which they can begin: what comes before an action has a smaller number.
std::vector<size_t> stages_of(const Json::Array& actions) {
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < actions.size(); ++i) index[actions[i]["action"]["id"].string_or_empty()] = i;
  std::vector<size_t> stages(actions.size(), 0);
  // Plans list what comes first before what follows it, or nearly so; as many rounds as that takes.
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t i = 0; i < actions.size(); ++i) {
      for (const Json& before : actions[i]["action"]["after"].items()) {
        const auto found = index.find(before.string_or_empty());
        if (found == index.end() || stages[found->second] < stages[i]) continue;
        stages[i] = stages[found->second] + 1;
        moved = stages[i] <= actions.size();
      }
    }
  }
  return stages;
}

// Actions that are told in one line.
struct Alike {
  size_t stage = 0;
  const Json* first = nullptr;
  size_t count = 0;
  double an_hour = 0;
  std::string currency;  // "" where the price of none is known.
};

// "cloud.scale_group replicas=3": the verb and what it is told.
std::string what_of(const Json& action) {
  std::string text = cell(action["verb"]);
  for (const auto& [name, value] : action["parameters"].members()) text += fmt::format(" {}={}", name, cell(value));
  return text;
}

// What tells two rows apart. What an action said at its end is its own, and no reason for a line of its own when it
// went well.
std::string likeness(size_t stage, const Json& action) {
  const std::string state = cell(action["state"]);
  const std::string says = state == "succeeded" ? "" : cell(action["says"]);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", stage, what_of(action["action"]), risk_of(action), state, says,
                     cell(action["action"]["reason"]));
}

std::vector<Alike> alike(const Json::Array& actions, bool each) {
  const std::vector<size_t> stages = stages_of(actions);
  std::vector<Alike> groups;
  std::map<std::string, size_t> known;
  for (size_t i = 0; i < actions.size(); ++i) {
    const std::string key = each ? std::to_string(i) : likeness(stages[i], actions[i]);
    const auto [at, is_new] = known.emplace(key, groups.size());
    if (is_new) groups.push_back({.stage = stages[i], .first = &actions[i], .count = 0, .an_hour = 0, .currency = {}});
    Alike& group = groups[at->second];
    ++group.count;
    const Json& money = actions[i]["money"];
    if (money.is_null()) continue;
    group.an_hour += money["per_hour"].number_or(0);
    group.currency = money["currency"].string_or_empty();
  }
  std::ranges::stable_sort(groups, {}, &Alike::stage);
  return groups;
}

std::string amount(double value, const std::string& currency) {
  return currency.empty() ? "" : fmt::format("{:+.2f} {}", value, currency);
}

std::string because(const Alike& group) {
  const std::string says = cell((*group.first)["says"]);
  return says.empty() || group.count > 1 ? cell((*group.first)["action"]["reason"]) : says;
}

// What a plan waits for, and what went wrong in it, each with its id, which `capstan resolve` takes; the first of them.
void print_troubles(const Json& status) {
  constexpr size_t kMost = 3;
  const std::string id = cell(status["plan"]["id"]);
  const std::string waits = cell(status["waiting_for"]);
  if (!waits.empty() && waits != "approval") fmt::print("{} waits for {}\n", id, waits);
  size_t count = 0;
  for (const Json& action : status["actions"].items()) {
    const std::string state = cell(action["state"]);
    if (state != "failed" && state != "unknown" && state != "partial") continue;
    if (++count > kMost) continue;
    fmt::print("{} {}  {}  {} on {}: {}\n", id, state, cell(action["action"]["id"]), cell(action["action"]["verb"]),
               cell(action["action"]["target"]), cell(action["says"]));
  }
  if (count > kMost) fmt::print("{} and {} more: capstan plan {}\n", id, count - kMost, id);
}

std::string done_of(const Json& status) {
  const auto& actions = status["actions"].items();
  const auto ended = std::ranges::count_if(actions, [](const Json& action) {
    const std::string state = action["state"].string_or_empty();
    return state != "proposed" && state != "approved" && state != "running";
  });
  return fmt::format("{} of {}", ended, actions.size());
}

}  // namespace

std::string money_change(const Json& money) {
  return money.is_null() ? "" : amount(money["per_hour"].number_or(0), money["currency"].string_or_empty());
}

std::vector<std::vector<std::string>> plan_rows(const Json& status, bool each) {
  const Json::Array& actions = status["actions"].items();
  std::vector<std::vector<std::string>> rows;
  for (const Alike& group : alike(actions, each || actions.size() <= kFewRows)) {
    const Json& action = *group.first;
    const std::string target = cell(action["action"]["target"]);
    rows.push_back({fmt::format("  {}", group.stage + 1), what_of(action["action"]),
                    group.count == 1 ? target : fmt::format("{} and {} more", target, group.count - 1),
                    std::string(risk_of(action)), cell(action["state"]), amount(group.an_hour, group.currency),
                    because(group)});
  }
  return rows;
}

std::string grant_text(const Json& plan) {
  const Json& grant = plan["grant"];
  const auto& policies = grant["policies"].items();
  if (grant.is_null() || policies.empty()) return "";
  std::vector<std::string> names;
  for (const Json& each : policies) names.push_back(cell(each["policy"]));
  const size_t resources = grant["resources"].items().size();
  return fmt::format("approving it also lets {} act on {} without asking again", fmt::join(names, ", "),
                     resources == 0   ? "all that they select"
                     : resources == 1 ? cell(grant["resources"].items().front())
                                      : fmt::format("these {} resources", resources));
}

void print_plan(const Json& status, bool each) {
  const Json& plan = status["plan"];
  const std::string waits = cell(status["waiting_for"]);
  const std::string frozen = cell(status["frozen"]);
  // What waits because of a freeze alone says so once.
  fmt::print("{}  {}{}{}\n  {}\n", cell(plan["id"]), cell(status["state"]),
             waits.empty() || waits == frozen ? "" : ", waits for " + waits, frozen.empty() ? "" : ", " + frozen,
             cell(plan["title"]));
  std::vector<std::string> head = kPlanHead;
  auto rows = plan_rows(status, each);
  const size_t money = 5;
  if (std::ranges::all_of(rows, [&](const auto& row) { return row[money].empty(); })) {
    head.erase(head.begin() + money);
    for (auto& row : rows) row.erase(row.begin() + money);
  }
  print_table(head, rows);
  for (const Json& sum : status["money"].items()) fmt::print("  changes what runs by {} an hour\n", money_change(sum));
  if (!plan["verify"].string_or_empty().empty()) fmt::print("  checked by {}\n", cell(plan["verify"]));
  const std::string grant = status["state"].string_or_empty() == "proposed" ? grant_text(plan) : "";
  if (!grant.empty()) fmt::print("  {}\n", grant);
}

std::string one_line(std::string text, size_t longest) {
  std::ranges::replace(text, '\n', ' ');
  if (text.size() <= longest) return text;
  const size_t comma = text.rfind(", ", longest);
  if (comma != std::string::npos && comma > longest / 2) return text.substr(0, comma) + ", …";
  size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // Not within a character.
  return text.substr(0, end) + "…";
}

std::string money_changes(const Json& sums) {
  std::string text;
  for (const Json& sum : sums.items()) text += (text.empty() ? "" : ", ") + money_change(sum);
  return text;
}

void print_plan_list(const Json& plans) {
  if (plans.items().empty()) return fmt::print("there are no plans\n");
  constexpr size_t kLongestTitle = 100;
  std::vector<std::vector<std::string>> rows;
  for (const Json& status : plans.items()) {
    const Json& plan = status["plan"];
    const std::string title = one_line(cell(plan["title"]), kLongestTitle);
    const std::string waits = cell(status["waiting_for"]);
    rows.push_back({cell(plan["id"]), waits == "approval" ? "waits for approval" : cell(status["state"]),
                    done_of(status), short_time(plan["created"]), cell(plan["origin"]), money_changes(status["money"]),
                    title});
  }
  print_table({"ID", "STATE", "DONE", "SINCE", "ASKED BY", "AN HOUR", "WHAT"}, rows);
  for (const Json& status : plans.items()) print_troubles(status);
}

}  // namespace capstan::cli
