#include "service/verb_scope.h"

namespace capstan::service {
namespace {

void add_members(Json& into, const Json& from) {
  for (const auto& [key, value] : from.members()) into.set(key, value);
}

}  // namespace

Result<Scope> verb_scope(const Resource& target, const Json& parameters, const Json& before, std::string_view action) {
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
  // The target's own names stay reachable below "target".
  const Json filled = TRY(fill_templates(parameters, scope));
  scope.values.set("with", filled);
  add_members(scope.values, filled);
  scope.values.set("before", before);
  add_members(scope.values, before);
  scope.values.set("action", action);
  return scope;
}

Status add_secrets(Scope& scope, const std::vector<std::pair<std::string, Template>>& references,
                   const SecretStore& store) {
  for (const auto& [name, reference] : references) {
    const Json text = TRY(reference.fill(scope));
    const Secret secret = TRY(store.get(text.string_or_empty()));
    scope.secrets.set(name, secret.reveal());
  }
  return {};
}

}  // namespace capstan::service
