#include "connect/kubernetes/verbs/workload_verb.h"

#include <fmt/format.h>

#include <utility>

#include "model/object_place.h"

namespace capstan::kubernetes {

std::vector<SyncPause> WorkloadVerb::marks_of(const Resource& target) const {
  const KindSpec* kind = kind_of(target);
  if (kind == nullptr) return {};
  const bool is_any = kind->objects->type == "*";
  Json labels = Json::object();
  for (const auto& [name, value] : target.labels) labels.set(name, value);
  const ObjectPlace place = object_place(*kind, target.id);
  return gitops_marks(Json::object({{"apiVersion", target.fields["api_version"]},
                                    {"kind", is_any ? target.fields["object_kind"] : Json(kind->objects->type)},
                                    {"metadata", Json::object({{"name", place.name},
                                                               {"namespace", place.space},
                                                               {"labels", std::move(labels)},
                                                               {"annotations", target.fields["annotations"]}})}}));
}

Result<Workload> WorkloadVerb::workload(const Resource& target, const std::stop_token& stop) const {
  Object object = TRY(find(target, stop));
  if (!object.type.has_subresource("scale")) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a {} has no number of replicas to set", object.type.kind));
  }
  Json json = TRY(object.contact->client.get_with_managers(object.type, object.name, stop));
  return Workload{.contact = std::move(object.contact),
                  .type = std::move(object.type),
                  .name = std::move(object.name),
                  .object = std::move(json)};
}

Result<Workload> WorkloadVerb::workload(const Resource& target, const Json& before, const std::stop_token& stop) const {
  Workload found = TRY(workload(target, stop));
  if (found.object["metadata"]["uid"] == before["uid"]) return found;
  return fail(ErrorCode::kNotFound, fmt::format("{} is another of the same name by now", found.name.name));
}

Result<int64_t> replicas_of(const Workload& workload, const std::stop_token& stop) {
  return workload.contact->client.replicas(workload.type, workload.name, stop);
}

Error not_ours(const ReplicaOwner& owner, const std::string& allow) {
  const std::string source = owner.source.empty() ? "" : fmt::format(" ({})", owner.source);
  const std::string advice =
      owner.pause ? fmt::format("change them in its source{}, or {}", source, allow) : owner.instead;
  return {ErrorCode::kPermissionDenied,
          fmt::format("{} decides how many replicas it has, and would put them back: {}", owner.name, advice)};
}

}  // namespace capstan::kubernetes
