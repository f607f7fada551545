#include "connect/kubernetes/verbs/object_verb.h"

#include <fmt/format.h>

#include <algorithm>

#include "connect/kubernetes/api_transport.h"
#include "model/object_place.h"
#include "model/performed.h"
#include "model/verb_check.h"

namespace capstan::kubernetes {
namespace {

constexpr Duration kBetweenLooks{250};

}  // namespace

Status ObjectVerb::check(const Resource& target, const Json& parameters) const {
  TRY(check_request(spec_, target, parameters));
  const std::string_view short_name = std::string_view(spec_.name).substr(spec_.name.find('.') + 1);
  if (reach_.allows(short_name)) return {};
  return fail(
      ErrorCode::kPermissionDenied,
      fmt::format("{} is not allowed: name it in the settings, 'kubernetes: {{allow: [{}]}}'", spec_.name, short_name));
}

Performed ObjectVerb::undo(const Action&, const Resource&, const Json&, const std::stop_token&) {
  return failed(Words::phrase("done.not_undoable", {{"verb", spec_.name}}));
}

Result<ObjectVerb::Object> ObjectVerb::find(const Resource& target, const std::stop_token& stop) const {
  Result<Object> object = find_now(target);
  for (Duration waited{0}; waited < reach_.patience; waited += kBetweenLooks) {
    if (object || object.error().code != ErrorCode::kUnavailable || !sleep_unless_stopped(kBetweenLooks, stop)) break;
    object = find_now(target);
  }
  return object;
}

const KindSpec* ObjectVerb::kind_of(const Resource& target) const {
  const auto kind = std::ranges::find(reach_.kinds, target.kind, &KindSpec::name);
  return kind == reach_.kinds.end() || !kind->objects ? nullptr : &*kind;
}

Result<ObjectVerb::Object> ObjectVerb::find_now(const Resource& target) const {
  const KindSpec* kind = kind_of(target);
  const ObjectPlace place = kind == nullptr ? ObjectPlace() : object_place(*kind, target.id);
  if (place.name.empty()) {
    return fail(ErrorCode::kFailedPrecondition, fmt::format("{} is no object of a cluster", target.id));
  }
  Result<std::shared_ptr<const ClusterContact>> contact = reach_.contact(place.cluster);
  if (!contact) return fail(ErrorCode::kUnavailable, contact.error().message);
  // A kind of objects of any type has their type in its rows.
  const bool is_any = kind->objects->type == "*";
  const std::string& group = is_any ? target.fields["api_group"].string_or_empty() : kind->objects->group;
  const std::string& type_name = is_any ? target.fields["object_kind"].string_or_empty() : kind->objects->type;
  std::optional<ResourceType> type = (*contact)->type_of(group, type_name);
  if (!type) return fail(ErrorCode::kUnavailable, fmt::format("{} does not serve {} now", place.cluster, type_name));
  return Object{
      .contact = *std::move(contact), .type = *type, .name = {type->namespaced ? place.space : "", place.name}};
}

Result<Json> ObjectVerb::read(const Object& object, const Json& before, const std::stop_token& stop) const {
  Json now = TRY(object.get(stop));
  if (now["metadata"]["uid"] != before["uid"]) {
    return fail(ErrorCode::kNotFound, fmt::format("{} is another of the same name by now", object.name.name));
  }
  return now;
}

Json identity(const Json& object) { return Json::object({{"uid", object["metadata"]["uid"]}}); }

}  // namespace capstan::kubernetes
