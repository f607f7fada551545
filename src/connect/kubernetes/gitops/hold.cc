#include "connect/kubernetes/gitops/hold.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "connect/kubernetes/gitops/argo_application.h"
#include "connect/kubernetes/gitops/autoscalers.h"

namespace capstan::kubernetes {
namespace {

constexpr int kMostTries = 5;  // While others change the same object.
constexpr Duration kBetweenLooks{500};

// What is to become of an object as it is; nothing where it is so already.
using Change = std::function<Result<std::optional<Json>>(const Json& object)>;

// Patches what was read just now, and reads again where somebody was faster.
Status change(const ClusterContact& contact, const ResourceType& type, const ObjectName& name, const Change& wanted,
              const std::stop_token& stop) {
  Status last;
  for (int tries = 0; tries < kMostTries; ++tries) {
    const Json object = TRY(contact.client.get_with_managers(type, name, stop));
    const std::optional<Json> patch = TRY(wanted(object));
    if (!patch) return {};
    const auto done = contact.client.patch(type, name, PatchKind::kMerge, *patch, {}, stop);
    if (done) return {};
    last = fail(done.error());
    if (done.error().code != ErrorCode::kFailedPrecondition) return last;
  }
  return last;
}

Result<ResourceType> type_of(const ClusterContact& contact, const SyncPause& pause) {
  const bool is_application = pause.way == SyncPause::Way::kApplication;
  const auto type =
      is_application ? contact.type_of("argoproj.io", "Application") : contact.type_of("keda.sh", "ScaledObject");
  if (type) return *type;
  return fail(ErrorCode::kUnavailable, fmt::format("{} does not serve {} now", contact.cluster, pause.who()));
}

SyncedObject synced(const Workload& workload) {
  return {.group = workload.type.group, .kind = workload.type.kind, .name = workload.name};
}

Json annotation_patch(const Json& object, std::string_view name, Json value) {
  return Json::object({{"metadata", Json::object({{"resourceVersion", object["metadata"]["resourceVersion"]},
                                                  {"annotations", Json::object({{std::string(name), value}})}})}});
}

Result<std::optional<Json>> paused_application(const Json& application, const SyncedObject& object) {
  if (!is_paused_for(application, object)) {
    if (const std::string obstacle = obstacle_to_pause(application); !obstacle.empty()) {
      return fail(ErrorCode::kPermissionDenied, obstacle);
    }
  }
  return pausing_patch(application, object);
}

Result<std::optional<Json>> paused_scaled_object(const Json& object) {
  const Json& held = object["metadata"]["annotations"][kPausedReplicas];
  if (held.string_or_empty() == "0") return std::nullopt;
  if (held.is_null()) return annotation_patch(object, kPausedReplicas, "0");
  return fail(ErrorCode::kPermissionDenied, fmt::format("somebody holds it at {}", held.string_or_empty()));
}

std::optional<Json> resumed_scaled_object(const Json& object) {
  if (object["metadata"]["annotations"][kPausedReplicas].string_or_empty() != "0") return std::nullopt;
  return annotation_patch(object, kPausedReplicas, nullptr);
}

// Until it has, it may go by what it knew before, and put back what is changed now.
void wait_until_noticed(const Workload& workload, const ResourceType& type, const ObjectName& application,
                        Duration patience, const std::stop_token& stop) {
  for (Duration waited{0}; waited < patience; waited += kBetweenLooks) {
    const auto now = workload.contact->client.get(type, application, "", stop);
    if (!now || has_noticed_pause(*now, synced(workload)) || !sleep_unless_stopped(kBetweenLooks, stop)) return;
  }
}

Status pause(const Workload& workload, const SyncPause& pause, Duration patience, const std::stop_token& stop) {
  const ResourceType type = TRY(type_of(*workload.contact, pause));
  if (pause.way == SyncPause::Way::kScaledObject) {
    return during("pausing " + pause.who(), change(*workload.contact, type, pause.of, paused_scaled_object, stop));
  }
  TRY(during("pausing " + pause.who(),
             change(
                 *workload.contact, type, pause.of,
                 [&](const Json& object) { return paused_application(object, synced(workload)); }, stop)));
  wait_until_noticed(workload, type, pause.of, patience, stop);
  return {};
}

Status resume(const Workload& workload, const SyncPause& pause, const std::stop_token& stop) {
  const ResourceType type = TRY(type_of(*workload.contact, pause));
  const Status done = change(
      *workload.contact, type, pause.of,
      [&](const Json& object) -> Result<std::optional<Json>> {
        return pause.way == SyncPause::Way::kScaledObject ? resumed_scaled_object(object)
                                                          : resuming_patch(object, synced(workload));
      },
      stop);
  if (!done && done.error().code == ErrorCode::kNotFound) return {};
  return during("giving back to " + pause.who(), done);
}

Json object_patch(const Json& object, Json annotations) {
  return Json::object({{"metadata", Json::object({{"uid", object["metadata"]["uid"]},
                                                  {"resourceVersion", object["metadata"]["resourceVersion"]},
                                                  {"annotations", std::move(annotations)}})}});
}

// The annotations that differ from what is wanted, as a patch of the object; only of the object that `workload` has.
Status annotate(const Workload& workload, const std::function<Json(const Json& annotations)>& wanted,
                const std::stop_token& stop) {
  return change(
      *workload.contact, workload.type, workload.name,
      [&](const Json& object) -> Result<std::optional<Json>> {
        if (object["metadata"]["uid"] != workload.object["metadata"]["uid"]) {
          return fail(ErrorCode::kNotFound, fmt::format("{} is another of the same name by now", workload.name.name));
        }
        Json annotations = wanted(object["metadata"]["annotations"]);
        if (annotations.members().empty()) return std::nullopt;
        return object_patch(object, std::move(annotations));
      },
      stop);
}

}  // namespace

Result<std::optional<StopNote>> stop_note(const Json& object) {
  const Json& text = object["metadata"]["annotations"][kStopped];
  if (text.is_null()) return std::nullopt;
  return TRY(StopNote::parse(text.string_or_empty()));
}

Status hold(const Workload& workload, const StopNote& note, Duration patience, const std::stop_token& stop) {
  const auto noted = [&](const Json& annotations) {
    Json wanted = Json::object();
    if (annotations[kStopped].string_or_empty() != note.text()) wanted.set(kStopped, note.text());
    for (const SyncPause& each : note.paused) {
      const std::string_view name = each.annotation();
      if (!name.empty() && annotations[name].string_or_empty() != kDisabled) wanted.set(name, kDisabled);
    }
    return wanted;
  };
  TRY(during("noting it on the object", annotate(workload, noted, stop)));
  for (const SyncPause& each : note.paused) {
    if (each.annotation().empty()) TRY(pause(workload, each, patience, stop));
  }
  return {};
}

Status release(const Workload& workload, const StopNote& note, const std::optional<StopNote>& left,
               const std::stop_token& stop) {
  std::vector<SyncPause> ends = note.paused;
  if (left) std::erase_if(ends, [&](const SyncPause& each) { return std::ranges::count(left->paused, each) > 0; });
  for (const SyncPause& each : ends) {
    if (each.annotation().empty()) TRY(resume(workload, each, stop));
  }
  const auto cleared = [&](const Json& annotations) {
    Json wanted = Json::object();
    const Json text = left ? Json(left->text()) : Json();
    if (annotations[kStopped] != text) wanted.set(kStopped, text);
    for (const SyncPause& each : ends) {
      const std::string_view name = each.annotation();
      if (!name.empty() && annotations[name].string_or_empty() == kDisabled) wanted.set(name, nullptr);
    }
    return wanted;
  };
  return during("taking the note off the object", annotate(workload, cleared, stop));
}

Status set_replicas(const Workload& workload, const StopNote& note, int64_t replicas, const std::stop_token& stop) {
  WriteOptions options;
  if (!note.paused.empty()) options.field_manager += "-paused";
  TRY(workload.contact->client.scale(workload.type, workload.name, replicas,
                                     workload.object["metadata"]["uid"].string_or_empty(), options, stop));
  return {};
}

}  // namespace capstan::kubernetes
