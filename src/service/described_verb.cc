#include "service/described_verb.h"

#include <fmt/format.h>

#include "model/verb_check.h"
#include "service/verb_scope.h"

namespace capstan::service {
namespace {

constexpr Duration kLookAgain{2'000};

}  // namespace

Status DescribedVerb::check(const Resource& target, const Json& parameters) const {
  TRY(check_request(description_.spec, target, parameters));
  if (outside_.caller(description_.service)) return {};
  return fail(ErrorCode::kFailedPrecondition,
              fmt::format("the service '{}' is not set up: settings need it below 'services:'", description_.service));
}

Result<Scope> DescribedVerb::scope_of(const Resource& target, const Json& parameters, const Json& before,
                                      std::string_view action) const {
  Scope scope = TRY(verb_scope(target, parameters, before, action));
  TRY(add_secrets(scope, description_.secrets, *outside_.secrets));
  return scope;
}

Result<Json> DescribedVerb::state_before(const Resource& target, const Json& parameters) {
  Json before = Json::object();
  if (description_.changes_password) {
    const PasswordChange change = TRY(password_change(target, parameters, "", {}));
    before.set("version", TRY(outside_.passwords->version(change.path)));
  }
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
  if (!scope) return {ActionState::kFailed, quoted(scope.error()), {}};
  const Ran ran = run_procedure(procedure, *scope, outside_, stop);
  Json result = Json::object();
  for (const std::string& name : description_.result) {
    if (const Json& value = scope->values[name]; !value.is_null()) result.set(name, value);
  }
  if (ran.status) {
    return {ActionState::kSucceeded,
            description_.says ? Words(description_.says->tell(*scope)) : Words::phrase("done.done"), std::move(result)};
  }
  const ActionState state = ran.uncertain ? ActionState::kUnknown
                            : ran.changed ? ActionState::kPartial
                                          : ActionState::kFailed;
  return {state, ran.status.error().message, std::move(result), state == ActionState::kFailed};
}

Result<PasswordChange> DescribedVerb::password_change(const Resource& target, const Json& parameters,
                                                      std::string_view action, const std::stop_token& stop) const {
  if (!outside_.passwords) return fail(ErrorCode::kUnimplemented, "there is no store of secrets here");
  Scope scope = TRY(scope_of(target, parameters, Json::object(), action));
  const VerbDescription::ChangesPassword& wanted = *description_.changes_password;
  PasswordChange change;
  change.path = TRY(wanted.record.fill(scope)).string_or_empty();
  change.policy = wanted.policy;
  change.first = wanted.first;
  for (const auto& [field, text] : wanted.marks) change.marks[field] = TRY(text.fill(scope)).string_or_empty();
  change.set_password = [this, scope, stop](const Secret& old, const Secret& fresh) {
    Scope with = scope;
    with.secrets.set("old_password", old.reveal());
    with.secrets.set("new_password", fresh.reveal());
    const Ran ran = run_procedure(description_.perform, with, outside_, stop);
    if (ran.status) return SetAnswer::kDone;
    return ran.uncertain || ran.changed ? SetAnswer::kCannotTell : SetAnswer::kRefused;
  };
  change.try_login = [this, scope, stop](const Secret& password) {
    Scope with = scope;
    with.secrets.set("candidate", password.reveal());
    const Ran ran = run_procedure(description_.changes_password->proves, with, outside_, stop);
    if (ran.status) return LoginAnswer::kWorks;
    return ran.status.error().code == ErrorCode::kUnauthenticated ? LoginAnswer::kRefused : LoginAnswer::kCannotTell;
  };
  return change;
}

Performed DescribedVerb::change_password(const Action& action, const Resource& target,
                                         const std::stop_token& stop) const {
  const Result<PasswordChange> change = password_change(target, action.parameters, action.id, stop);
  if (!change) return {ActionState::kFailed, quoted(change.error()), {}};
  const Result<RotationReport> report = outside_.passwords->change(*change);
  if (!report) return {ActionState::kFailed, quoted(report.error()), {}};
  const Json result = Json::object({{"secret", change->path}, {"version", report->version}});
  switch (report->end) {
    case RotationEnd::kRotated:
      return {ActionState::kSucceeded, Words::phrase("done.password_set", {{"secret", change->path}}), result};
    case RotationEnd::kRefused: return {ActionState::kFailed, Words::phrase("done.password_refused"), result};
    case RotationEnd::kCurrentWorks: return {ActionState::kFailed, Words::phrase("done.password_old"), result};
    case RotationEnd::kCannotTell: return {ActionState::kFailed, Words::phrase("done.password_unclear"), result};
    case RotationEnd::kNeitherWorks: return {ActionState::kUnknown, Words::phrase("done.password_none"), result};
  }
  return {ActionState::kUnknown, "", result};
}

Performed DescribedVerb::perform(const Action& action, const Resource& target, const Json& before,
                                 const std::stop_token& stop) {
  if (description_.changes_password) return change_password(action, target, stop);
  return run(description_.perform, action, target, before, stop);
}

Performed DescribedVerb::undo(const Action& action, const Resource& target, const Json& before,
                              const std::stop_token& stop) {
  return run(description_.undo, action, target, before, stop);
}

ProbeAnswer DescribedVerb::probe(const Action& action, const Resource& target, const Json& before) {
  if (description_.changes_password) {
    const Result<PasswordChange> change = password_change(target, action.parameters, action.id, {});
    if (!change) return ProbeAnswer::kCannotTell;
    const Result<RotationReport> report = outside_.passwords->recover(*change);
    if (!report) return ProbeAnswer::kCannotTell;
    // Nothing is pending: what was begun has ended well, when the record is another than before.
    const bool ended =
        report->end == RotationEnd::kRotated || (report->end == RotationEnd::kCurrentWorks && report->logins == 0 &&
                                                 report->version > before["version"].int_or(0));
    return ended ? ProbeAnswer::kHappened : ProbeAnswer::kDidNotHappen;
  }
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
