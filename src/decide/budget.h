// Budgets: what a policy's targets may cost together before it starts nothing more that costs money.
//
//   limits: { budget: { per_hour: 20 USD, per_day: 200 USD, per_month: 4000 USD } }
//
// An hour counts what runs now. A day and a month count what was spent since they began in the policy's zone, and what
// would be spent to their end: of what the policy keeps so within its windows for the hours of these, of all else for
// every hour that is left.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "decide/schedule.h"
#include "decide/zone.h"
#include "model/resource.h"
#include "model/words.h"

namespace capstan::decide {

struct Budget {
  std::string currency;  // "USD"
  std::optional<double> per_hour;
  std::optional<double> per_day;
  std::optional<double> per_month;
  Zone zone;  // Says when a day and a month begin.

  bool counts_time() const { return per_day.has_value() || per_month.has_value(); }
};

// "limits: { budget }"; mistakes go into `problems`.
std::optional<Budget> read_budget(const ConfigNode& node, const std::optional<Zone>& zone,
                                  std::vector<Error>& problems);

// What a resource costs, with what belongs to it; the loop meters it.
struct TargetMoney {
  std::string currency;     // "" where nothing of it has a price.
  double per_hour = 0;      // Now.
  double when_running = 0;  // Had all of it run.
  double today = 0;         // Since the day began,
  double this_month = 0;    // and the month.
};
using Money = std::map<ResourceId, TargetMoney>;

// When the day and the month that hold `now` began and end, by the budget's clock.
struct BudgetPeriods {
  Interval day;
  Interval month;
};
BudgetPeriods periods_of(const Zone& zone, Time now);

// Whether a verb makes its target cost more, by its last part: start, resume, create, scale out …
bool may_cost(std::string_view verb);
// By how much an hour, of a target as it is; nothing where that is not known. `number` is the parameter that says how
// many there are to be, where the verb has one, and `is` how many there are.
std::optional<double> cost_of(std::string_view verb, const TargetMoney& money, std::optional<double> number,
                              std::optional<double> is);

// When a target runs: always, or within its hours; and until `kept_until` as a person said instead.
struct RunningTime {
  std::optional<Schedule> hours = {};  // Nothing: always.
  std::optional<Time> kept_until = {};
  bool kept_up = false;
};

// Adds up what targets would cost, one after the other.
class BudgetSum {
 public:
  BudgetSum(const Budget& budget, Time now) : budget_(budget), now_(now), periods_(periods_of(budget.zone, now)) {}

  // What is there already, and when it runs.
  void add(const TargetMoney& money, const RunningTime& running);
  // What would be changed by `more` an hour: "" when the budget bears it, and then it counts; else why it does not.
  Words take(double more, const RunningTime& running);
  // The same without asking: it is under way.
  void force(double more, const RunningTime& running);

 private:
  struct Sums {
    double hour = 0;
    double day = 0;
    double month = 0;
  };
  Sums of(double per_hour, const RunningTime& running) const;

  const Budget& budget_;
  Time now_;
  BudgetPeriods periods_;
  Sums sums_;
};

}  // namespace capstan::decide
