#include "connect/kubernetes/verbs/stop_verb.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/performed.h"

namespace capstan::kubernetes {
namespace {

bool may_pause(const Json& parameters, const SyncPause& pause) {
  const std::string_view who = pause.way == SyncPause::Way::kScaledObject ? "autoscaler" : "gitops";
  return parameters[who].string_or_empty() == "pause";
}

std::string how_to_allow(const SyncPause& pause) {
  return pause.way == SyncPause::Way::kScaledObject
             ? "give 'autoscaler: pause', which holds it at 0 until kubernetes.start"
             : "give 'gitops: pause', which has it leave this object alone until kubernetes.start";
}

std::string names_of(const std::vector<SyncPause>& pauses) {
  std::string text;
  for (const SyncPause& each : pauses) text += (text.empty() ? "" : ", ") + each.who();
  return text;
}

// Both notes as a verb's state before has them.
Result<StopNote> noted(const Json& before) { return StopNote::parse(before["note"].string_or_empty()); }
std::optional<StopNote> noted_before(const Json& before) {
  const auto note = StopNote::parse(before["note_before"].string_or_empty());
  return note ? std::optional(*note) : std::nullopt;
}

}  // namespace

StopVerb::StopVerb(std::vector<std::string> target_kinds, const ClusterReach& reach)
    : WorkloadVerb(
          {.name = "kubernetes.stop",
           .title = "Stop",
           .help = "No replicas until kubernetes.start, which brings back as many as there were.",
           .target_kinds = std::move(target_kinds),
           .parameters = {{"gitops", ColumnType::kText, false,
                           "Where Argo CD or Flux would put the replicas back: 'refuse' (default) names it and does "
                           "nothing, 'pause' has it leave this object alone until kubernetes.start."},
                          {"autoscaler", ColumnType::kText, false,
                           "Where KEDA would: 'refuse' (default) or 'pause', by its own annotation."}},
           .danger = Danger::kDisruptive,
           .idempotent = true,
           .undoable = true},
          reach) {}

Status StopVerb::check(const Resource& target, const Json& parameters) const {
  TRY(ObjectVerb::check(target, parameters));
  for (const auto& [name, value] : parameters.members()) {
    if (value.string_or_empty() == "refuse" || value.string_or_empty() == "pause") continue;
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be refuse or pause, found {}", name, value.dump()));
  }
  return {};
}

std::string StopVerb::beside(const Resource& target, const Json& parameters) const {
  const std::vector<SyncPause> marks = marks_of(target);
  if (marks.empty()) return "";
  const std::string names = names_of(marks);
  if (may_pause(parameters, marks.front())) return fmt::format("pauses {} for this object, until it is started", names);
  return fmt::format("refused where {} would put the replicas back ('gitops: pause' lets it)", names);
}

Result<Json> StopVerb::state_before(const Resource& target, const Json& parameters) {
  const Workload found = TRY(workload(target));
  const std::optional<StopNote> old = TRY(stop_note(found.object));
  const int64_t replicas = TRY(replicas_of(found));
  Json before = identity(found.object);
  before.set("replicas", replicas);
  before.set("note_before", old ? Json(old->text()) : Json());
  if (replicas == 0) return before;
  StopNote note = old.value_or(StopNote{.replicas = replicas, .paused = {}});
  for (const ReplicaOwner& owner : TRY(replica_owners(found, 0))) {
    if (!owner.pause) return std::unexpected(not_ours(owner, ""));
    if (!may_pause(parameters, *owner.pause)) return std::unexpected(not_ours(owner, how_to_allow(*owner.pause)));
    if (std::ranges::find(note.paused, *owner.pause) == note.paused.end()) note.paused.push_back(*owner.pause);
  }
  before.set("note", note.text());
  return before;
}

Performed StopVerb::perform(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  if (before["replicas"].int_or(0) == 0) return succeeded(Words::phrase("done.none_already"));
  const auto found = workload(target, before, stop);
  if (!found) return not_performed(found.error());
  const auto note = noted(before);
  if (!note) return failed(quoted(note.error()));
  if (const Status held = hold(*found, *note, patience(), stop); !held) {
    // What was paused for nothing is given back; where even that fails, the note on the object says what is left.
    const bool is_clean = release(*found, *note, noted_before(before), stop).has_value();
    Performed refused = not_performed(held.error());
    if (!is_clean) refused.says = Words::joined({refused.says, Words::phrase("done.still_paused")}, "; ");
    return refused;
  }
  if (const Status done = set_replicas(*found, *note, 0, stop); !done) {
    Performed refused = not_performed(done.error());
    if (refused.state == ActionState::kFailed) (void)release(*found, *note, noted_before(before), stop);
    return refused;
  }
  const Words stopped =
      Words::phrase("done.replicas", {{"to", "0"}, {"from", std::to_string(before["replicas"].int_or(0))}});
  if (note->paused.empty()) return succeeded(stopped);
  return succeeded(
      Words::joined({stopped, Words::phrase("done.paused_for_it", {{"names", names_of(note->paused)}})}, "; "));
}

ProbeAnswer StopVerb::probe(const Action&, const Resource& target, const Json& before) {
  const auto found = workload(target, before);
  if (!found) return ProbeAnswer::kCannotTell;
  const auto replicas = replicas_of(*found);
  if (!replicas) return ProbeAnswer::kCannotTell;
  if (before["replicas"].int_or(0) == 0) return *replicas == 0 ? ProbeAnswer::kHappened : ProbeAnswer::kDidNotHappen;
  const Json& note = found->object["metadata"]["annotations"][kStopped];
  if (*replicas == 0 && note == before["note"]) return ProbeAnswer::kHappened;
  // With the note and replicas it was cut off in the middle, or somebody has set them since.
  return *replicas != 0 && note == before["note_before"] ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kCannotTell;
}

Performed StopVerb::undo(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  const int64_t wanted = before["replicas"].int_or(0);
  if (wanted == 0) return succeeded(Words::phrase("done.nothing"));
  const auto found = workload(target, before, stop);
  if (!found) return not_performed(found.error());
  const auto note = noted(before);
  if (!note) return failed(quoted(note.error()));
  const auto replicas = replicas_of(*found, stop);
  if (!replicas) return not_performed(replicas.error());
  if (*replicas == 0) {
    if (const Status done = set_replicas(*found, *note, wanted, stop); !done) return not_performed(done.error());
  }
  const std::optional<StopNote> left = noted_before(before);
  if (const Status given = release(*found, *note, left, stop); !given) return not_performed(given.error());
  std::vector<SyncPause> ended = note->paused;
  if (left) std::erase_if(ended, [&](const SyncPause& each) { return std::ranges::count(left->paused, each) > 0; });
  const Words done = *replicas != 0 ? Words::phrase("done.left_at", {{"count", std::to_string(*replicas)}})
                                    : Words::phrase("done.replicas_again", {{"count", std::to_string(wanted)}});
  if (ended.empty()) return succeeded(done);
  return succeeded(Words::joined({done, Words::phrase("done.and_given_back", {{"names", names_of(ended)}})}, ", "));
}

}  // namespace capstan::kubernetes
