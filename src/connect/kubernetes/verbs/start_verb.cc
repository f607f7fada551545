#include "connect/kubernetes/verbs/start_verb.h"

#include <fmt/format.h>

#include "model/performed.h"

namespace capstan::kubernetes {
namespace {

Performed gave_back(Words done, const StopNote& note) {
  std::string names;
  for (const SyncPause& each : note.paused) names += (names.empty() ? "" : ", ") + each.who();
  if (names.empty()) return succeeded(std::move(done));
  return succeeded(Words::joined({std::move(done), Words::phrase("done.given_back", {{"names", names}})}, "; "));
}

}  // namespace

StartVerb::StartVerb(std::vector<std::string> target_kinds, const ClusterReach& reach)
    : WorkloadVerb({.name = "kubernetes.start",
                    .title = "Start",
                    .help = "As many replicas as before kubernetes.stop, and what it paused goes on. What it has not "
                            "stopped is left alone.",
                    .target_kinds = std::move(target_kinds),
                    .parameters = {},
                    .danger = Danger::kDisruptive,
                    .idempotent = true,
                    .undoable = true},
                   reach) {}

Result<Json> StartVerb::state_before(const Resource& target, const Json&) {
  const Workload found = TRY(workload(target));
  const std::optional<StopNote> note = TRY(stop_note(found.object));
  Json before = identity(found.object);
  before.set("replicas", TRY(replicas_of(found)));
  before.set("note", note ? Json(note->text()) : Json());
  return before;
}

Performed StartVerb::perform(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  if (before["note"].is_null()) return succeeded(Words::phrase("done.not_stopped_here"));
  const auto found = workload(target, before, stop);
  if (!found) return not_performed(found.error());
  const auto note = StopNote::parse(before["note"].string_or_empty());
  if (!note) return failed(quoted(note.error()));
  const auto replicas = replicas_of(*found, stop);
  if (!replicas) return not_performed(replicas.error());
  // First this, while nobody else looks: whoever is given it back then finds it as it was.
  if (*replicas == 0) {
    if (const Status done = set_replicas(*found, *note, note->replicas, stop); !done) {
      return not_performed(done.error());
    }
  }
  if (const Status given = release(*found, *note, {}, stop); !given) return not_performed(given.error());
  if (*replicas != 0) {
    return gave_back(Words::phrase("done.left_at_meanwhile", {{"count", std::to_string(*replicas)}}), *note);
  }
  return gave_back(Words::phrase("done.replicas_again", {{"count", std::to_string(note->replicas)}}), *note);
}

ProbeAnswer StartVerb::probe(const Action&, const Resource& target, const Json& before) {
  const auto found = workload(target, before);
  if (!found) return ProbeAnswer::kCannotTell;
  const Json& note = found->object["metadata"]["annotations"][kStopped];
  if (note.is_null()) return ProbeAnswer::kHappened;
  const auto replicas = replicas_of(*found);
  if (!replicas || note != before["note"]) return ProbeAnswer::kCannotTell;
  // With the note and replicas it was cut off in the middle, or had some before.
  return *replicas == 0 ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kCannotTell;
}

Performed StartVerb::undo(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  if (before["note"].is_null()) return succeeded(Words::phrase("done.nothing"));
  const auto found = workload(target, before, stop);
  if (!found) return not_performed(found.error());
  const auto note = StopNote::parse(before["note"].string_or_empty());
  if (!note) return failed(quoted(note.error()));
  const auto replicas = replicas_of(*found, stop);
  if (!replicas) return not_performed(replicas.error());
  const int64_t was = before["replicas"].int_or(0);
  if (*replicas != (was == 0 ? note->replicas : was) && *replicas != 0) {
    return failed(Words::phrase("done.not_scaled_since", {{"count", std::to_string(*replicas)}}));
  }
  if (const Status held = hold(*found, *note, patience(), stop); !held) return not_performed(held.error());
  if (const Status done = set_replicas(*found, *note, was, stop); !done) return not_performed(done.error());
  return succeeded(Words::phrase("done.replicas_as_before", {{"count", std::to_string(was)}}));
}

}  // namespace capstan::kubernetes
