#include "foresee/backtest.h"

#include <algorithm>
#include <utility>

#include "decide/decide.h"
#include "decide/stages.h"
#include "foresee/alternate_past.h"
#include "foresee/imagined_executor.h"

namespace capstan::foresee {
namespace {

class Backtest {
 public:
  Backtest(const decide::Policy& policy, const Past& past, const BacktestOptions& options, PolicyReads reads,
           PastWorld& world)
      : policy_(policy),
        past_(past),
        options_(options),
        reads_(std::move(reads)),
        world_(world),
        alternate_(policy, past, world, options.money),
        executor_(policy, past, world, alternate_, result_, options.step,
                  [this](Time at, ResourceId what) { wakes_.emplace(at, std::move(what)); }) {
    asks_always_ = reads_.has("now") || std::ranges::any_of(past.functions, [&](const TableFunction* function) {
                     return reads_.has(function->name());
                   });
    inherits_ = std::ranges::any_of(past.overrides, [](const auto& each) { return !each.resource.empty(); });
  }

  Result<BacktestResult> run() {
    Time now = on_grid(options_.from);
    alternate_.begin(now);
    take_findings(now);
    all_dirty_ = true;
    while (now < options_.to) {
      if (options_.stop.stop_requested()) return fail(ErrorCode::kCancelled, "the backtest was cancelled");
      if (options_.progress && result_.looks % 64 == 0) options_.progress(share_of(now));
      TRY(step(now));
      const std::optional<Time> next = next_after(now);
      if (!next) break;
      now = *next;
    }
    for (const auto& [id, over] : over_budget_) end_over_budget(over, options_.to);
    std::ranges::stable_sort(result_.over_budget, {}, &BacktestOverBudget::from);
    result_.differences = alternate_.take_differences(options_.to);
    return std::move(result_);
  }

 private:
  double share_of(Time now) const {
    return to_seconds(now - options_.from) / std::max(1e-3, to_seconds(options_.to - options_.from));
  }
  // The first time at or after `time` at which the policy looks.
  Time on_grid(Time time) const {
    const int64_t step = options_.step.count();
    return from_unix_ms((to_unix_ms(time) + step - 1) / step * step);
  }

  std::optional<Time> next_after(Time now) const {
    std::optional<Time> next;
    const auto consider = [&](std::optional<Time> time) {
      if (time && (!next || *time < *next)) next = time;
    };
    if (asks_always_) consider(now + options_.step);
    consider(alternate_.next());
    if (next_finding_ < past_.findings.size()) consider(past_.findings[next_finding_].at);
    if (next_incident_ < past_.incidents.size()) consider(past_.incidents[next_incident_].at);
    if (!wakes_.empty()) consider(wakes_.begin()->first);
    consider(executor_.next_turn());
    for (const decide::Override& each : past_.overrides) {
      if (each.from > now) consider(each.from);
    }
    if (!next) return std::nullopt;
    return on_grid(std::max(*next, now + Duration(1)));
  }

  // One look, where anything has changed since the last.
  Status step(Time now) {
    if (last_ != Time()) {
      bool others = false;
      for (const ResourceId& id : alternate_.advance(now, others)) mark(id);
      all_dirty_ = all_dirty_ || (others && !reads_.is_local) || take_findings(now);
      for (const decide::Override& each : past_.overrides) {
        if (each.from > last_ && each.from <= now) all_dirty_ = true;
      }
    }
    last_ = now;
    while (!wakes_.empty() && wakes_.begin()->first <= now) {
      if (wakes_.begin()->second.empty())
        all_dirty_ = true;
      else
        dirty_.insert(wakes_.begin()->second);
      wakes_.erase(wakes_.begin());
    }
    // What a freeze held back starts only where it is still called for.
    if (executor_.holds_back() && executor_.next_turn() <= now) {
      all_dirty_ = true;
      TRY(look(now));
    }
    TRY(executor_.take_turns(now));
    if (asks_always_) all_dirty_ = true;
    if (!all_dirty_ && dirty_.empty()) return {};
    return look(now);
  }

