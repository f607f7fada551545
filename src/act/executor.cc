#include "act/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "model/verb_check.h"

namespace capstan::act {
namespace {

constexpr std::string_view kActor = "capstan";
// How far back a restart looks for actions that may have been started within the last minute.
constexpr Duration kRateMemory{24LL * 3'600'000};

NewFact plan_fact(std::string_view kind, const PlanRun& run, Json body, std::string_view actor, Time now) {
  const Seq cause = run.approved ? run.approved : run.proposed;
  body.set("plan_id", run.plan.id);
  return {.at = now,
          .kind = std::string(kind),
          .subject = run.plan.id,
          .body = std::move(body),
          .cause = cause,
          .actor = std::string(actor)};
}

// "rejected by ann: too early", where a reason is given.
Words by_person(const std::string& phrase, std::string_view by, const Words& reason) {
  Words says = Words::phrase(phrase, {{"by", word_of_actor(by)}});
  return reason.empty() ? says : Words::phrase("act.because", {{"says", says}, {"reason", reason}});
}

std::string_view kind_of(std::string_view id) { return id.substr(0, id.find('/')); }

// Whether `after` leads in a circle, or to something that is not in the plan.
Status check_order(const Plan& plan) {
  std::set<std::string_view> ids;
  for (const Action& action : plan.actions) {
    if (action.id.empty() || !ids.insert(action.id).second) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("the action id '{}' is empty or comes twice", action.id));
    }
  }
  std::set<std::string_view> done;
  for (bool moved = true; moved;) {
    moved = false;
    for (const Action& action : plan.actions) {
      if (done.contains(action.id)) continue;
      if (!std::ranges::all_of(action.after, [&](const std::string& id) { return done.contains(id); })) continue;
      done.insert(action.id);
      moved = true;
    }
  }
  if (done.size() == plan.actions.size()) return {};
  return fail(ErrorCode::kInvalidArgument,
              "the order of the plan's actions is circular, or names an action that it has not");
}

}  // namespace

Executor::Executor(const Surroundings& surroundings, const ExecutorOptions& options)
    : around_(surroundings), options_(options), book_(options.keep_ended) {}

void Executor::restore(std::span<const Fact> facts) {
  for (const Fact& fact : facts) {
    book_.apply(fact);
    // How long ago is known to the clock on the wall alone, which somebody may have set: it counts as just now.
    const bool started = fact.kind == fact_kind::kActionIntended && !fact.body["undo"].bool_or(false);
    if (started && fact.at > around_.clock.now() - kRateMemory) rate_.started(fact.actor, monotonic());
  }
  for (PlanRun& run : book_.plans()) {
    for (ActionRun& action : run.actions) {
      const bool cut_off = !run.ended() && action.state == ActionState::kRunning && action.phase == Phase::kIdle;
      if (cut_off) action.phase = Phase::kCutOff;
    }
  }
  book_.forget();
}

Result<Seq> Executor::record(NewFact fact) {
  // What is held happened earlier, and facts are written in their order.
  TRY(catch_up());
  const Result<std::vector<Seq>> written = around_.facts.append(std::span(&fact, 1));
  if (!written) {
    trouble_ = written.error().message;
    return std::unexpected(written.error());
  }
  trouble_.clear();
  book_.apply({.seq = written->front(),
               .at = fact.at,
               .kind = std::move(fact.kind),
               .subject = std::move(fact.subject),
               .body = std::move(fact.body),
               .cause = fact.cause,
               .actor = std::move(fact.actor),
               .redacted = false});
  return written->front();
}

// For who does not need the number.
Status Executor::note(NewFact fact) {
  const Result<Seq> written = record(std::move(fact));
  if (!written) return std::unexpected(written.error());
  return {};
}

Status Executor::record_all(std::vector<NewFact> facts) {
  TRY(catch_up());
  const Result<std::vector<Seq>> written = around_.facts.append(facts);
  if (!written) {
    trouble_ = written.error().message;
    return std::unexpected(written.error());
  }
  for (size_t i = 0; i < facts.size(); ++i) {
    NewFact& fact = facts[i];
    book_.apply({.seq = (*written)[i],
                 .at = fact.at,
                 .kind = std::move(fact.kind),
                 .subject = std::move(fact.subject),
                 .body = std::move(fact.body),
                 .cause = fact.cause,
                 .actor = std::move(fact.actor),
                 .redacted = false});
  }
  return {};
}

