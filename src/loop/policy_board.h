// The policies in force, and what each of them decided last. Owned by the loop; not thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/executor.h"
#include "decide/decide.h"
#include "decide/notice.h"
#include "decide/policy_reader.h"
#include "decide/touches.h"
#include "loop/config_tree.h"
#include "loop/fact_book.h"
#include "loop/money_book.h"

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
    MoneyBook* money = nullptr;  // None: nobody meters.
  };
  // Why a policy cannot be decided yet: what it reads has not been looked at; "" when it can.
  using WaitsFor = std::function<std::string(const decide::Policy& policy)>;
  void set_waits_for(WaitsFor waits_for) { waits_for_ = std::move(waits_for); }

  explicit PolicyBoard(Parts parts) : parts_(parts) {}

  // Where `except: calendar/NAME` finds its files.
  void set_calendar_directory(std::filesystem::path directory) { calendar_directory_ = std::move(directory); }

  // Facts in the order of the ledger, from its beginning on.
  void apply(const Fact& fact);

  // Puts the policies of all files in force; of a file with a mistake, those of its last good version stay. Gives the
  // mistakes.
  std::vector<Error> load(const ConfigTree& config, std::vector<std::string> kinds, Time now);

  // Decides anew, and hands plans to the executor. One round takes a bounded time: policies that are slow to decide
  // come less often, and those that are left come in the next round.
  void decide(const catalog::CatalogReader& catalog, Time now);

  // What people are to be told before a policy acts. The same notices come until they are no longer due.
  std::vector<decide::Notice> notices(Time now);

  // The shape of docs/reference/api.md.
  Json to_json() const;
  // Decides for one policy now and says what came of it.
  Result<Json> run(std::string_view name, std::string_view by, const catalog::CatalogReader& catalog, Time now);
  bool knows(std::string_view name) const { return entries_.contains(std::string(name)); }

 private:
  struct Entry {
    decide::Policy policy;
    std::filesystem::path file;
    Time in_force_since;
    decide::Decision last;
    std::string error;       // Why it could not decide; "" when it could.
    Duration not_before{0};  // Monotonic.
  };
  struct Picture {
    std::vector<catalog::KnownFinding> findings;
    std::vector<catalog::KnownIncident> incidents;
  };

  static Result<Picture> picture_of(const catalog::CatalogReader& catalog);
  void read_calendars(std::vector<Error>& problems);
  Time in_force_since(const decide::Policy& policy, Time now);
  Status decide_one(Entry& entry, const catalog::CatalogReader& catalog, const Picture& picture, Time now,
                    Seq asked_by = 0);
  static Status add_belongings(const decide::Policy& policy, const catalog::CatalogReader& catalog,
                               decide::Situation& situation);
  // Writes down what a schedule is about, where that has changed.
  void write_coverage(const decide::Policy& policy, const std::vector<decide::Candidate>& candidates, Time now);
  void publish_schedules() const;
  void undo_quiet(const Entry& entry, Time now);
  Json entry_json(const Entry& entry) const;

  Parts parts_;
  WaitsFor waits_for_;
  std::filesystem::path calendar_directory_;
  decide::Calendars calendars_;
  decide::History history_;
  decide::Overrides overrides_;
  decide::Touches touches_;
  std::map<std::filesystem::path, std::vector<decide::Policy>> good_;  // The last good version of each file.
  std::map<std::string, Entry> entries_;                               // By name.
  std::string next_;                                                   // Where the next round goes on.
};

}  // namespace capstan::loop
