// The change freezes in force: what they hold back, and what people let through all the same. Owned by the loop; not
// thread-safe.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "act/start_gate.h"
#include "decide/freeze.h"
#include "decide/freeze_reader.h"
#include "decide/policy_reader.h"
#include "loop/freeze_lift.h"
#include "model/resource_source.h"
#include "model/verb.h"

namespace capstan::loop {

class ConfigTree;

class FreezeBoard final : public act::StartGate {
 public:
  // Both must outlive it.
  FreezeBoard(const VerbRegistry& verbs, const ResourceSource& resources) : verbs_(verbs), resources_(resources) {}

  // Facts in the order of the ledger, from its beginning on.
  void apply(const Fact& fact);
  // Puts the freezes of all files in force (freeze_files.cc); of a file with a mistake, those of its last good version
  // stay, also after a restart; of one that never was good, each is as wide as what cannot be read of it may be. Gives
  // the mistakes, and what holds because of them.
  std::vector<Error> load(const ConfigTree& config, const decide::Vocabulary& vocabulary, Time now);
  // What has to be written down after that, so that it holds after a restart. Once.
  std::vector<NewFact> take_news() { return std::exchange(news_, {}); }
  // For /metrics. Thread-safe.
  std::string metrics() const;

  // The same of freezes that have been read.
  void set(std::vector<decide::Freeze> freezes);

  const std::vector<decide::Freeze>& all() const { return freezes_; }

  Words held_back(const Plan& plan, const Action& action, Time now) const override;
  Duration held_for(const Plan& plan, Time now) const override;
  // The same of what a policy would do to a resource.
  Words held_back(std::string_view policy, std::string_view verb, const ResourceId& target, Time now) const;

  // What a person's letting a plan through is as a fact. kNotFound, kPermissionDenied, or kFailedPrecondition where the
  // freeze does not hold that plan back.
  Result<NewFact> lift(const FreezeLift& wanted, const Plan& plan, std::string_view actor, std::string_view role,
                       Time now) const;

  // The shapes of docs/reference/api.md.
  Json to_json(Time now) const;
  Json calendar(Time from, Time to) const;

 private:
  // What holds of one file.
  struct Source {
    std::vector<decide::Freeze> freezes;
    std::string text;         // Of their documents, where all was read.
    Time since;               // When that was.
    bool was_good = false;    // It was read without a mistake.
    bool is_present = false;  // And it says so still.
  };
  struct Written {
    std::string text;
    Time at;
  };
  // In place of a file that cannot be read, or not wholly: `read` is what can be.
  Source before(const std::filesystem::path& path, decide::ReadFreezes read, const decide::Vocabulary& vocabulary,
                const Error& mistake, Time now);
  void put_in_force(std::vector<Error>& problems);
  void note_news(Time now);

  const decide::Freeze* find(std::string_view name) const;
  // The freezes in force, worked out once for each `now`.
  const std::vector<decide::Frozen>& in_force(Time now) const;
  bool covers(const decide::Freeze& freeze, std::string_view policy, std::string_view verb,
              const ResourceId& target) const;
  bool covers(const decide::Freeze& freeze, const Plan& plan, const Action& action) const;
  Json freeze_json(const decide::Freeze& freeze) const;

  const VerbRegistry& verbs_;
  const ResourceSource& resources_;
  std::map<std::filesystem::path, Source> sources_;
  std::map<std::string, Written> written_;  // The last good version of each file, as the ledger has it.
  std::vector<NewFact> news_;
  std::map<std::string, Time> old_;  // Freezes of files with a mistake, by name: as they were read then.
  std::atomic<size_t> old_count_ = 0;
  std::atomic<size_t> doubtful_count_ = 0;
  std::vector<decide::Freeze> freezes_;
  std::set<std::pair<std::string, std::string>> lifts_;  // Plan and freeze; only of plans that are open.
  mutable std::optional<Time> asked_;
  mutable std::vector<decide::Frozen> in_force_;  // At that time.
};

}  // namespace capstan::loop