// For what has already happened outside: it cannot be refused, only written down later.
void Executor::record_or_hold(NewFact fact) {
  NewFact copy = fact;
  if (!record(std::move(fact))) held_.push_back(std::move(copy));
}

bool Executor::flush_held() {
  while (!held_.empty()) {
    const NewFact& fact = held_.front();
    const Result<std::vector<Seq>> written = around_.facts.append(std::span(&fact, 1));
    if (!written) {
      trouble_ = written.error().message;
      return false;
    }
    book_.apply({.seq = written->front(),
                 .at = fact.at,
                 .kind = fact.kind,
                 .subject = fact.subject,
                 .body = fact.body,
                 .cause = fact.cause,
                 .actor = fact.actor,
                 .redacted = false});
    held_.pop_front();
  }
  return true;
}

Status Executor::check_plan(const Plan& plan) const {
  if (plan.id.empty() || plan.origin.empty())
    return fail(ErrorCode::kInvalidArgument, "a plan needs an id and an origin");
  if (plan.actions.empty()) return fail(ErrorCode::kInvalidArgument, "a plan needs at least one action");
  if (plan.actions.size() > options_.most_actions || plan.to_json().dump().size() > options_.most_bytes) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("a plan has at most {} actions and {} bytes", options_.most_actions, options_.most_bytes));
  }
  if (plan.limits.per_minute < 1 || plan.limits.in_flight < 0 || plan.limits.in_flight_share < 0) {
    return fail(ErrorCode::kInvalidArgument, "a plan's limits must let at least one action through");
  }
  TRY(check_order(plan));
  for (const Action& action : plan.actions) {
    const Verb* verb = around_.verbs.find(action.verb);
    if (!verb) return fail(ErrorCode::kInvalidArgument, fmt::format("no verb is named '{}'", action.verb));
    TRY(check_parameters(verb->spec(), action.parameters));
    TRY(check_target_kind(verb->spec(), kind_of(action.target)));
  }
  return {};
}

Result<Seq> Executor::submit(const Plan& plan, Time now) {
  TRY(check_plan(plan));
  TRY(catch_up());
  if (book_.plan(plan.id))
    return fail(ErrorCode::kAlreadyExists, fmt::format("the plan '{}' is already known", plan.id));
  for (const Action& action : plan.actions) {
    if (book_.plan_of(action.id)) {
      return fail(ErrorCode::kAlreadyExists, fmt::format("the action '{}' is part of another plan", action.id));
    }
  }
  if (book_.open_plans() >= options_.most_open_plans) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("{} plans are open already", options_.most_open_plans));
  }
  return record({.at = now,
                 .kind = std::string(fact_kind::kPlanProposed),
                 .subject = plan.id,
                 .body = Json::object({{"plan", plan.to_json()}}),
                 .cause = plan.cause,
                 .actor = plan.origin});
}

// What has happened is written down before a command is judged by what is known: the plan may have ended meanwhile.
Status Executor::catch_up() {
  if (flush_held()) return {};
  return fail(ErrorCode::kUnavailable, "earlier outcomes cannot be written down: " + trouble_);
}

Result<PlanRun*> Executor::find_open(std::string_view plan) {
  TRY(catch_up());
  PlanRun* run = book_.plan(plan);
  if (!run) return fail(ErrorCode::kNotFound, fmt::format("no plan is named '{}'", plan));
  if (run->ended()) {
    return fail(ErrorCode::kFailedPrecondition, fmt::format("the plan has ended: {}", run->says));
  }
  return run;
}

