#include "cases/site.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/config.h"
#include "decide/freeze_reader.h"

namespace capstan::cases {
namespace {

std::string short_verb(const std::string& verb) { return verb.substr(verb.rfind('.') + 1); }

const Action* action_of(const std::map<std::string, Plan>& plans, const Fact& fact) {
  const auto plan = plans.find(fact.body["plan_id"].string_or_empty());
  if (plan == plans.end()) return nullptr;
  const auto found = std::ranges::find(plan->second.actions, fact.subject, &Action::id);
  return found == plan->second.actions.end() ? nullptr : &*found;
}

}  // namespace

Site::Site(std::vector<std::string> kinds) {
  sim::add_verbs(world_, verbs_, kinds);
  facts_.on_fact = [this](const Fact& fact) { note(fact); };
  facts_.full = [this] { return disk_full_; };
  world_.on_effect = [this](const sim::Effect& effect) { laws_.see(effect); };
  world_.on_answer = [this](const std::string& action, const Performed& said) { laws_.answered(action, said); };
  world_.on_probe = [this](const std::string& action, ProbeAnswer shows) { laws_.probed(action, shows); };
  start();
}

Status Site::add_calendar(const std::string& name, std::string_view text) {
  calendars_[name] = std::make_shared<const decide::Calendar>(TRY(decide::Calendar::parse(text, name + ".ics")));
  return {};
}

decide::Vocabulary Site::vocabulary() const {
  return {.verbs = verbs_.specs(), .kinds = {}, .calendars = &calendars_, .signals = &signals_};
}

Status Site::add_freezes(std::string_view yaml, std::string_view file) {
  decide::ReadFreezes read = decide::read_freezes(TRY(parse_yaml(yaml, file)), vocabulary());
  if (!read.problems.empty()) return fail(read.problems.front());
  if (read.freezes.empty()) return fail(ErrorCode::kInvalidArgument, "there is no freeze in this text");
  std::ranges::move(read.freezes, std::back_inserter(read_freezes_));
  freezes_->set(read_freezes_);
  return {};
}

Status Site::lift(const std::string& freeze, const std::string& by, const std::string& reason) {
  const auto plan = plans_.find(newest_plan());
  if (plan == plans_.end()) return fail(ErrorCode::kNotFound, "there is no plan");
  const NewFact fact = TRY(freezes_->lift({.freeze = freeze, .plan = plan->first, .reason = reason}, plan->second,
                                          "user:" + by, "operator", clock_.now()));
  TRY(facts_.append(std::span(&fact, 1)));
  return {};
}

Status Site::add_policies(std::string_view yaml, std::string_view file) {
  const std::vector<ConfigNode> documents = TRY(parse_yaml(yaml, file));
  decide::ReadPolicies read = decide::read_policies(documents, vocabulary());
  if (!read.problems.empty()) return fail(read.problems.front());
  if (read.policies.empty()) return fail(ErrorCode::kInvalidArgument, "there is no policy in this text");
  for (decide::Policy& policy : read.policies) {
    std::erase_if(policies_, [&](const decide::Policy& old) { return old.name == policy.name; });
    policies_.push_back(std::move(policy));
  }
  in_force_since_ = clock_.now();
  return {};
}

void Site::open_finding(Finding finding) {
  finding.id = finding.rule + "@" + finding.resource;
  std::erase_if(findings_, [&](const auto& known) { return known.finding.id == finding.id; });
  findings_.push_back({.finding = std::move(finding), .open = true, .opened = clock_.now(), .resolved = {}, .seq = 0});
}

void Site::resolve_finding(const std::string& rule, const ResourceId& resource) {
  for (catalog::KnownFinding& known : findings_) {
    if (known.finding.id != rule + "@" + resource) continue;
    known.open = false;
    known.resolved = clock_.now();
  }
}

void Site::open_incident(Incident incident) {
  incident.opened = clock_.now();
  incidents_.push_back({std::move(incident), 0});
}

void Site::close_incident(const std::string& id) {
  std::erase_if(incidents_, [&](const auto& known) { return known.incident.id == id; });
}

Status Site::set_override(decide::Override wanted) {
  const NewFact fact = TRY(decide::set_override(wanted, clock_.now()));
  TRY(facts_.append(std::span(&fact, 1)));
  return {};
}

std::string Site::newest_plan() const {
  std::string newest;
  const Json all = executor_->list("all");
  for (const Json& status : all.items()) {
    const auto state = parse_action_state(status["state"].string_or_empty());
    const std::string& id = status["plan"]["id"].string_or_empty();
    if (newest.empty()) newest = id;
    if (state && !is_final(*state)) return id;
  }
  return newest;
}

Status Site::approve(bool right_hash, const std::string& by) {
  const std::string id = newest_plan();
  const auto plan = plans_.find(id);
  if (plan == plans_.end()) return fail(ErrorCode::kNotFound, "there is no plan");
  return executor_->approve(id, right_hash ? plan->second.hash() : "0000", "user:" + by, clock_.now());
}

Status Site::reject(const std::string& by, const std::string& reason) {
  return executor_->reject(newest_plan(), reason, "user:" + by, clock_.now());
}

Status Site::cancel(bool undo, const std::string& by) {
  return executor_->cancel(newest_plan(), undo, "user:" + by, clock_.now());
}

Status Site::undo(const std::string& by) { return executor_->undo(newest_plan(), "", "user:" + by, clock_.now()); }

Status Site::resolve(const ResourceId& target, const std::string& decision, const std::string& by) {
  for (const auto& [id, plan] : plans_) {
    for (const Action& action : plan.actions) {
      if (action.target != target) continue;
      const Status done = executor_->resolve(action.id, decision, "user:" + by, clock_.now());
      if (done || done.error().code == ErrorCode::kInvalidArgument) return done;
    }
  }
  return fail(ErrorCode::kNotFound, "no unknown action on " + target);
}

Status Site::pause(const std::string& subject, const std::string& by) {
  return executor_->pause(subject, "", "user:" + by, clock_.now());
}

Status Site::resume(const std::string& subject, const std::string& by) {
  return executor_->resume(subject, "user:" + by, clock_.now());
}

decide::Money Site::money() const {
  decide::Money money;
  for (const auto& [id, price] : prices_) {
    const bool runs = world_.state(id) == "running";
    money[id] = {.currency = price.currency,
                 .per_hour = runs ? price.per_hour : 0,
                 .when_running = price.per_hour,
                 .today = price.spent,
                 .this_month = price.spent};
  }
  return money;
}

void Site::decide_all() {
  reasons_.clear();
  std::map<std::string, std::string> versions;
  for (const decide::Policy& policy : policies_) versions[policy.name] = policy.version;
  for (const decide::Policy& policy : policies_) {
    auto candidates = decide::select_candidates(policy, sql_, resources_, findings_, incidents_, clock_.now());
    if (!candidates) {
      reasons_.emplace_back("", candidates.error().to_string());
      continue;
    }
    decide::Situation situation{.candidates = std::move(*candidates),
                                .relations = relations_,
                                .findings = findings_,
                                .incidents = incidents_,
                                .overrides = overrides_.active(clock_.now()),
                                .approvals = approvals_.all(),
                                .versions = versions,
                                .touches = touches_,
                                .money = money(),
                                .history = &history_,
                                .now = clock_.now(),
                                .in_force_since = in_force_since_};
    const decide::Decision decision = decide::decide(policy, situation);
    for (const decide::Verdict& verdict : decision.verdicts) reasons_.emplace_back(verdict.resource, verdict.why);
    for (const std::string& id : decision.withdraw) (void)executor_->withdraw(id, "no longer called for", clock_.now());
    std::vector<NewFact> stages = decide::dropped_facts(policy.name, decision.dropped, clock_.now());
    std::ranges::move(decide::begun_facts(policy.name, decision.begun, clock_.now()), std::back_inserter(stages));
    if (!stages.empty()) (void)facts_.append(stages);
    for (const std::string& id : decision.undo) {
      (void)executor_->undo(id, "its alert has been quiet", "policy:" + policy.name, clock_.now());
    }
    if (!decision.plan) continue;
    if (Result<Seq> submitted = executor_->submit(*decision.plan, clock_.now()); !submitted) {
      events_.push_back({"refused plan", submitted.error().message});
    }
  }
  settle();
}

void Site::settle() {
  for (int round = 0; round < 1000 && !dead_; ++round) {
    executor_->tick(clock_.now());
    if (runner_.idle()) break;
    const bool dies = !dies_at_.empty() && runner_.peek(0).what.starts_with(dies_at_);
    if (dies && !dies_after_) {
      dead_ = true;
      break;
    }
    act::WorkResult result = runner_.run();
    if (dies)
      dead_ = true;
    else
      executor_->handle(std::move(result), clock_.now());
  }
  if (!asked_looks_) seen_looks_ = world_.looks().size();
}

void Site::start() {
  runner_.drop();
  laws_.process_died();
  facts_.revive();
  dead_ = false;
  dies_at_.clear();
  freezes_.emplace(verbs_, resources_);
  freezes_->set(read_freezes_);
  executor_.emplace(
      act::Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_, nullptr, &*freezes_});
  executor_->restore(facts_.facts());
  history_ = decide::History();
  overrides_ = decide::Overrides();
  approvals_ = decide::StandingApprovals();
  for (const Fact& fact : facts_.facts()) {
    history_.apply(fact);
    overrides_.apply(fact);
    approvals_.apply(fact);
    freezes_->apply(fact);
  }
  // What is looked up before anything else is done.
  const size_t before = world_.looks().size();
  executor_->tick(clock_.now());
  while (!runner_.idle() && runner_.peek(0).what.starts_with("probe")) {
    act::WorkResult result = runner_.run();
    for (size_t i = std::max(before, seen_looks_); i < world_.looks().size(); ++i) {
      events_.push_back({"probe " + world_.looks()[i].substr(world_.looks()[i].find(' ') + 1), ""});
    }
    seen_looks_ = world_.looks().size();
    executor_->handle(std::move(result), clock_.now());
  }
}

