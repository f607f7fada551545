#include "loop/money_table.h"

#include <fmt/format.h>

#include "loop/money_period.h"

namespace capstan::loop {
namespace {

double hours(Duration time) { return to_seconds(time) / 3600; }

struct Asked {
  std::string since;
  std::string until;
  std::string zone;
};

Result<Asked> read_arguments(std::string_view name, const std::vector<SqlValue>& arguments) {
  if (arguments.empty() || arguments.size() > 3) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{0} takes since, until and zone, such as {0}('7d') or {0}('2026-11-01', '2026-11-08', "
                            "'Asia/Seoul')",
                            name));
  }
  const auto text = [&](size_t i) { return i < arguments.size() ? to_text(arguments[i]) : ""; };
  return Asked{text(0), text(1), text(2)};
}

std::vector<SqlValue> cost_row(const MeteredResource& resource, const money::Usage& usage) {
  return {resource.id,
          resource.kind,
          resource.name,
          resource.account,
          resource.price,
          resource.currency,
          hours(usage.existing.time),
          hours(usage.running.time),
          hours(usage.unobserved.time),
          usage.cost().units(),
          usage.existing.money.units()};
}

}  // namespace

Result<Table> CostFunction::fetch(const std::vector<SqlValue>& arguments, Time now) const {
  const Asked asked = TRY(read_arguments(name(), arguments));
  const decide::Zone zone = TRY(during(name(), decide::Zone::find(asked.zone.empty() ? "UTC" : asked.zone)));
  const auto period = TRY(during(name(), read_period(asked.since, asked.until, zone, now)));
  const Metering metering = TRY(desk_.meter(period.begin, period.end, zone, now));
  Table table{.columns = {"resource", "kind", "name", "account", "price", "currency", "hours_existing", "hours_running",
                          "unobserved_hours", "cost", "cost_if_always"},
              .rows = {}};
  if (by_day_) table.columns.emplace_back("day");
  for (const MeteredResource& resource : metering.resources) {
    money::Usage all;
    for (size_t i = 0; i < resource.days.size(); ++i) {
      const money::Usage& day = resource.days[i];
      all += day;
      if (!by_day_ || day.existing.time == Duration(0)) continue;
      table.rows.push_back(cost_row(resource, day));
      const Time shown = Time(zone.local(metering.bounds[i]).time_since_epoch());
      table.rows.back().emplace_back(format_time(shown).substr(0, 10));
    }
    if (!by_day_) table.rows.push_back(cost_row(resource, all));
  }
  return table;
}

Result<Table> SavingsFunction::fetch(const std::vector<SqlValue>& arguments, Time now) const {
  const Asked asked = TRY(read_arguments(name(), arguments));
  SavingsQuery query;
  query.since = asked.since;
  query.until = asked.until;
  query.zone = asked.zone;
  const Measurement measured = TRY(during(name(), desk_.measure(query, now)));
  Table table{
      .columns = {"policy", "resource", "name", "account", "currency", "hours_existing", "hours_running",
                  "unobserved_hours", "planned_hours", "real_hours", "cost_if_always", "cost", "planned", "real"},
      .rows = {}};
  for (const MeasuredResource& resource : measured.resources) {
    money::Savings all;
    for (const money::Savings& day : resource.days) all += day;
    const money::Usage& usage = all.usage;
    table.rows.push_back({resource.policy, resource.id, resource.name, resource.account, resource.currency,
                          hours(usage.existing.time), hours(usage.running.time), hours(usage.unobserved.time),
                          hours(all.planned.time), hours(all.real.time), usage.existing.money.units(),
                          usage.cost().units(), all.planned.money.units(), all.real.money.units()});
  }
  return table;
}

}  // namespace capstan::loop
