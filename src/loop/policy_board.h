// The policies in force, and what each of them decided last. Owned by the loop; not thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "act/executor.h"
#include "decide/decide.h"
#include "decide/notice.h"
#include "decide/policy_reader.h"
#include "decide/touches.h"
#include "loop/config_tree.h"
#include "loop/fact_book.h"
#include "loop/freeze_board.h"
#include "loop/money_book.h"
#include "loop/policy_grants.h"
#include "loop/policy_rest.h"
#include "loop/unread_policies.h"

namespace capstan::loop {

class PolicyBoard {
 public:
  struct Parts {
    FactBook& facts;
    const ledger::Ledger& ledger;
    act::Executor& executor;
    const VerbRegistry& verbs;
    const ResourceSource& resources;
    const SqlSource& sql;
    const SignalSource& signals;
    const Clock& clock;
    MoneyBook* money = nullptr;            // None: nobody meters.
    const FreezeBoard* freezes = nullptr;  // None: nothing is ever frozen.
  };
  // Why a policy cannot be decided yet: what it reads has not been looked at; "" when it can.
  using WaitsFor = std::function<Words(const decide::Policy& policy)>;
  void set_waits_for(WaitsFor waits_for) { waits_for_ = std::move(waits_for); }

  // What the targets of a policy with a budget cost, with what belongs to them, and what was spent since the budget's
  // day and month began: put into the situation, as what its actions would change of that is.
  using MoneyOf = std::function<Status(const decide::Policy& policy, decide::Situation& situation)>;
  void set_money_of(MoneyOf money_of) { money_of_ = std::move(money_of); }

  explicit PolicyBoard(Parts parts) : parts_(parts) {}

  // Where `except: calendar/NAME` finds its files.
  void set_calendar_directory(std::filesystem::path directory) { calendar_directory_ = std::move(directory); }

  // Facts in the order of the ledger, from its beginning on.
  void apply(const Fact& fact);

  // Puts the policies of all files in force; of a file with a mistake, those of its last good version stay. Gives the
  // mistakes.
  std::vector<Error> load(const ConfigTree& config, std::span<const KindSpec> kinds, Time now);

  // Decides anew where anything can have changed (PolicyRest), and hands plans to the executor. One round takes a
  // bounded time: policies that are slow to decide come less often, and those that are left come in the next round.
  void decide(const catalog::CatalogReader& catalog, Time now);

  // How often policies were asked; what it gives may be read by any thread.
  const PolicyPasses& passes() { return rest_.passes(); }
  // However sure it is that nothing has changed, a policy is asked again after so long; 0: at every round.
  void set_longest_rest(Duration longest) { rest_.set_longest(longest); }

  // What people are to be told before a policy acts. The same notices come until they are no longer due.
  std::vector<decide::Notice> notices(Time now);

  // The shape of docs/reference/api.md.
  Json to_json() const;
  // As it is in force; nothing for a name that no policy has.
  std::optional<decide::Policy> find(std::string_view name) const;
  // Decides for one policy now and says what came of it.
  Result<Json> run(std::string_view name, std::string_view by, const catalog::CatalogReader& catalog, Time now);
  // What policies that are not in force would do now: those of `text`, YAML with the name `file`. Nothing is submitted.
  // `priced` adds to the status of a plan what it costs; nothing does without it.
  using Priced = std::function<Json(Json status, const decide::Policy& policy)>;
  Result<Json> preview(std::string_view text, const std::string& file, const catalog::CatalogReader& catalog, Time now,
                       const Priced& priced = {});
  // What each policy decided over a resource last, and the clause that decided it; only of `policy` unless that is "",
  // which then says why, too, when it does not look at the resource at all.
  Json verdicts_on(const Resource& resource, std::string_view policy) const;

  // What policies, and what is like them, may refer to; as of the last `load`.
  decide::Vocabulary vocabulary() const;

  // kNotFound with the nearest name where no policy has this one.
  Status check_name(std::string_view name) const;

