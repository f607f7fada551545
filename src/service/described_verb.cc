#include "service/described_verb.h"

#include <fmt/format.h>

#include "model/verb_check.h"

namespace capstan::service {
namespace {

constexpr Duration kLookAgain{2'000};

void add_members(Json& into, const Json& from) {
  for (const auto& [key, value] : from.members()) into.set(key, value);
}

}  // namespace

Status DescribedVerb::check(const Resource& target, const Json& parameters) const {
  TRY(check_request(description_.spec, target, parameters));
  if (outside_.caller(description_.service)) return {};
  return fail(ErrorCode::kFailedPrecondition,
              fmt::format("the service '{}' is not set up: settings need it below 'services:'", description_.service));
}

Result<Scope> DescribedVerb::scope_of(const Resource& target, const Json& parameters, const Json& before,
                                      std::string_view action) const {
  Scope scope;
  Json whole = target.fields;
  whole.set("id", target.id);
  whole.set("kind", target.kind);
  whole.set("name", target.name);
  whole.set("labels", to_json(target.labels));
  add_members(scope.values, target.fields);
  scope.values.set("name", target.name);
  scope.values.set("labels", to_json(target.labels));
  scope.values.set("target", std::move(whole));
  // Parameters may be made of the target's fields; the target's own names stay reachable below "target".
  const Json filled = TRY(fill_templates(parameters, scope));
  scope.values.set("with", filled);
  add_members(scope.values, filled);
  scope.values.set("before", before);
  add_members(scope.values, before);
  scope.values.set("action", action);
  for (const auto& [name, reference] : description_.secrets) {
    const Json text = TRY(reference.fill(scope));
    const Secret secret = TRY(outside_.secrets->get(text.string_or_empty()));
    scope.secrets.set(name, secret.reveal());
  }
  return scope;
}

Result<Json> DescribedVerb::state_before(const Resource& target, const Json& parameters) {
  Json before = Json::object();
  if (description_.before.empty()) return before;
  Scope scope = TRY(scope_of(target, parameters, before, ""));
  const Ran ran = run_procedure(description_.before, scope, outside_, {});
  if (!ran.status) return fail(ran.status.error());
  for (const Step& step : description_.before) {
    for (const Take& take : step.takes) before.set(take.name, scope.values[take.name]);
  }
  return before;
}

Performed DescribedVerb::run(const Procedure& procedure, const Action& action, const Resource& target,
                             const Json& before, const std::stop_token& stop) const {
  Result<Scope> scope = scope_of(target, action.parameters, before, action.id);
  if (!scope) return {ActionState::kFailed, scope.error().message, {}};
  const Ran ran = run_procedure(procedure, *scope, outside_, stop);
  Json result = Json::object();
  for (const std::string& name : description_.result) {
    if (const Json& value = scope->values[name]; !value.is_null()) result.set(name, value);
  }
  if (ran.status) {
    return {ActionState::kSucceeded, description_.says ? description_.says->tell(*scope) : "done", std::move(result)};
  }
  const ActionState state = ran.uncertain ? ActionState::kUnknown
                            : ran.changed ? ActionState::kPartial
                                          : ActionState::kFailed;
  return {state, ran.status.error().message, std::move(result)};
}

Performed DescribedVerb::perform(const Action& action, const Resource& target, const Json& before,
                                 const std::stop_token& stop) {
  return run(description_.perform, action, target, before, stop);
}

Performed DescribedVerb::undo(const Action& action, const Resource& target, const Json& before,
                              const std::stop_token& stop) {
  return run(description_.undo, action, target, before, stop);
}

ProbeAnswer DescribedVerb::probe(const Action& action, const Resource& target, const Json& before) {
  if (!description_.happened) return ProbeAnswer::kCannotTell;
  const Duration until = outside_.clock->monotonic() + description_.happened->settles;
  while (true) {
    Result<Scope> scope = scope_of(target, action.parameters, before, action.id);
    if (!scope) return ProbeAnswer::kCannotTell;
    if (!run_procedure(description_.happened->steps, *scope, outside_, {}).status) return ProbeAnswer::kCannotTell;
    const Result<bool> happened = description_.happened->condition.holds(*scope);
    if (!happened) return ProbeAnswer::kCannotTell;
    if (*happened) return ProbeAnswer::kHappened;
    // What was created may be shown a little later.
    if (outside_.clock->monotonic() >= until) return ProbeAnswer::kDidNotHappen;
    if (!outside_.pause(kLookAgain, {})) return ProbeAnswer::kCannotTell;
  }
}

}  // namespace capstan::service
