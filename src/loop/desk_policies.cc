// The part of the desk that knows what policies decide, and what people decide instead of them.
#include <fmt/format.h>

#include "decide/standing_approvals.h"
#include "loop/desk.h"
#include "loop/override_desk.h"
#include "loop/resource_finder.h"
#include "loop/workload_managers.h"

namespace capstan::loop {

Result<Json> Desk::policies() const {
  return parts_.loop.ask([&loop = parts_.loop] { return loop.policies().to_json(); });
}

Result<Json> Desk::verdicts(std::string_view resource, std::string_view policy) const {
  const catalog::CatalogReader reader = TRY(catalog());
  const Resource found = TRY(find_resource(resource, reader, parts_.loop.parts().sql, now()));
  Json answer = TRY(TRY(parts_.loop.ask([&loop = parts_.loop, found, policy = std::string(policy)]() -> Result<Json> {
    if (!policy.empty()) TRY(loop.policies().check_name(policy));
    return Json::object({{"resource", found.id}, {"verdicts", loop.policies().verdicts_on(found, policy)}});
  })));
  managers_of(found.id, reader).add_to(answer);
  return answer;
}

Result<Json> Desk::preview(std::string_view policies, std::string_view file) const {
  const auto priced = [this](Json status, const decide::Policy& policy) {
    return plan_money_.priced(std::move(status), policy);
  };
  return TRY(parts_.loop.ask([&loop = parts_.loop, text = std::string(policies), name = std::string(file),
                              priced]() -> Result<Json> {
    return loop.policies().preview(text, name, TRY(loop.parts().catalog.reader()), loop.parts().clock.now(), priced);
  }));
}

Result<Json> Desk::start_backtest(const BacktestQuery& query) {
  if (parts_.backtests == nullptr) return fail(ErrorCode::kUnavailable, "the past is not asked here");
  return parts_.backtests->start(query);
}

Result<Json> Desk::backtest(std::string_view id) {
  if (parts_.backtests == nullptr) return fail(ErrorCode::kUnavailable, "the past is not asked here");
  return parts_.backtests->status(id);
}

Result<Json> Desk::cancel_backtest(std::string_view id) {
  if (parts_.backtests == nullptr) return fail(ErrorCode::kUnavailable, "the past is not asked here");
  return parts_.backtests->cancel(id);
}

Result<Json> Desk::calendar(std::optional<Time> from, int days) const {
  return parts_.loop.ask([&loop = parts_.loop, begin = from.value_or(now()), days] {
    Json answer = overrides_answer(loop);
    answer.set("from", format_time(begin));
    answer.set("to", format_time(begin + std::chrono::days(days)));
    answer.set("freezes", loop.freezes().calendar(begin, begin + std::chrono::days(days)));
    answer.set("rows", loop.policies().calendar(begin, days));
    return answer;
  });
}

Result<Json> Desk::freezes() const {
  return parts_.loop.ask([&loop = parts_.loop] { return loop.freezes().to_json(loop.parts().clock.now()); });
}

Result<Json> Desk::lift_freeze(const FreezeLift& wanted, std::string_view by, std::string_view role) {
  return TRY(
      parts_.loop.ask([&loop = parts_.loop, wanted, by = std::string(by), role = std::string(role)]() -> Result<Json> {
        const Json status = TRY(loop.executor().status(wanted.plan));
        const Plan plan = Plan::from_json(status["plan"]);
        TRY(loop.facts().append_one(TRY(loop.freezes().lift(wanted, plan, by, role, loop.parts().clock.now()))));
        return loop.executor().status(wanted.plan);
      }));
}

Result<Json> Desk::approvals() const {
  return parts_.loop.ask(
      [&loop = parts_.loop] { return Json::object({{"approvals", loop.policies().approvals_json()}}); });
}

Result<Json> Desk::give_approval(std::string_view policy, std::string_view resource, std::string_view by) {
  ResourceId id;
  if (!resource.empty()) id = TRY(find_resource(resource, TRY(catalog()), parts_.loop.parts().sql, now())).id;
  return TRY(
      parts_.loop.ask([&loop = parts_.loop, policy = std::string(policy), id, by = std::string(by)]() -> Result<Json> {
        const Grant grant = TRY(loop.policies().grant_of(policy, id));
        const std::string name = fmt::format("approval-{}", loop.facts().next_seq());
        TRY(loop.facts().append_one(decide::give_approval(grant, name, by, loop.parts().clock.now())));
        return Json::object({{"id", name}, {"policy", policy}, {"resource", id}, {"by", by}});
      }));
}

Result<Json> Desk::withdraw_approval(std::string_view id, std::string_view by) {
  return TRY(parts_.loop.ask([&loop = parts_.loop, id = std::string(id), by = std::string(by)]() -> Result<Json> {
    if (!loop.policies().has_approval(id))
      return fail(ErrorCode::kNotFound, fmt::format("no standing approval '{}' is in force", id));
    TRY(loop.facts().append_one(decide::withdraw_approval(id, by, loop.parts().clock.now())));
    return Json::object({{"id", id}, {"withdrawn_by", by}});
  }));
}

Result<Json> Desk::overrides() const {
  return parts_.loop.ask([&loop = parts_.loop] { return overrides_answer(loop); });
}

Result<Json> Desk::set_override(const OverrideRequest& wanted, std::string_view by) {
  return TRY(parts_.loop.ask(
      [&loop = parts_.loop, wanted, by = std::string(by)] { return loop::set_override(loop, wanted, by); }));
}

Result<Json> Desk::end_override(std::string_view id, std::string_view by) {
  return TRY(parts_.loop.ask(
      [&loop = parts_.loop, id = std::string(id), by = std::string(by)] { return loop::end_override(loop, id, by); }));
}

}  // namespace capstan::loop