Status Executor::approve(std::string_view plan, std::string_view hash, std::string_view by, Time now) {
  PlanRun* run = TRY(find_open(plan));
  if (run->approved)
    return fail(ErrorCode::kFailedPrecondition, fmt::format("already approved by {}", run->approved_by));
  if (!run->stopped.empty()) return fail(ErrorCode::kFailedPrecondition, "the plan was " + run->stopped.text);
  if (hash != run->plan.hash()) {
    return fail(ErrorCode::kFailedPrecondition, "this is not the plan that was looked at: its hash is another");
  }
  if (!is_fresh(*run, now)) return fail(ErrorCode::kFailedPrecondition, "the plan has expired");
  std::vector<NewFact> facts = {
      plan_fact(fact_kind::kPlanApproved, *run, Json::object({{"hash", hash}, {"by", by}}), by, now)};
  if (const Grant& grant = run->plan.grant; !grant.empty()) {
    facts.push_back(
        plan_fact(fact_kind::kApprovalGiven, *run, Json::object({{"grant", grant.to_json()}, {"by", by}}), by, now));
    facts.back().subject = "approval-" + run->plan.id;
  }
  return record_all(std::move(facts));
}

Status Executor::reject(std::string_view plan, std::string_view reason, std::string_view by, Time now) {
  PlanRun* run = TRY(find_open(plan));
  if (run->approved) return fail(ErrorCode::kFailedPrecondition, "already approved; cancel it instead");
  Json body = Json::object({{"reason", "rejected"}, {"by", by}});
  set_words(body, "says", by_person("act.rejected", by, reason));
  return note(plan_fact(fact_kind::kPlanRejected, *run, std::move(body), by, now));
}

Status Executor::withdraw(std::string_view plan, const Words& reason, Time now) {
  PlanRun* run = TRY(find_open(plan));
  const bool by_person = run->approved && run->approved_by != run->plan.origin && held_back(*run, now).empty();
  const bool idle =
      std::ranges::all_of(run->actions, [](const ActionRun& action) { return action.phase == Phase::kIdle; });
  if (run->started() || by_person || !idle)
    return fail(ErrorCode::kFailedPrecondition, "the plan is approved or under way");
  Json body = Json::object({{"reason", "withdrawn"}, {"by", kActor}});
  set_words(body, "says", Words::phrase("act.withdrawn", {{"reason", reason}}));
  return note(plan_fact(fact_kind::kPlanRejected, *run, std::move(body), kActor, now));
}

Status Executor::cancel(std::string_view plan, bool undo, std::string_view by, Time now) {
  PlanRun* run = TRY(find_open(plan));
  if (run->cancelled) return fail(ErrorCode::kFailedPrecondition, "already " + run->stopped.text);
  // First, as it is then a "no" to what has not started.
  for (ActionRun& action : run->actions) {
    if (!action.undoing) call_back(*run, action, Words::phrase("act.cancelled", {{"by", word_of_actor(by)}}), now);
  }
  TRY(note(plan_fact(fact_kind::kPlanCancelled, *run, Json::object({{"undo", undo}, {"by", by}}), by, now)));
  for (ActionRun& action : run->actions) {
    const Verb* verb = around_.verbs.find(action.action.verb);
    const bool under_way = action.phase == Phase::kIntended || action.phase == Phase::kWorking;
    // What is being undone already is what was wanted.
    if (under_way && !action.undoing && action.stop && verb && verb->spec().stoppable) action.stop->request_stop();
  }
  return {};
}

Status Executor::undo(std::string_view plan, const Words& reason, std::string_view by, Time now) {
  TRY(catch_up());
  PlanRun* run = book_.plan(plan);
  if (!run) return fail(ErrorCode::kNotFound, fmt::format("no plan is named '{}'", plan));
  if (!run->ended()) return fail(ErrorCode::kFailedPrecondition, "the plan has not ended; cancel it instead");
  if (std::ranges::none_of(run->actions, [&](const ActionRun& action) { return can_undo(action); })) {
    return fail(why_not_undone(*run));
  }
  const bool by_policy = by == run->plan.origin;
  if (by_policy && !held_back(*run, now).empty()) return fail(ErrorCode::kUnavailable, held_back(*run, now));
  Json body = Json::object({{"by", by}});
  set_words(body, "reason", reason);
  set_words(body, "says", by_person("act.undone_by", by, reason));
  return note(plan_fact(fact_kind::kPlanRecalled, *run, std::move(body), by, now));
}