  void mark(const ResourceId& id) {
    if (!world_.has(id)) {
      selected_.erase(id);
      executor_.forget(id);
    }
    if (!reads_.is_local)
      all_dirty_ = true;
    else if (const PastKind* kind = alternate_.kind_of(id); kind != nullptr && kind->name() == policy_.select.kind)
      dirty_.insert(id);
  }

  // Whether anything was found or ended.
  bool take_findings(Time now) {
    bool changed = false;
    for (; next_finding_ < past_.findings.size() && past_.findings[next_finding_].at <= now; ++next_finding_) {
      const catalog::KnownFinding& known = past_.findings[next_finding_].known;
      findings_.insert_or_assign(known.finding.id, known);
      changed = true;
      if (policy_.undo_after_quiet && known.resolved) wakes_.emplace(*known.resolved + *policy_.undo_after_quiet, "");
    }
    for (; next_incident_ < past_.incidents.size() && past_.incidents[next_incident_].at <= now; ++next_incident_) {
      const catalog::KnownIncident& known = past_.incidents[next_incident_].known;
      incidents_.insert_or_assign(known.incident.id, known);
      changed = true;
    }
    return changed;
  }

  Result<decide::Situation> situation_at(Time now) {
    decide::Situation situation;
    std::vector<catalog::KnownFinding> open;
    for (const auto& [id, known] : findings_) {
      if (known.open) open.push_back(known);
      if (known.open || policy_.undo_after_quiet) situation.findings.push_back(known);
    }
    for (const auto& [id, known] : incidents_) {
      if (known.incident.state == IncidentState::kOpen) situation.incidents.push_back(known);
    }
    situation.candidates =
        TRY(decide::select_candidates(policy_, world_, world_, open, situation.incidents, now, {.limit = 100'000}));
    for (decide::Candidate& candidate : situation.candidates) {
      executor_.hold_conditions(candidate);
      add_relations(candidate, situation);
    }
    for (const decide::Override& each : past_.overrides) {
      if (each.active(now)) situation.overrides.push_back(each);
    }
    situation.touches = alternate_.touches();
    situation.history = &executor_.history();
    situation.now = now;
    situation.in_force_since = options_.from;
    if (policy_.budget && options_.money != nullptr) TRY(options_.money->add_money(policy_, world_, situation));
    return situation;
  }

  void add_relations(const decide::Candidate& candidate, decide::Situation& situation) {
    const ResourceId& id = candidate.resource.id;
    if (policy_.order_depends_on || policy_.deletes_all())
      std::ranges::move(world_.relations_of(id), std::back_inserter(situation.relations));
    if (!candidate.selected) return;
    if (inherits_) situation.owners[id] = world_.owners_of(id);
    if (!policy_.deletes_all()) return;
    situation.belongings[id] = world_.belongings_of(id);
    for (const Resource& each : situation.belongings[id])
      std::ranges::move(world_.relations_of(each.id), std::back_inserter(situation.relations));
  }

  Status look(Time now) {
    ++result_.looks;
    // What is held back is taken back, and what waits for its next stage drops out, only where all is asked about; a
    // budget is of all together.
    const bool is_whole =
        all_dirty_ || !reads_.is_local || executor_.holds_back() || policy_.is_staged() || policy_.budget;
    if (is_whole) {
      TRY(world_.show_all());
    } else {
      TRY(world_.show_only({dirty_.begin(), dirty_.end()}));
    }
    all_dirty_ = false;
    dirty_.clear();
    decide::Situation situation = TRY(situation_at(now));
    if (is_whole) selected_.clear();
    for (const decide::Candidate& candidate : situation.candidates) {
      if (candidate.selected)
        selected_.insert(candidate.resource.id);
      else
        selected_.erase(candidate.resource.id);
    }
    if (!is_whole) {
      const auto here = std::ranges::count_if(situation.candidates, &decide::Candidate::selected);
      situation.rest = {.selected = selected_.size() - static_cast<size_t>(here)};
    }
    const decide::Decision decision = decide::decide(policy_, situation);
    record_stages(decision, now);
    for (const decide::Verdict& verdict : decision.verdicts) {
      if (!verdict.next.empty()) wakes_.emplace(verdict.next_at, verdict.resource);
      if (verdict.again) wakes_.emplace(std::max(*verdict.again, now + Duration(1)), verdict.resource);
      if (!verdict.matched) continue;
      if (const PastKind* kind = alternate_.kind_of(verdict.resource))
        result_.resources.emplace(verdict.resource, kind->name());
    }
    note_over_budget(decision, now);
    for (const std::string& plan : decision.withdraw) executor_.withdraw(plan, now);
    for (const std::string& plan : decision.undo) executor_.undo(plan, now);
    if (decision.plan) TRY(executor_.carry_out(*decision.plan, now));
    // Where it acts the world is another one now, and what was put off may have its turn.
    if (!decision.undo.empty()) wakes_.emplace(now + options_.step, "");
    if (!decision.plan) return {};
    for (const decide::Verdict& verdict : decision.verdicts) {
      if (verdict.matched) wakes_.emplace(now + options_.step, verdict.resource);
    }
    return {};
  }

  // What is over the budget now may be borne later: a day's end comes nearer, and something else is stopped.
  void note_over_budget(const decide::Decision& decision, Time now) {
    std::erase_if(over_budget_, [&](const auto& each) {
      const bool is_still = std::ranges::find(decision.over_budget, each.first) != decision.over_budget.end();
      if (!is_still) end_over_budget(each.second, now);
      return !is_still;
    });
    for (const ResourceId& id : decision.over_budget) {
      const auto verdict = std::ranges::find(decision.verdicts, id, &decide::Verdict::resource);
      if (verdict == decision.verdicts.end()) continue;
      const auto [over, is_new] = over_budget_.try_emplace(id);
      if (is_new) over->second = {.resource = id, .name = verdict->name, .from = now, .to = now, .why = verdict->why};
      wakes_.emplace(now + options_.step, "");
    }
  }

  void end_over_budget(BacktestOverBudget over, Time now) {
    ++result_.over_budget_count;
    over.to = now;
    if (result_.over_budget.size() < kMostOverBudget) result_.over_budget.push_back(std::move(over));
  }

  void record_stages(const decide::Decision& decision, Time now) {
    std::vector<NewFact> facts = decide::dropped_facts(policy_.name, decision.dropped, now);
    std::ranges::move(decide::begun_facts(policy_.name, decision.begun, now), std::back_inserter(facts));
    for (NewFact& fact : facts) executor_.record(fact.kind, fact.subject, std::move(fact.body), fact.at);
  }

  const decide::Policy& policy_;
  const Past& past_;
  const BacktestOptions& options_;
  const PolicyReads reads_;
  PastWorld& world_;
  BacktestResult result_;
  AlternatePast alternate_;
  ImaginedExecutor executor_;
  bool asks_always_ = false;  // Conditions depend on the time itself, or on what is measured.
  bool inherits_ = false;     // Overrides of what a resource belongs to may decide.

  Time last_;
  std::map<std::string, catalog::KnownFinding> findings_;
  std::map<std::string, catalog::KnownIncident> incidents_;
  size_t next_finding_ = 0;
  size_t next_incident_ = 0;
  std::set<std::pair<Time, ResourceId>> wakes_;  // When to look again at what; "" for all.
  std::set<ResourceId> dirty_;
  bool all_dirty_ = false;
  std::set<ResourceId> selected_;
  std::map<ResourceId, BacktestOverBudget> over_budget_;  // That goes on.
};

}  // namespace

Result<BacktestResult> backtest(const decide::Policy& policy, const Past& past, const BacktestOptions& options) {
  if (options.from >= options.to) return fail(ErrorCode::kInvalidArgument, "the period must begin before it ends");
  if (options.step < Duration(1'000)) return fail(ErrorCode::kInvalidArgument, "a step is at least 1s");
  PolicyReads reads = TRY(reads_of(policy, past.effects));
  reads.names.insert(past.also_reads.begin(), past.also_reads.end());
  const std::unique_ptr<PastWorld> world = TRY(PastWorld::create(past, reads));
  return Backtest(policy, past, options, std::move(reads), *world).run();
}

}  // namespace capstan::foresee