void Site::note(const Fact& fact) {
  laws_.see(fact);
  history_.apply(fact);
  overrides_.apply(fact);
  approvals_.apply(fact);
  freezes_->apply(fact);
  if (fact.kind == fact_kind::kPlanProposed) {
    Plan plan = Plan::from_json(fact.body["plan"]);
    if (plan.approval != "none" && plan.approval != "standing") {
      for (const Action& action : plan.actions) {
        events_.push_back({fmt::format("ask {} {}", short_verb(action.verb), action.target), action.reason});
      }
    }
    plans_[plan.id] = std::move(plan);
  } else if (fact.kind == fact_kind::kPlanRejected) {
    events_.push_back({"plan " + fact.body["reason"].string_or_empty(), fact.body["says"].string_or_empty()});
  } else if (fact.kind == fact_kind::kPlanFinished && fact.body["state"].string_or_empty() != "succeeded") {
    events_.push_back({"plan " + fact.body["state"].string_or_empty(), fact.body["says"].string_or_empty()});
  }
  const Action* action = action_of(plans_, fact);
  if (!action) return;
  const std::string what = fmt::format("{} {}", short_verb(action->verb), action->target);
  if (fact.kind == fact_kind::kActionIntended) {
    events_.push_back({(fact.body["undo"].bool_or(false) ? "undo " : "") + what, action->reason});
  } else if (fact.kind == fact_kind::kActionFinished && !fact.body["retry"].bool_or(false)) {
    const std::string& state = fact.body["state"].string_or_empty();
    const bool expected = state == "succeeded" ? !fact.body["undo"].bool_or(false) : state == "reverted";
    if (!expected) events_.push_back({state + " " + what, fact.body["says"].string_or_empty()});
  }
}

std::vector<Event> Site::take_events() { return std::exchange(events_, {}); }

std::vector<std::string> Site::reasons(const ResourceId& resource) const {
  std::vector<std::string> found;
  for (const auto& [id, why] : reasons_) {
    if (resource.empty() || id == resource) found.push_back(why);
  }
  return found;
}

std::vector<std::string> Site::waiting() const {
  std::vector<std::string> found;
  const Json all = executor_->list("all");
  for (const Json& status : all.items()) {
    const std::string& text = status["waiting_for"].string_or_empty();
    if (!text.empty()) found.push_back(text);
    for (const Json& action : status["actions"].items()) {
      const std::string& each = action["waiting_for"].string_or_empty();
      if (!each.empty() && std::ranges::find(found, each) == found.end()) found.push_back(each);
    }
  }
  return found;
}

std::string Site::frozen() const {
  const Result<Json> status = executor_->status(newest_plan());
  return status ? (*status)["frozen"].string_or_empty() : "";
}

std::string Site::plan_state() const {
  const Result<Json> status = executor_->status(newest_plan());
  return status ? (*status)["state"].string_or_empty() : "none";
}

}  // namespace capstan::cases
