#include "decide/policy_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/crypto.h"
#include "decide/period.h"
#include "decide/policy_parts.h"

namespace capstan::decide {
namespace {

// Reads one policy: its keys in the order in which people write them.
class PolicyReader {
 public:
  PolicyReader(const ConfigNode& document, const Vocabulary& vocabulary)
      : document_(document), vocabulary_(vocabulary), map_(document, "a policy"), parts_(vocabulary, zone()) {}

  std::expected<Policy, std::vector<Error>> read() {
    policy_.at = document_.where;
    policy_.name = map_.required_string("policy");
    policy_.help = map_.string_or("help", "");
    policy_.version = hex(sha256(document_.to_json().dump()));
    if (policy_.name.size() > 100) map_.problem(document_, "a policy's name must not be longer than 100 characters");
    read_selection();
    read_kind_of_policy();
    read_guards();
    check_whole();
    constexpr std::array<std::string_view, 3> kVerbsAndParameters = {"do", "by", "with"};  // These may be null.
    for (Error& error : keys_without_value(document_, kVerbsAndParameters)) map_.problem(std::move(error));

    std::vector<Error> problems = map_.problems();
    std::ranges::move(parts_.problems(), std::back_inserter(problems));
    std::ranges::stable_sort(problems, [](const Error& a, const Error& b) {
      return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return std::move(policy_);
  }

 private:
  std::optional<Zone> zone() {
    const ConfigNode* node = map_.node("zone");
    if (!node) return std::nullopt;
    Result<Zone> found = Zone::find(node->scalar);
    if (found) return *found;
    map_.problem(*node, found.error().message);
    return Zone();  // So that windows do not complain again.
  }

  void read_selection() {
    if (const ConfigNode* select = map_.node("select")) {
      policy_.select = parts_.targets(*select);
      if (policy_.select.empty())
        map_.problem(*select, "'select' selects nothing: it needs a kind or a SELECT");
      else if (policy_.select.sql.empty() && policy_.select.kind.empty())
        map_.problem(*select, "'select' needs a 'kind'");
    }
    const ConfigNode* never = map_.node("never");
    if (!never) return;
    const auto add = [&](const ConfigNode& each) {
      policy_.never.push_back(parts_.selection(each, "'never'", policy_.select.kind));
      const Selection& added = policy_.never.back();
      if (added.labels.empty() && added.where.empty() && added.sql.empty() && !each.find("kind")) {
        map_.problem(each, "'never' needs labels, where or a kind");
      }
    };
    if (never->is_sequence())
      std::ranges::for_each(never->items, add);
    else
      add(*never);
  }

  void read_kind_of_policy() {
    if (const ConfigNode* when = map_.node("when")) policy_.when = parts_.trigger(*when);
    const ConfigNode* steps = map_.node("do");
    if (steps) policy_.steps = parts_.steps(*steps, policy_.select.kind);
    const ConfigNode* keep = map_.node("keep");
    const ConfigNode* during = map_.node("during");
    const ConfigNode* otherwise = map_.node("otherwise");
    const ConfigNode* except = map_.node("except");
    if (keep) {
      policy_.ensure = read_ensure(*keep, otherwise);
      Ensure& ensure = *policy_.ensure;
      ensure.schedule = parts_.schedule(during, except);
      if (during) ensure.hours = parts_.hours(*during, policy_.select.kind);
      if (except) ensure.holidays = parts_.holidays(*except, policy_.select.kind);
      if (vocabulary_.calendars && !ensure.holidays.empty()) ensure.calendars = *vocabulary_.calendars;
      ensure.zone = parts_.zone();
      if ((ensure.is_list() || ensure.has_own_schedules()) && policy_.select.kind.empty())
        map_.problem(*keep, "conditions and hours of their own need a 'select' by kind");
      // Without hours only who keeps a target down wants what is otherwise.
      const bool by_person =
          !ensure.kept_outside.empty() &&
          std::ranges::all_of(ensure.kept_outside, [](const Kept& kept) { return !kept.counts(false); });
      if (ensure.schedule.always() && !ensure.has_own_schedules() && otherwise && !by_person)
        map_.problem(*otherwise, "'otherwise' never comes without 'during' or 'except'");
    } else {
      for (const ConfigNode* orphan : {during, otherwise, except}) {
        if (orphan) map_.problem(*orphan, "this belongs to 'keep', which is missing");
      }
    }
    if (keep && (policy_.when || steps))
      map_.problem(*keep, "a policy either keeps a state or does something when; split it in two");
    if (!keep && !(policy_.when && steps)) {
      map_.problem(document_, "a policy needs 'keep' (a state), or 'when' with 'do' (something done once)");
    }
    if (keep && policy_.select.empty()) map_.problem(*keep, "'keep' needs 'select'");
    if (policy_.when && policy_.when->kind == Trigger::Kind::kCron && policy_.select.empty()) {
      map_.problem(document_, "'cron' needs 'select': a clock points at no resource");
    }
  }

  // Either states or lists of conditions, on both sides of the schedule.
  Ensure read_ensure(const ConfigNode& keep, const ConfigNode* otherwise) {
    Ensure ensure;
    const bool nothing = keep.is_scalar() && keep.scalar == "nothing";
    const bool list = keep.is_sequence() || (nothing && otherwise && otherwise->is_sequence());
    if (list) {
      if (!nothing) ensure.kept = parts_.kept(keep, policy_.select.kind);
      if (otherwise && otherwise->is_sequence())
        ensure.kept_outside = parts_.kept(*otherwise, policy_.select.kind);
      else if (otherwise)
        map_.problem(*otherwise, "'otherwise' must be a list of conditions, as 'keep' is");
      policy_.undo_on_failure = false;  // What has been brought about is wanted, whatever else failed.
      return ensure;
    }
    ensure.inside = parts_.wanted(keep, policy_.select.kind);
    if (otherwise) ensure.outside = parts_.wanted(*otherwise, policy_.select.kind);
    return ensure;
  }

  void read_guards() {
    policy_.order_depends_on = map_.one_of("order", {"depends-on", "any"}, "any") == "depends-on";
    if (const ConfigNode* limits = map_.node("limits")) policy_.limits = parts_.limits(*limits, policy_);
    if (const ConfigNode* verify = map_.node("verify")) parts_.verify(*verify, policy_);
    if (const ConfigNode* undo = map_.node("undo")) parts_.undo(*undo, policy_);
    policy_.approval = map_.one_of("approve", {"ask", "none", "standing"}, "ask");
    policy_.grants = map_.strings("grants");
    policy_.grants_at = map_.at("grants").where;
    if (!policy_.grants.empty() && policy_.approval == "none")
      map_.problem(*document_.find("grants"),
                   "'grants' needs a person who approves: 'approve' must be ask or standing");
    if (const ConfigNode* cooldown = map_.node("cooldown")) policy_.cooldown = span(*cooldown, "cooldown");
    if (const ConfigNode* manual = map_.node("manual")) {
      MapReader reader(*manual, "'manual'");
      if (const ConfigNode* respect = reader.node("respect"))
        policy_.respect_manual = span(*respect, "respect");
      else
        reader.problem(*manual, "'manual' needs 'respect', like { respect: PT4H }");
      parts_.take_problems(reader);
      if (!policy_.ensure) map_.problem(*manual, "'manual' needs 'keep': a hand is seen by the state that it changes");
    }
    if (const ConfigNode* warn = map_.node("warn")) policy_.warn = parts_.warning(*warn);
    if (policy_.deletes_all()) policy_.deletes = parts_.deletes();
  }

  Duration span(const ConfigNode& node, std::string_view key) {
    const Result<Duration> value = parse_period(node.scalar);
    if (!value) map_.problem(node, fmt::format("'{}': {}", key, value.error().message));
    return value.value_or(Duration(0));
  }

  void check_undo() {
    if (!policy_.undo_after_quiet) return;
    const bool any = std::ranges::any_of(policy_.steps, [&](const Step& step) {
      const auto spec = std::ranges::find(vocabulary_.verbs, step.verb, &VerbSpec::name);
      return spec != vocabulary_.verbs.end() && (*spec)->undoable;
    });
    if (!any && !policy_.steps.empty())
      map_.problem(*document_.find("undo"), "none of the steps of 'do' can be undone");
  }

  // A stage is a plan of its own, and what it is about are resources that are there when it begins.
  void check_stages() {
    const ConfigNode* steps = document_.find("do");
    if (!steps || !policy_.is_staged()) return;
    for (size_t i = 0; i < policy_.steps.size(); ++i) {
      const ConfigNode& at = steps->is_sequence() && i < steps->items.size() ? steps->items[i] : *steps;
      if (i == 0 && policy_.steps[i].wait > Duration(0))
        map_.problem(at, "the first step has none before it to wait for; 'for' of 'when' waits before it");
      const bool more_waits = std::any_of(policy_.steps.begin() + static_cast<ptrdiff_t>(i) + 1, policy_.steps.end(),
                                          [](const Step& later) { return later.wait > Duration(0); });
      if (policy_.steps[i].verb == kDeleteAllOf && more_waits)
        map_.problem(at, "no step can wait after 'delete_all_of'");
    }
    if (const ConfigNode* cooldown = document_.find("cooldown"))
      map_.problem(*cooldown, "steps that wait are done once an occasion: they take no 'cooldown'");
    if (policy_.undo_after_quiet)
      map_.problem(*document_.find("undo"), "steps that wait cannot be undone when the alert is quiet: it has to last");
  }

  // What cannot be taken back is never left to a rule alone.
  void check_whole() {
    check_undo();
    check_stages();
    if (policy_.approval != "none") return;
    std::vector<std::pair<std::string, const ConfigNode*>> verbs;
    for (const Step& step : policy_.steps) verbs.emplace_back(step.verb, &document_);
    if (policy_.ensure) {
      for (const std::vector<Kept>* list : {&policy_.ensure->kept, &policy_.ensure->kept_outside}) {
        for (const Kept& kept : *list) verbs.emplace_back(kept.step.verb, &document_);
      }
    }
    if (policy_.ensure) verbs.emplace_back(policy_.ensure->inside.verb, &document_);
    if (policy_.ensure && policy_.ensure->outside) verbs.emplace_back(policy_.ensure->outside->verb, &document_);
    for (const auto& [name, at] : verbs) {
      const auto spec = std::ranges::find(vocabulary_.verbs, name, &VerbSpec::name);
      const bool deletes = name == kDeleteAllOf;
      if (!deletes && (spec == vocabulary_.verbs.end() || (*spec)->danger != Danger::kDestructive)) continue;
      map_.problem(
          *document_.find("approve"),
          fmt::format("'{}' cannot be taken back: 'approve' must be ask, or standing where somebody has agreed "
                      "in advance",
                      name));
      return;
    }
  }

  const ConfigNode& document_;
  const Vocabulary& vocabulary_;
  MapReader map_;
  PartsReader parts_;
  Policy policy_;
};

}  // namespace

bool is_policy(const ConfigNode& document) {
  return document.find("policy") != nullptr && document.find("test") == nullptr;
}

std::expected<Policy, std::vector<Error>> read_policy(const ConfigNode& document, const Vocabulary& vocabulary) {
  return PolicyReader(document, vocabulary).read();
}

ReadPolicies read_policies(std::span<const ConfigNode> documents, const Vocabulary& vocabulary) {
  ReadPolicies result;
  std::map<std::string, Where> seen;
  for (const ConfigNode& document : documents) {
    if (!is_policy(document)) continue;
    std::expected<Policy, std::vector<Error>> policy = read_policy(document, vocabulary);
    if (!policy) {
      std::ranges::move(policy.error(), std::back_inserter(result.problems));
      continue;
    }
    const auto [earlier, is_new] = seen.emplace(policy->name, policy->at);
    if (!is_new) {
      result.problems.push_back(
          {ErrorCode::kAlreadyExists,
           fmt::format("the policy '{}' is already at {}:{}", policy->name, earlier->second.file, earlier->second.line),
           policy->at});
      continue;
    }
    result.policies.push_back(std::move(*policy));
  }
  return result;
}

}  // namespace capstan::decide
