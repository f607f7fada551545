#include "loop/desk.h"

#include <fmt/format.h>

#include <algorithm>

#include "loop/answers.h"
#include "model/policy_subject.h"

namespace capstan::loop {
namespace {

// What `ask` gives when the question itself can fail.
template <class T>
Result<T> flatten(Result<Result<T>> nested) {
  if (!nested) return fail(std::move(nested).error());
  return std::move(*nested);
}

}  // namespace

Result<Json> Desk::plans(std::string_view state) const {
  Json answer = TRY(parts_.loop.ask([&loop = parts_.loop, state = std::string(state)] {
    return Json::object({{"plans", loop.executor().list(state)}, {"coming", loop.policies().coming()}});
  }));
  plan_money_.add_sums(answer.mutable_members()["plans"], policy_in_force());
  return answer;
}

PlanMoney::FindPolicy Desk::policy_in_force() const {
  return [&loop = parts_.loop](const std::string& name) {
    return loop.ask([&loop, name] { return loop.policies().find(name); }).value_or(std::nullopt);
  };
}

Result<Json> Desk::plan(std::string_view id) const {
  Json status =
      TRY(flatten(parts_.loop.ask([&loop = parts_.loop, id = std::string(id)] { return loop.executor().status(id); })));
  return plan_money_.priced(std::move(status), policy_in_force());
}

// While it runs, and as long as it is remembered, from what is heard of it; later what its outcome keeps.
Result<Json> Desk::action_output(std::string_view id, uint64_t after) const {
  const std::optional<catalog::KnownAction> action = TRY(TRY(catalog()).action(id));
  if (!action) return fail(ErrorCode::kNotFound, fmt::format("there is no action '{}'", id));
  Json answer = parts_.runs ? parts_.runs->output(id, after) : Json();
  if (answer.is_null()) {
    std::string text;
    for (const char* stream : {"stdout", "stderr"}) text += action->result[stream].string_or_empty();
    const uint64_t from = std::min<uint64_t>(after, text.size());
    answer = Json::object({{"running", false},
                           {"text", text.substr(from)},
                           {"from", static_cast<int64_t>(from)},
                           {"next", static_cast<int64_t>(text.size())},
                           {"size", static_cast<int64_t>(text.size())},
                           {"progress", Json()},
                           {"started", format_time(action->intended)},
                           {"ends_by", Json()}});
  }
  answer.set("action", id);
  answer.set("plan", action->plan);
  answer.set("verb", action->action.verb);
  answer.set("state", to_string(action->state));
  answer.set("says", action->says);
  return answer;
}

Result<Json> Desk::change_plan(std::string plan, Change change) {
  return flatten(
      parts_.loop.ask([&loop = parts_.loop, plan = std::move(plan), change = std::move(change)]() -> Result<Json> {
        const Time now = loop.parts().clock.now();
        TRY(change(loop.executor(), now));
        loop.executor().tick(now);  // What was approved starts now, not at the next tick.
        return loop.executor().status(plan);
      }));
}

Result<Json> Desk::approve_plan(std::string_view id, std::string_view hash, std::string_view by) {
  return change_plan(std::string(id),
                     [id = std::string(id), hash = std::string(hash), by = std::string(by)](
                         act::Executor& executor, Time now) { return executor.approve(id, hash, by, now); });
}

Result<Json> Desk::reject_plan(std::string_view id, std::string_view reason, std::string_view by) {
  return change_plan(std::string(id),
                     [id = std::string(id), reason = std::string(reason), by = std::string(by)](
                         act::Executor& executor, Time now) { return executor.reject(id, reason, by, now); });
}

Result<Json> Desk::cancel_plan(std::string_view id, std::string_view by) {
  return change_plan(std::string(id), [id = std::string(id), by = std::string(by)](act::Executor& executor, Time now) {
    return executor.cancel(id, true, by, now);
  });
}

Result<Json> Desk::undo_plan(std::string_view id, std::string_view reason, std::string_view by) {
  return change_plan(std::string(id),
                     [id = std::string(id), reason = std::string(reason), by = std::string(by)](
                         act::Executor& executor, Time now) { return executor.undo(id, reason, by, now); });
}

Result<Json> Desk::resolve_action(std::string_view id, std::string_view decision, std::string_view by) {
  const std::optional<catalog::KnownAction> action = TRY(TRY(catalog()).action(id));
  if (!action) return fail(ErrorCode::kNotFound, fmt::format("there is no action '{}'", id));
  return change_plan(action->plan,
                     [id = std::string(id), decision = std::string(decision), by = std::string(by)](
                         act::Executor& executor, Time now) { return executor.resolve(id, decision, by, now); });
}

Result<Json> Desk::run_policy(std::string_view name, std::string_view by) {
  return flatten(
      parts_.loop.ask([&loop = parts_.loop, name = std::string(name), by = std::string(by)]() -> Result<Json> {
        const catalog::CatalogReader catalog = TRY(loop.parts().catalog.reader());
        return loop.policies().run(name, by, catalog, loop.parts().clock.now());
      }));
}

Result<Json> Desk::pause_policy(std::string_view name, bool paused, std::string_view by) {
  return flatten(
      parts_.loop.ask([&loop = parts_.loop, name = std::string(name), paused, by = std::string(by)]() -> Result<Json> {
        TRY(loop.policies().check_name(name));
        const std::string subject = policy_subject(name);
        const Time now = loop.parts().clock.now();
        TRY(paused ? loop.executor().pause(subject, "", by, now) : loop.executor().resume(subject, by, now));
        const Json board = loop.policies().to_json();
        for (const Json& policy : board["policies"].items()) {
          if (policy["name"].string_or_empty() == name) return policy;
        }
        return fail(ErrorCode::kNotFound, fmt::format("the policy '{}' was just removed", name));
      }));
}

Result<Json> Desk::pause(std::string_view reason, std::string_view by) {
  return flatten(
      parts_.loop.ask([&loop = parts_.loop, reason = std::string(reason), by = std::string(by)]() -> Result<Json> {
        TRY(loop.executor().pause("capstan", reason, by, loop.parts().clock.now()));
        return Json::object({{"paused", loop.executor().pause_status()}});
      }));
}

Result<Json> Desk::resume(std::string_view by) {
  return flatten(parts_.loop.ask([&loop = parts_.loop, by = std::string(by)]() -> Result<Json> {
    TRY(loop.executor().resume("capstan", by, loop.parts().clock.now()));
    loop.executor().tick(loop.parts().clock.now());
    return Json::object({{"paused", loop.executor().pause_status()}});
  }));
}

Result<Json> Desk::secrets(std::string_view what, const Json& question, std::string_view by) {
  if (!parts_.secrets) return fail(ErrorCode::kUnavailable, "there is no store of secrets");
  return parts_.secrets->answer(what, question, by);
}

Status Desk::record(NewFact fact) {
  auto written =
      flatten(parts_.loop.ask([&loop = parts_.loop, fact = std::move(fact)] { return loop.facts().append_one(fact); }));
  if (!written) return fail(std::move(written).error());
  return {};
}

Control::Subscription Desk::subscribe(std::function<void(std::string_view topic, Seq seq)> changed) {
  return parts_.loop.facts().subscribe(std::move(changed));
}

}  // namespace capstan::loop
