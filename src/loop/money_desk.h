// Answers what things cost and what policies saved: reads prices, the catalog's history and the loop's past, and has
// src/money meter them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/json.h"
#include "catalog/catalog.h"
#include "decide/budget.h"
#include "decide/decide.h"
#include "decide/policy.h"
#include "decide/verb_effects.h"
#include "decide/zone.h"
#include "loop/fleet_queries.h"
#include "loop/money_book.h"
#include "model/table.h"
#include "money/changes.h"
#include "money/histories.h"
#include "money/usage.h"

namespace capstan::loop {

// What a resource, or some of them together, cost on one day or in all of a period.
struct MeteredResource {
  ResourceId id;
  std::string kind;
  std::string name;
  ResourceId account;  // What it belongs to in the end; "" for nothing.
  std::string price;   // The newest in the period; "" for none.
  std::string currency;
  std::vector<money::Usage> days;
};

struct Metering {
  std::vector<Time> bounds;  // Of days.
  std::vector<MeteredResource> resources;
  std::vector<std::string> problems;
};

// What a policy saved of one resource.
struct MeasuredResource {
  std::string policy;
  ResourceId id;
  std::string name;
  ResourceId account;
  std::string currency;
  std::vector<money::Savings> days;
};

struct Measurement {
  Time from;
  Time to;
  std::string zone;
  std::vector<Time> bounds;
  std::vector<MeasuredResource> resources;  // By policy, then id.
  std::map<std::string, int64_t> unpriced;  // Of each policy: resources that no price is known for.
  std::vector<std::string> problems;
};

// What a resource cost in a period, and what it would have cost had it been otherwise.
struct ComparedCost {
  ResourceId id;
  std::string name;
  std::string currency;
  money::Usage real;
  money::Usage would_be;
};

// A change in a budget's currency; nothing where it is not known, or in another.
std::optional<double> in_currency(const std::optional<money::Change>& change, std::string_view currency);

using TargetChanges = std::map<ResourceId, std::map<std::string, std::optional<double>>>;

// Resources, and what belongs to them, from a time on; to another, or until now.
struct Since {
  std::vector<ResourceId> resources;
  Time from;
  std::optional<Time> to;
};

// What they cost since, and cost an hour now; 0 where it has ended.
struct CostSince {
  std::string currency;
  double so_far = 0;
  double per_hour = 0;
};
// The shape of docs/reference/api.md; null for nothing.
Json cost_json(const std::optional<CostSince>& cost);

// Thread-safe.
class MoneyDesk {
 public:
  struct Parts {
    const Clock& clock;
    const catalog::Catalog& catalog;
    const SqlSource& sql;  // Without table functions: they may ask this desk.
    const MoneyBook& book;
  };
  explicit MoneyDesk(Parts parts) : parts_(parts) {}

  // Puts price files in force, those of packs first; gives what is wrong with them. Of a file with mistakes the last
  // good version stays.
  std::vector<Error> load(const std::vector<money::PriceText>& files);

  // `zone` says what a day is.
  Result<Metering> meter(Time from, Time to, const decide::Zone& zone, Time now) const;
  Result<Measurement> measure(const SavingsQuery& query, Time now) const;
  Result<Json> savings(const SavingsQuery& query) const;

  // What resources cost now, with what belongs to them, and what was spent since the budget's day and month began.
  // Those without a price, or with several currencies, have none.
  Result<decide::Money> money_of(const std::vector<ResourceId>& ids, const decide::Budget& budget, Time now) const;

  // Nothing where no price is known, or prices in several currencies.
  Result<std::vector<std::optional<CostSince>>> costs_since(const std::vector<Since>& asked, Time now) const;

  // Of resources of one kind: as they were, and as they would have been; those without a price are left out.
  using Versions = std::vector<catalog::ResourceVersion>;
  Result<std::vector<ComparedCost>> compare(const KindSpec& kind, const Versions& real, const Versions& would_be,
                                            Time from, Time to) const;

  // What verbs say that they leave behind.
  void set_effects(decide::VerbEffects effects);
  std::shared_ptr<const decide::VerbEffects> effects() const;

  std::shared_ptr<const std::vector<money::Price>> prices() const;

  // By how much an hour each action that a policy with a budget may do would change what its targets cost, with what
  // belongs to them: decide::Situation's `changes`.
  Result<TargetChanges> changes_of(const decide::Policy& policy, const std::vector<ResourceId>& targets,
                                   Time now) const;

  // Both, for what a situation's candidates selected.
  Status add_money(const decide::Policy& policy, decide::Situation& situation) const;

  // Adds to a plan, in the API's shape, what each action changes an hour, and the sum: as of when it was made. `policy`
  // is the one that made it, where one did.
  Result<Json> with_money(Json plan, const std::optional<decide::Policy>& policy) const;

 private:
  Result<money::PricedWorld> world(const catalog::CatalogReader& catalog, Time now) const;

  const Parts parts_;
  std::mutex loading_;
  std::map<std::string, std::string> good_;  // The last texts without mistakes, by path.
  Guarded<std::shared_ptr<const std::vector<money::Price>>> prices_{
      std::make_shared<const std::vector<money::Price>>()};
  Guarded<std::shared_ptr<const decide::VerbEffects>> effects_{std::make_shared<const decide::VerbEffects>()};
  mutable std::mutex reading_;
  mutable money::Histories histories_;
};

// The shape of docs/reference/api.md.
Json measurement_json(const Measurement& measurement, const MoneyBook::Policies& policies, size_t most_resources);

}  // namespace capstan::loop
