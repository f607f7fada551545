// What the page and the command show of policies.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "loop/config_tree.h"
#include "loop/policy_board.h"
#include "loop/policy_calendar.h"
#include "model/policy_subject.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostVerdictsShown = 500;
constexpr size_t kMostComing = 500;
constexpr Duration kPreviewTime{5'000};  // Whoever tries policies must not keep people from the kill switch.

// Why a policy has nothing to say of a resource.
Words why_not_looked_at(const decide::Policy& policy, const Resource& resource,
                        const Result<std::vector<decide::Candidate>>& asked) {
  if (asked && asked->size() == 1 && !asked->front().selected)
    return Words::phrase("why.not_selected", {{"why", asked->front().why_not}});
  if (!policy.select.sql.empty()) return Words::phrase("why.not_given");
  if (!policy.select.kind.empty() && policy.select.kind != resource.kind)
    return Words::phrase("why.other_kind", {{"kind", policy.select.kind}, {"this", resource.kind}});
  if (policy.select.empty()) return Words::phrase("why.not_pointed_at");
  return Words::phrase("why.not_yet");
}

}  // namespace

Json PolicyBoard::verdict_json(const std::string& policy, const decide::Verdict& verdict) const {
  const bool may_be_held = parts_.freezes != nullptr && !verdict.verb.empty();
  Json json = Json::object(
      {{"id", verdict.resource},
       {"name", verdict.name},
       {"matched", verdict.matched},
       {"observed", verdict.observed},
       {"wanted", verdict.wanted},
       {"acts", verdict.acts},
       {"next",
        verdict.next.empty() ? Json() : Json::object({{"verb", verdict.next}, {"at", format_time(verdict.next_at)}})},
       {"override", verdict.override}});
  set_words(json, "why", verdict.why);
  set_words(
      json, "frozen",
      may_be_held ? parts_.freezes->held_back(policy, verdict.verb, verdict.resource, parts_.clock.now()) : Words());
  return json;
}

Json PolicyBoard::verdicts_json(const std::string& policy, const std::vector<decide::Verdict>& verdicts) const {
  Json::Array list;
  for (const decide::Verdict& verdict : verdicts) {
    if (list.size() >= kMostVerdictsShown) break;
    list.push_back(verdict_json(policy, verdict));
  }
  return list;
}

Json PolicyBoard::coming() const {
  struct Coming {
    const std::string* policy;
    const decide::Verdict* verdict;
  };
  std::vector<Coming> all;
  for (const auto& [name, entry] : entries_) {
    for (const decide::Verdict& verdict : entry.last.verdicts) {
      if (!verdict.next.empty()) all.push_back({&name, &verdict});
    }
  }
  std::ranges::stable_sort(all, {}, [](const Coming& each) { return each.verdict->next_at; });
  Json::Array list;
  for (const auto& [policy, verdict] : all) {
    if (list.size() >= kMostComing) break;
    Json json = Json::object({{"policy", *policy},
                              {"resource", verdict->resource},
                              {"name", verdict->name},
                              {"verb", verdict->next},
                              {"at", format_time(verdict->next_at)}});
    set_words(json, "says", verdict->why);
    list.push_back(std::move(json));
  }
  return list;
}

// A plan that is only thought of, in the shape of a plan's status.
Json PolicyBoard::preview_json(const Plan& plan) const {
  Json::Array actions;
  Words frozen;
  for (const Action& action : plan.actions) {
    const Verb* verb = parts_.verbs.find(action.verb);
    const Words held = parts_.freezes ? parts_.freezes->held_back(plan, action, parts_.clock.now()) : Words();
    if (frozen.empty()) frozen = held;
    actions.push_back(Json::object({{"action", action.to_json()},
                                    {"state", "preview"},
                                    {"undoable", verb && verb->spec().undoable},
                                    {"danger", verb ? to_string(verb->spec().danger) : ""}}));
    set_words(actions.back(), "waiting_for", held);
  }
  Json json = Json::object({{"plan", plan.to_json()}, {"state", "preview"}, {"actions", std::move(actions)}});
  set_words(json, "frozen", frozen);
  json.set("freeze", frozen.place("freeze").text);
  return json;
}

// What a person has said no to is not proposed anew for the same reason: why a run would do nothing; "" where it may.
Words PolicyBoard::rejected(const Entry& entry) {
  const auto& verdicts = entry.last.verdicts;
  if (std::ranges::any_of(verdicts, &decide::Verdict::acts)) return {};
  const auto found = std::ranges::find_if(
      verdicts, [](const decide::Verdict& verdict) { return verdict.why.key() == "why.rejected"; });
  return found == verdicts.end() ? Words() : found->why;
}

Json PolicyBoard::entry_json(const Entry& entry) const {
  const auto& when = entry.policy.when;
  const std::optional<Time> next = when && when->cron ? when->cron->next_after(parts_.clock.now()) : std::nullopt;
  Json json = Json::object({{"name", entry.policy.name},
                            {"help", entry.policy.help},
                            {"file", entry.file.string()},
                            {"line", entry.policy.at.line},
                            {"version", entry.policy.version},
                            {"approve", entry.policy.approval},
                            {"paused", parts_.executor.paused(policy_subject(entry.policy.name))},
                            {"error", entry.error},
                            {"resources", verdicts_json(entry.policy.name, entry.last.verdicts)},
                            {"next", next ? Json(format_time(*next)) : Json()},
                            {"plans", parts_.executor.open_plans(policy_subject(entry.policy.name))}});
  set_words(json, "summary", entry.last.summary);
  set_words(json, "rejected", rejected(entry));
  return json;
}