Status Executor::resolve(std::string_view action, std::string_view decision, std::string_view by, Time now) {
  TRY(catch_up());
  PlanRun* run = book_.plan_of(action);
  ActionRun* found = run ? run->find(action) : nullptr;
  if (!found) return fail(ErrorCode::kNotFound, fmt::format("no action of an open plan is named '{}'", action));
  if (found->state != ActionState::kUnknown || found->resolved) {
    return fail(ErrorCode::kFailedPrecondition, fmt::format("the action is {}, not unknown", to_string(found->state)));
  }
  if (decision != "happened" && decision != "retry" && decision != "abandon") {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no decision: happened, retry or abandon", decision));
  }
  const ActionState ends = decision == "retry"     ? ActionState::kApproved
                           : decision == "abandon" ? ActionState::kUnknown
                           : found->undoing        ? ActionState::kReverted
                                                   : ActionState::kSucceeded;
  const Words says = Words::phrase(decision == "happened" ? "act.resolved_happened"
                                   : decision == "retry"  ? "act.resolved_retry"
                                                          : "act.resolved_abandon",
                                   {{"by", word_of_actor(by)}});
  // Where repeating is harmless, nobody has said that it did not happen.
  const Verb* verb = around_.verbs.find(found->action.verb);
  const bool unproven = decision == "retry" && verb && verb->spec().idempotent;
  std::vector<NewFact> facts;
  facts.push_back({.at = now,
                   .kind = std::string(fact_kind::kActionResolved),
                   .subject = std::string(action),
                   .body = Json::object(
                       {{"decision", decision}, {"by", by}, {"plan_id", run->plan.id}, {"state", to_string(ends)}}),
                   .cause = found->intent,
                   .actor = std::string(by)});
  if (unproven) facts.back().body.set("unproven", true);
  if (decision == "happened") {
    facts.push_back({.at = now,
                     .kind = std::string(fact_kind::kActionFinished),
                     .subject = std::string(action),
                     .body = Json::object({{"plan_id", run->plan.id}, {"state", to_string(ends)}}),
                     .cause = found->intent,
                     .actor = std::string(by)});
  }
  for (NewFact& fact : facts) set_words(fact.body, "says", says);
  return record_all(std::move(facts));
}

Status Executor::pause(std::string_view subject, std::string_view reason, std::string_view by, Time now) {
  TRY(note({.at = now,
            .kind = std::string(fact_kind::kPaused),
            .subject = std::string(subject),
            .body = Json::object({{"reason", reason}, {"by", by}}),
            .cause = 0,
            .actor = std::string(by)}));
  // At once: a worker may become free before the next tick.
  for (PlanRun& run : book_.plans()) {
    if (run.ended() || !paused_by(run)) continue;
    for (ActionRun& action : run.actions) call_back(run, action, Words::phrase("wait.paused"), now);
  }
  return {};
}

Status Executor::resume(std::string_view subject, std::string_view by, Time now) {
  if (!book_.pause(subject)) return fail(ErrorCode::kFailedPrecondition, fmt::format("'{}' is not paused", subject));
  return note({.at = now,
               .kind = std::string(fact_kind::kResumed),
               .subject = std::string(subject),
               .body = Json::object({{"by", by}}),
               .cause = 0,
               .actor = std::string(by)});
}

bool Executor::paused(std::string_view subject) const { return book_.pause(subject) != nullptr; }

bool Executor::paused_by(const PlanRun& run) const { return book_.pause("capstan") || book_.pause(run.plan.origin); }

Words Executor::held_back(const PlanRun& run, const ActionRun& action, Time now) const {
  return around_.gate ? around_.gate->held_back(run.plan, action.action, now) : Words();
}

Words Executor::held_back(const PlanRun& run, Time now) const {
  for (const ActionRun& action : run.actions) {
    if (Words says = held_back(run, action, now); !says.empty()) return says;
  }
  return {};
}

bool Executor::is_fresh(const PlanRun& run, Time now) const {
  const Duration age = now - run.plan.created;
  return age < options_.validity || (around_.gate && age - around_.gate->held_for(run.plan, now) < options_.validity);
}

void Executor::tick(Time now) {
  const bool writable = flush_held();
  for (PlanRun& run : book_.plans()) {
    if (run.ended()) continue;
    run.waiting.clear();
    if (writable && held_.empty())
      advance(run, now);
    else
      run.waiting = Words::phrase("wait.ledger", {{"error", trouble_}});
  }
  book_.forget();
  rate_.forget(monotonic());
}

}  // namespace capstan::act
