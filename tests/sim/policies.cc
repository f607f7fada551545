#include "sim/policies.h"

#include <fmt/format.h>

#include <array>

namespace capstan::sim {
namespace {

// Seoul knows no daylight saving: its clock is nine hours ahead of UTC. Every other hour of it is within `hours`.
bool in_hours(Time time) {
  const auto hours = std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
  return (hours + 9) % 2 == 0;
}

std::string every_other_hour() {
  std::string text;
  for (int hour = 0; hour < 24; hour += 2)
    text += fmt::format("{}{:02}:00-{:02}:00", text.empty() ? "" : ",", hour, hour + 1);
  return text;
}

std::string limits(Random& random) {
  constexpr std::array<std::string_view, 3> kTotals = {"2", "5", "100"};
  return fmt::format("limits: {{ in_flight: {}, rate: {}/min, total: {}, failures: {}, canary: {} }}\n",
                     1 + random.below(3), 2 + random.below(6), kTotals[random.below(3)], random.below(2),
                     random.below(2) == 0);
}

std::string approval(Random& random) {
  constexpr std::array<std::string_view, 4> kApprovals = {"none", "none", "ask", "standing"};
  return fmt::format("approve: {}\n", kApprovals[random.below(4)]);
}

bool has_label(const Resource& resource, std::string_view name, std::string_view value) {
  const auto found = resource.labels.find(name);
  return found != resource.labels.end() && found->second == value;
}

bool is_team(const Resource& resource, std::string_view team) { return has_label(resource, "team", team); }

WatchedPolicy hours(Random& random) {
  return {.name = "hours",
          .yaml = fmt::format("policy: hours\n"
                              "select: {{ kind: thing, labels: \"team=a\" }}\n"
                              "never: {{ labels: \"data=sensitive\" }}\n"
                              "keep: {{ state: running, is: [running], by: sim.start }}\n"
                              "during: daily {} Asia/Seoul\n"
                              "otherwise: {{ state: stopped, is: [stopped], by: sim.stop }}\n"
                              "cooldown: 2m\n{}{}{}",
                              every_other_hour(), limits(random), approval(random),
                              random.below(3) == 0 ? "verify: good\n" : ""),
          .may_touch = [](const Resource& thing) { return is_team(thing, "a") && !is_sensitive(thing); },
          .complaint = [](const Resource& thing, Time now) -> std::string {
            if (!is_team(thing, "a") || is_sensitive(thing)) return "";
            const std::string& state = thing.fields["state"].string_or_empty();
            const std::string wanted = in_hours(now) ? "running" : "stopped";
            if (state == "dead" || state == wanted) return "";
            return fmt::format("{} is {} and should be {}", thing.id, state, wanted);
          }};
}

WatchedPolicy filled(Random& random) {
  return {
      .name = "filled",
      .yaml = fmt::format("policy: filled\n"
                          "select: {{ kind: thing, labels: \"team=b\" }}\n"
                          "never: [ {{ labels: \"data=sensitive\" }}, {{ kind: thing, where: \"state = 'dead'\" }} ]\n"
                          "keep:\n"
                          "  - {{ is: has some, so: \"count >= 2\", by: sim.set, with: {{ field: count, to: 2 }} }}\n"
                          "cooldown: 2m\n{}{}",
                          limits(random), approval(random)),
      .may_touch =
          [](const Resource& thing) {
            return is_team(thing, "b") && !is_sensitive(thing) && thing.fields["state"] != Json("dead");
          },
      .complaint = [](const Resource& thing, Time) -> std::string {
        const bool dead = thing.fields["state"] == Json("dead");
        if (!is_team(thing, "b") || is_sensitive(thing) || dead || thing.fields["count"].int_or(0) >= 2) return "";
        return fmt::format("{} has {} of 2", thing.id, thing.fields["count"].dump());
      }};
}

WatchedPolicy round(Random& random) {
  return {.name = "round",
          .yaml = fmt::format("policy: round\n"
                              "when: {{ cron: \"*/10 * * * *\", zone: Asia/Seoul, catch_up: 5m }}\n"
                              "select: {{ kind: thing, labels: \"team=c\", where: \"count < 4\" }}\n"
                              "never: {{ labels: \"data=sensitive\" }}\n"
                              "do: [ bump ]\n{}{}",
                              limits(random), approval(random)),
          .may_touch =
              [](const Resource& thing) {
                return is_team(thing, "c") && !is_sensitive(thing) && thing.fields["count"].int_or(0) < 4;
              },
          .complaint = {}};
}

WatchedPolicy hot(Random& random) {
  return {.name = "hot",
          .yaml = fmt::format("policy: hot\n"
                              "when: {{ alert: Hot, for: 30s }}\n"
                              "never: {{ labels: \"data=sensitive\" }}\n"
                              "do: [ {{ verb: set, with: {{ field: share, to: 50 }} }} ]\n"
                              "undo: [ when verify fails, when the alert is quiet for 2m ]\n{}{}",
                              limits(random), approval(random)),
          .may_touch = [](const Resource& thing) { return !is_sensitive(thing); },
          .complaint = {}};
}

}  // namespace

bool is_sensitive(const Resource& resource) { return has_label(resource, "data", "sensitive"); }

std::vector<WatchedPolicy> random_policies(Random& random) {
  std::vector<WatchedPolicy> policies;
  for (const auto& make : {hours, filled, round, hot}) {
    if (random.below(4) != 0) policies.push_back(make(random));
  }
  return policies;
}

}  // namespace capstan::sim