Json PolicyBoard::to_json() const {
  Json::Array policies;
  for (const auto& [name, entry] : entries_) policies.push_back(entry_json(entry));
  return Json::object({{"policies", std::move(policies)}});
}

Result<std::vector<decide::Policy>> PolicyBoard::read(std::string_view text, const std::string& file) const {
  const std::vector<ConfigNode> documents = TRY(parse_documents(text, file));
  decide::ReadPolicies read = decide::read_policies(documents, vocabulary());
  if (!read.problems.empty()) return fail(read.problems.front());
  if (read.policies.empty()) return fail(ErrorCode::kInvalidArgument, "there is no policy in it", {file, 1, 1});
  TRY(check_grants(read.policies, good_));
  return std::move(read.policies);
}

Result<Json> PolicyBoard::preview(std::string_view text, const std::string& file, const catalog::CatalogReader& catalog,
                                  Time now, const Priced& priced) {
  const std::vector<decide::Policy> policies_read = TRY(read(text, file));
  const Round round = TRY(round_over(catalog, now));
  const Duration began = parts_.clock.monotonic();
  Json::Array policies;
  for (const decide::Policy& policy : policies_read) {
    if (parts_.clock.monotonic() - began > kPreviewTime)
      return fail(
          ErrorCode::kResourceExhausted,
          fmt::format("these policies take longer to try than {}: try fewer at once, or narrow what they select",
                      format_duration(kPreviewTime)));
    const decide::Decision decision = TRY(decision_of(policy, now, round, {.time_limit = kPreviewTime}));
    Json plan = decision.plan ? preview_json(*decision.plan) : Json();
    if (priced && !plan.is_null()) plan = priced(std::move(plan), policy);
    policies.push_back(Json::object({{"name", policy.name},
                                     {"approve", policy.approval},
                                     {"resources", verdicts_json(policy.name, decision.verdicts)},
                                     {"plan", std::move(plan)}}));
    set_words(policies.back(), "summary", decision.summary);
  }
  return Json::object({{"policies", std::move(policies)}});
}

Result<std::vector<decide::Candidate>> PolicyBoard::ask_about(const decide::Policy& policy,
                                                              const Resource& resource) const {
  if (policy.select.kind.empty() || policy.select.kind != resource.kind) return std::vector<decide::Candidate>();
  return decide::select_candidates(policy, parts_.sql, parts_.resources, {}, {}, parts_.clock.now(),
                                   {.only = std::vector{resource.id}});
}

Json PolicyBoard::verdicts_on(const Resource& resource, std::string_view policy) const {
  Json::Array verdicts;
  for (const auto& [name, entry] : entries_) {
    if (!policy.empty() && name != policy) continue;
    const auto found = std::ranges::find(entry.last.verdicts, resource.id, &decide::Verdict::resource);
    const bool looked_at = found != entry.last.verdicts.end();
    if (!looked_at && policy.empty() && entry.policy.select.kind != resource.kind) continue;
    Json json =
        verdict_json(name, looked_at ? *found : decide::Verdict{.resource = resource.id, .name = resource.name});
    if (!looked_at) {
      set_words(json, "why",
                !entry.error.empty() ? Words::phrase("why.not_decided", {{"error", entry.error}})
                : !entry.waits_for.empty()
                    ? entry.last.summary
                    : why_not_looked_at(entry.policy, resource, ask_about(entry.policy, resource)));
    }
    json.set("policy", name);
    json.set("paused", parts_.executor.paused(policy_subject(name)));
    verdicts.push_back(std::move(json));
  }
  return verdicts;
}

Json PolicyBoard::approvals_json() const {
  Json::Array list;
  for (const StandingApproval& approval : approvals_.all()) {
    Json::Array policies;
    for (const PolicyVersion& each : approval.grant.policies) {
      const auto entry = entries_.find(each.policy);
      const bool holds = entry != entries_.end() && entry->second.policy.version == each.version;
      policies.push_back(Json::object({{"policy", each.policy}, {"holds", holds}}));
    }
    const auto& resources = approval.grant.resources;
    list.push_back(Json::object({{"id", approval.id},
                                 {"policies", std::move(policies)},
                                 {"resources", Json::Array(resources.begin(), resources.end())},
                                 {"plan", approval.plan},
                                 {"by", approval.by},
                                 {"at", format_time(approval.at)}}));
  }
  return list;
}

Json PolicyBoard::decided_by(std::string_view override) const {
  Json::Array list;
  for (const auto& [name, entry] : entries_) {
    const auto count = std::ranges::count(entry.last.verdicts, override, &decide::Verdict::override);
    if (count > 0) list.push_back(Json::object({{"policy", name}, {"resources", count}}));
  }
  return list;
}

Json PolicyBoard::calendar(Time from, int days) const {
  Json::Array rows;
  for (const auto& [name, entry] : entries_)
    std::ranges::move(calendar_rows(entry.policy, entry.last.verdicts, from, from + std::chrono::days(days)),
                      std::back_inserter(rows));
  return rows;
}

std::vector<std::string> PolicyBoard::states(std::string_view policy) const {
  std::set<std::string> states;
  for (const auto& [name, entry] : entries_) {
    const auto& ensure = entry.policy.ensure;
    if (!ensure || ensure->is_list() || (!policy.empty() && name != policy)) continue;
    states.insert(ensure->inside.name);
    if (ensure->outside) states.insert(ensure->outside->name);
  }
  std::vector<std::string> all = {"up", "down"};
  all.insert(all.end(), states.begin(), states.end());
  return all;
}

}  // namespace capstan::loop