  // The overrides in force.
  std::vector<decide::Override> overrides(Time now) const { return overrides_.active(now); }
  // The same, worked out once for each `now`; valid until the next fact.
  const std::vector<decide::Override>& overrides_at(Time now) const;
  // The policy in force that made a plan, as it is now; nullptr for what is no such policy's.
  const decide::Policy* policy_of(const Plan& plan) const;
  // The file with a mistake that keeps the policy of a plan from being known; "" where it is in force, or gone.
  std::string unread_file_of(const Plan& plan) const;
  // The policies over whose resources an override decides now: [{"policy", "resources": 3}].
  Json decided_by(std::string_view override) const;
  // The standing approvals in force: docs/reference/api.md.
  Json approvals_json() const;
  // What gives `policy` a standing approval, as it is now, on a resource or (for "") on all that it selects.
  Result<Grant> grant_of(std::string_view policy, const ResourceId& resource) const;
  bool has_approval(std::string_view id) const;
  // What waits for its time: [{"policy", "resource", "name", "verb", "at", "says"}], the nearest first.
  Json coming() const;
  // When each policy wants what, from `from` on for `days`: docs/reference/api.md.
  Json calendar(Time from, int days) const;
  // What an override can keep something in: "up", "down" and the states that a policy (or any, for "") knows by name.
  std::vector<std::string> states(std::string_view policy) const;

 private:
  struct Entry {
    decide::Policy policy;
    std::filesystem::path file;
    Time in_force_since;
    decide::Decision last;
    std::string error;       // Why it could not decide; "" when it could.
    Words waits_for;         // What has to be looked at first; "" for nothing.
    Duration not_before{0};  // Monotonic. Until then it decides only over what has changed.
    size_t covered = 0;      // A hash of what was written down last of what its schedule is about.
    bool is_covered = true;  // That is what it is about.
  };
  // What a round decides over: one view of the catalog, at one time.
  struct Round {
    const catalog::CatalogReader& catalog;
    std::vector<catalog::KnownFinding> findings;
    std::vector<catalog::KnownIncident> incidents;
    Time now;
  };

  void decide_fully(Entry& entry, const Result<Round>& round, Time now);
  void decide_changes(Entry& entry, const PolicyRest::Changes& changes, const Round& round, bool is_slow);
  void wake_from(std::map<std::string, Entry>::iterator each, size_t left);
  Status hand_over(Entry& entry, Time now, Seq asked_by);
  static Result<Round> round_over(const catalog::CatalogReader& catalog, Time now);
  Time in_force_since(const decide::Policy& policy, Time now);
  Result<decide::Decision> decision_of(const decide::Policy& policy, Time in_force_since, const Round& round,
                                       const decide::SelectOptions& options = {},
                                       std::optional<decide::Situation::Rest> rest = {}) const;
  // Policies that are not in force. The first mistake, where there is one.
  Result<std::vector<decide::Policy>> read(std::string_view text, const std::string& file) const;
  // Whether and why a policy that selects a kind leaves a resource of it out.
  Result<std::vector<decide::Candidate>> ask_about(const decide::Policy& policy, const Resource& resource) const;
  Status decide_one(Entry& entry, const Round& round, Seq asked_by = 0);
  static Status add_belongings(const decide::Policy& policy, const catalog::CatalogReader& catalog,
                               decide::Situation& situation);
  void withdraw_orphans(Time now);
  Status write_stages(const Entry& entry, Time now);
  // Writes down what a schedule is about, where that has changed. False where it could not.
  bool write_coverage(Entry& entry, Time now);
  void publish_schedules() const;
  Status undo_quiet(const Entry& entry, Time now);
  void keep_done(const Entry& entry, const std::string& plan, const Words& says, bool asks, Time now);
  static Words rejected(const Entry& entry);
  Json entry_json(const Entry& entry) const;
  Json verdict_json(const std::string& policy, const decide::Verdict& verdict) const;
  Json verdicts_json(const std::string& policy, const std::vector<decide::Verdict>& verdicts) const;
  Json preview_json(const Plan& plan) const;

  Parts parts_;
  WaitsFor waits_for_;
  MoneyOf money_of_;
  std::filesystem::path calendar_directory_;
  decide::Calendars calendars_;
  std::vector<std::string> kinds_;
  decide::History history_;
  decide::Overrides overrides_;
  mutable std::optional<Time> overrides_asked_;
  mutable std::vector<decide::Override> overrides_then_;  // At that time.
  decide::StandingApprovals approvals_;
  decide::Touches touches_;
  UnreadPolicies unread_;
  PolicyFiles good_;                              // The last good version of each file.
  std::map<std::string, Entry> entries_;          // By name.
  std::map<std::string, std::string> titles_ko_;  // Of verbs, by name, where their pack says so.
  bool may_have_orphans_ = false;                 // Since files were read: open plans of none.
  std::string next_;                              // Where the next round goes on.
  PolicyRest rest_;
};

}  // namespace capstan::loop
