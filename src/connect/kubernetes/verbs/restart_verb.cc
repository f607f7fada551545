#include "connect/kubernetes/verbs/restart_verb.h"

#include <fmt/format.h>

#include "model/performed.h"

namespace capstan::kubernetes {
namespace {

// The one that kubectl writes, so that its history reads alike.
constexpr std::string_view kRestartedAt = "kubectl.kubernetes.io/restartedAt";

const Json& restarted_at(const Json& object) {
  return object["spec"]["template"]["metadata"]["annotations"][kRestartedAt];
}

}  // namespace

RestartVerb::RestartVerb(std::vector<std::string> target_kinds, const ClusterReach& reach, const Clock& clock)
    : ObjectVerb({.name = "kubernetes.restart",
                  .title = "Restart",
                  .help = "Replaces the workload's pods by new ones, as its update strategy says.",
                  .target_kinds = std::move(target_kinds),
                  .parameters = {},
                  .danger = Danger::kDisruptive,
                  .idempotent = true,
                  .undoable = false},
                 reach),
      clock_(clock) {}

Result<Json> RestartVerb::state_before(const Resource& target, const Json&) {
  const Object object = TRY(find(target));
  const Json now = TRY(object.get());
  if (now["spec"]["paused"].bool_or(false)) {
    return fail(ErrorCode::kFailedPrecondition, "its rollout is paused: resume it first");
  }
  Json before = identity(now);
  before.set("restarted_before_at", restarted_at(now));
  // Decided with the intent: writing the same moment again restarts nothing again.
  before.set("restarted_at", format_time(clock_.now()));
  return before;
}

Performed RestartVerb::perform(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  const Json annotations = Json::object({{std::string(kRestartedAt), before["restarted_at"]}});
  const Json patch = Json::object(
      {{"metadata", Json::object({{"uid", before["uid"]}})},
       {"spec",
        Json::object({{"template", Json::object({{"metadata", Json::object({{"annotations", annotations}})}})}})}});
  const auto done = object->contact->client.patch(object->type, object->name, PatchKind::kMerge, patch, {}, stop);
  if (!done) return not_performed(done.error());
  return succeeded(Words::phrase("done.pods_replaced"));
}

ProbeAnswer RestartVerb::probe(const Action&, const Resource& target, const Json& before) {
  const auto object = find(target);
  if (!object) return ProbeAnswer::kCannotTell;
  const auto now = read(*object, before);
  if (!now) return ProbeAnswer::kCannotTell;
  if (restarted_at(*now) == before["restarted_at"]) return ProbeAnswer::kHappened;
  // Somebody else may have restarted it once more.
  return restarted_at(*now) == before["restarted_before_at"] ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kCannotTell;
}

}  // namespace capstan::kubernetes
