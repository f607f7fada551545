#include "connect/kubernetes/verbs/scale_verb.h"

#include <fmt/format.h>

#include "model/performed.h"

namespace capstan::kubernetes {

ScaleVerb::ScaleVerb(std::vector<std::string> target_kinds, const ClusterReach& reach)
    : WorkloadVerb({.name = "kubernetes.scale",
                    .title = "Scale",
                    .help = "Sets how many replicas it is to have.",
                    .target_kinds = std::move(target_kinds),
                    .parameters = {{"replicas", ColumnType::kInteger, true, "How many; 0 stops all of them."}},
                    .danger = Danger::kDisruptive,
                    .idempotent = true,
                    .undoable = true},
                   reach) {}

Status ScaleVerb::check(const Resource& target, const Json& parameters) const {
  TRY(ObjectVerb::check(target, parameters));
  if (parameters["replicas"].int_or(-1) >= 0) return {};
  return fail(ErrorCode::kInvalidArgument, "'replicas' must be 0 or more");
}

std::string ScaleVerb::beside(const Resource& target, const Json&) const {
  const std::vector<SyncPause> marks = marks_of(target);
  return marks.empty() ? "" : fmt::format("refused where {} would put the replicas back", marks.front().who());
}

Result<Json> ScaleVerb::state_before(const Resource& target, const Json& parameters) {
  const Workload found = TRY(workload(target));
  Json before = identity(found.object);
  before.set("replicas", TRY(replicas_of(found)));
  for (const ReplicaOwner& owner : TRY(replica_owners(found, parameters["replicas"].int_or(0)))) {
    return std::unexpected(not_ours(owner, "stop it for a while with kubernetes.stop, which can pause that"));
  }
  return before;
}

Performed ScaleVerb::perform(const Action& action, const Resource& target, const Json& before,
                             const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  const int64_t replicas = action.parameters["replicas"].int_or(0);
  const auto done =
      object->contact->client.scale(object->type, object->name, replicas, before["uid"].string_or_empty(), {}, stop);
  if (!done) return not_performed(done.error());
  return succeeded(Words::phrase(
      "done.replicas", {{"to", std::to_string(replicas)}, {"from", std::to_string(before["replicas"].int_or(0))}}));
}

ProbeAnswer ScaleVerb::probe(const Action& action, const Resource& target, const Json& before) {
  const auto object = find(target);
  if (!object) return ProbeAnswer::kCannotTell;
  const auto replicas = object->contact->client.replicas(object->type, object->name);
  if (!replicas) return ProbeAnswer::kCannotTell;
  if (*replicas == action.parameters["replicas"].int_or(0)) return ProbeAnswer::kHappened;
  return *replicas == before["replicas"].int_or(0) ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kCannotTell;
}

Performed ScaleVerb::undo(const Action& action, const Resource& target, const Json& before,
                          const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  const auto replicas = object->contact->client.replicas(object->type, object->name, stop);
  if (!replicas) return not_performed(replicas.error());
  if (*replicas != action.parameters["replicas"].int_or(0)) {
    return failed(Words::phrase("done.not_scaled_since", {{"count", std::to_string(*replicas)}}));
  }
  const int64_t wanted = before["replicas"].int_or(0);
  const auto done =
      object->contact->client.scale(object->type, object->name, wanted, before["uid"].string_or_empty(), {}, stop);
  if (!done) return not_performed(done.error());
  return succeeded(Words::phrase("done.replicas_again", {{"count", std::to_string(wanted)}}));
}

}  // namespace capstan::kubernetes
