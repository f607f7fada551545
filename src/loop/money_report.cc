// What the page, the command and the API show of savings.
#include <algorithm>
#include <functional>
#include <set>

#include "loop/money_desk.h"

namespace capstan::loop {
namespace {

using money::Part;
using money::Savings;

double hours(Duration time) { return to_seconds(time) / 3600; }

Json share(double part, double whole) { return whole > 0 ? Json(part / whole) : Json(); }

Json part_json(const Part& part) { return Json::object({{"hours", hours(part.time)}, {"money", part.money.units()}}); }

// The parts that explain the difference between plan and reality; what is 0 is left out. `sign` -1: saved beyond it.
Json::Array why_json(const Savings& savings) {
  struct Reason {
    std::string_view what;
    const Part& part;
    int sign;
  };
  Json::Array why;
  for (const Reason& reason :
       {Reason{"start_up", savings.start_up, 1}, Reason{"late", savings.late, 1}, Reason{"kept", savings.kept, 1},
        Reason{"restarted", savings.restarted, 1}, Reason{"unstoppable", savings.unstoppable, 1},
        Reason{"unobserved", savings.unobserved, 1}, Reason{"unused", savings.unused, -1}}) {
    if (reason.part.time == Duration(0) && reason.part.money == money::Amount()) continue;
    why.push_back(Json::object({{"what", reason.what},
                                {"hours", reason.sign * hours(reason.part.time)},
                                {"money", reason.sign * reason.part.money.units()}}));
  }
  return why;
}

// Figures of one currency; `savings` of many resources may be added up.
Json figures_json(const Savings& savings, std::string_view currency) {
  const money::Usage& usage = savings.usage;
  const double existing = hours(usage.existing.time), baseline = usage.existing.money.units();
  const Json planned = part_json(savings.planned), real = part_json(savings.real);
  return Json::object({{"currency", currency},
                       {"baseline", part_json(usage.existing)},
                       {"running", part_json(usage.running)},
                       {"unobserved", part_json(usage.unobserved)},
                       {"cost", usage.cost().units()},
                       {"planned", planned},
                       {"real", real},
                       {"planned_hours_share", share(planned["hours"].number_or(0), existing)},
                       {"real_hours_share", share(real["hours"].number_or(0), existing)},
                       {"planned_money_share", share(planned["money"].number_or(0), baseline)},
                       {"real_money_share", share(real["money"].number_or(0), baseline)},
                       {"why", why_json(savings)}});
}

// Adds up what has the same name and currency, in the order of both.
class Sums {
 public:
  void add(const std::string& name, const MeasuredResource& resource, const Savings& savings) {
    Sum& sum = sums_[{name, resource.currency}];
    sum.savings += savings;
    ++sum.resources;
  }

  Json::Array to_json(std::string_view key, const std::function<void(const std::string&, Json&)>& more = {}) const {
    Json::Array all;
    for (const auto& [name_and_currency, sum] : sums_) {
      Json one = figures_json(sum.savings, name_and_currency.second);
      if (!key.empty()) one.set(key, name_and_currency.first);
      one.set("resources", static_cast<uint64_t>(sum.resources));
      if (more) more(name_and_currency.first, one);
      all.push_back(std::move(one));
    }
    return all;
  }

 private:
  struct Sum {
    Savings savings;
    size_t resources = 0;
  };
  std::map<std::pair<std::string, std::string>, Sum> sums_;
};

Savings total(const MeasuredResource& resource) {
  Savings all;
  for (const Savings& day : resource.days) all += day;
  return all;
}

// Resources that several policies are about count once, for the first of these.
std::vector<const MeasuredResource*> once_each(const Measurement& measurement) {
  std::vector<const MeasuredResource*> all;
  std::set<std::string_view> seen;
  for (const MeasuredResource& resource : measurement.resources) {
    if (seen.insert(resource.id).second) all.push_back(&resource);
  }
  return all;
}

Json::Array days_json(const Measurement& measurement, const std::vector<const MeasuredResource*>& resources) {
  std::map<std::string, std::vector<Savings>> by_currency;
  for (const MeasuredResource* resource : resources) {
    std::vector<Savings>& days = by_currency[resource->currency];
    days.resize(resource->days.size());
    for (size_t i = 0; i < days.size(); ++i) days[i] += resource->days[i];
  }
  Json::Array all;
  for (const auto& [currency, days] : by_currency) {
    for (size_t i = 0; i < days.size(); ++i) {
      all.push_back(Json::object({{"from", format_time(measurement.bounds[i])},
                                  {"to", format_time(measurement.bounds[i + 1])},
                                  {"currency", currency},
                                  {"baseline", days[i].usage.existing.money.units()},
                                  {"planned", (days[i].usage.existing.money - days[i].planned.money).units()},
                                  {"cost", days[i].usage.cost().units()}}));
    }
  }
  return all;
}

Json::Array resources_json(const Measurement& measurement, size_t most) {
  std::vector<std::pair<const MeasuredResource*, Savings>> all;
  for (const MeasuredResource& resource : measurement.resources) all.emplace_back(&resource, total(resource));
  // What costs most comes first.
  std::ranges::stable_sort(all,
                           [](const auto& a, const auto& b) { return a.second.usage.cost() > b.second.usage.cost(); });
  Json::Array list;
  for (const auto& [resource, savings] : all) {
    if (list.size() >= most) break;
    Json one = figures_json(savings, resource->currency);
    one.set("resource", resource->id);
    one.set("name", resource->name);
    one.set("policy", resource->policy);
    one.set("account", resource->account);
    list.push_back(std::move(one));
  }
  return list;
}

Json texts(const std::vector<std::string>& all) {
  Json::Array list;
  for (const std::string& each : all) list.emplace_back(each);
  return list;
}

}  // namespace

Json measurement_json(const Measurement& measurement, const MoneyBook::Policies& policies, size_t most_resources) {
  Sums totals, by_policy, by_account;
  const std::vector<const MeasuredResource*> once = once_each(measurement);
  for (const MeasuredResource* resource : once) {
    const Savings savings = total(*resource);
    totals.add("", *resource, savings);
    by_account.add(resource->account, *resource, savings);
  }
  for (const MeasuredResource& resource : measurement.resources)
    by_policy.add(resource.policy, resource, total(resource));
  const auto describe = [&](const std::string& name, Json& one) {
    const auto policy = std::ranges::find(policies, name, &ScheduledPolicy::name);
    const auto unpriced = measurement.unpriced.find(name);
    one.set("help", policy == policies.end() ? "" : policy->help);
    one.set("hours", policy == policies.end() ? "" : policy->says);
    one.set("unpriced", unpriced == measurement.unpriced.end() ? int64_t{0} : unpriced->second);
  };
  return Json::object({{"from", format_time(measurement.from)},
                       {"to", format_time(measurement.to)},
                       {"zone", measurement.zone},
                       {"totals", totals.to_json("")},
                       {"policies", by_policy.to_json("policy", describe)},
                       {"accounts", by_account.to_json("account")},
                       {"days", days_json(measurement, once)},
                       {"resources", resources_json(measurement, most_resources)},
                       {"resource_count", static_cast<uint64_t>(measurement.resources.size())},
                       {"problems", texts(measurement.problems)}});
}

}  // namespace capstan::loop
