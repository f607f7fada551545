#include "connect/kubernetes/verbs/drain_verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "connect/kubernetes/verbs/cordon_verb.h"
#include "connect/kubernetes/verbs/node_pods.h"
#include "model/performed.h"
#include "model/verb_check.h"

namespace capstan::kubernetes {
namespace {

constexpr Duration kWithin{300'000};
constexpr Duration kMostWithin{3'600'000};
constexpr Duration kBetweenTries{2'000};

std::vector<NodePod> only(std::vector<NodePod> pods, bool NodePod::* which) {
  std::erase_if(pods, [&](const NodePod& pod) { return !(pod.*which); });
  return pods;
}

// Asks every pod that is not ending yet to go. Gives what holds those back that may not go now, by their names.
std::map<std::string, std::string> evict_all(const ClusterContact& contact, const std::vector<NodePod>& pods,
                                             const std::stop_token& stop) {
  std::map<std::string, std::string> held;
  for (const NodePod& pod : pods) {
    if (pod.ending || stop.stop_requested()) continue;
    const Status evicted = contact.pods.evict(pod.name, {.uid = pod.uid}, stop);
    if (evicted || evicted.error().code == ErrorCode::kNotFound) continue;
    held[fmt::format("{}/{}", pod.name.name_space, pod.name.name)] = evicted.error().message;
  }
  return held;
}

Performed left_behind(const std::vector<NodePod>& left, const std::map<std::string, std::string>& held,
                      std::string_view phrase) {
  Words says = Words::phrase("done.drained_partly", {{"why", Words::phrase(phrase)}, {"left", listed(left)}});
  if (!held.empty())
    says = Words::joined({says, fmt::format("{}: {}", held.begin()->first, held.begin()->second)}, "; ");
  Json pods = Json::array();
  for (const NodePod& pod : left) pods.push_back(fmt::format("{}/{}", pod.name.name_space, pod.name.name));
  return {.state = ActionState::kPartial, .says = std::move(says), .result = Json::object({{"left", pods}})};
}

}  // namespace

DrainVerb::DrainVerb(std::vector<std::string> target_kinds, const ClusterReach& reach, const Clock& clock, Sleep sleep)
    : ObjectVerb(
          {.name = "kubernetes.drain",
           .title = "Drain",
           .help = "Cordons the node and evicts its pods but those of daemon sets, as disruption budgets allow.",
           .target_kinds = std::move(target_kinds),
           .parameters = {{"within", ColumnType::kText, false, "How long to wait for the pods to be gone: \"5m\"."},
                          {"unmanaged", ColumnType::kBoolean, false, "Whether pods may go that nobody makes anew."},
                          {"local_data", ColumnType::kBoolean, false, "Whether pods may go whose emptyDir is lost."}},
           .danger = Danger::kDisruptive,
           .idempotent = true,
           .undoable = true},
          reach),
      clock_(clock),
      sleep_(std::move(sleep)) {}

Status DrainVerb::check(const Resource& target, const Json& parameters) const {
  TRY(ObjectVerb::check(target, parameters));
  TRY(duration_parameter(parameters, "within", kWithin, kMostWithin));
  return {};
}

Result<Json> DrainVerb::state_before(const Resource& target, const Json& parameters) {
  const Object object = TRY(find(target));
  const Json node = TRY(object.get());
  const std::vector<NodePod> pods = TRY(pods_to_move(*object.contact, object.name.name, {}));
  const auto unmanaged = only(pods, &NodePod::is_unmanaged);
  if (!unmanaged.empty() && !parameters["unmanaged"].bool_or(false)) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("nobody would make {} anew; 'unmanaged: true' lets them go", listed(unmanaged)));
  }
  const auto local = only(pods, &NodePod::has_local_data);
  if (!local.empty() && !parameters["local_data"].bool_or(false)) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} would lose what is in their emptyDir; 'local_data: true' lets them go", listed(local)));
  }
  Json before = identity(node);
  before.set("unschedulable", is_unschedulable(node));
  before.set("pods", static_cast<int64_t>(pods.size()));
  return before;
}

Performed DrainVerb::perform(const Action& action, const Resource& target, const Json& before,
                             const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  const auto within = duration_parameter(action.parameters, "within", kWithin, kMostWithin);
  if (!within) return failed(quoted(within.error()));
  const ClusterContact& contact = *object->contact;
  const Status cordoned = set_unschedulable(contact, object->type, object->name, before["uid"], true, stop);
  if (!cordoned) return not_performed(cordoned.error());
  const Duration until = clock_.monotonic() + *within;
  std::map<std::string, std::string> held;
  while (true) {
    const auto pods = pods_to_move(contact, object->name.name, stop);
    if (!pods) {
      return {.state = ActionState::kPartial,
              .says = Words::phrase("done.drained_unlisted", {{"error", quoted(pods.error())}}),
              .result = Json::object()};
    }
    if (pods->empty()) {
      return succeeded(Words::phrase("done.drained", {{"count", std::to_string(before["pods"].int_or(0))}}));
    }
    if (clock_.monotonic() >= until) return left_behind(*pods, held, "done.drain_time");
    held = evict_all(contact, *pods, stop);
    if (!sleep_(kBetweenTries, stop)) return left_behind(*pods, held, "done.drain_stopped");
  }
}

ProbeAnswer DrainVerb::probe(const Action&, const Resource& target, const Json& before) {
  const auto object = find(target);
  if (!object) return ProbeAnswer::kCannotTell;
  const auto node = read(*object, before);
  if (!node) return ProbeAnswer::kCannotTell;
  if (!is_unschedulable(*node)) return ProbeAnswer::kDidNotHappen;
  const auto pods = pods_to_move(*object->contact, object->name.name, {});
  if (pods && pods->empty()) return ProbeAnswer::kHappened;
  return ProbeAnswer::kCannotTell;
}

Performed DrainVerb::undo(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  if (before["unschedulable"].bool_or(false)) return succeeded(Words::phrase("done.cordoned_before"));
  const Status done = set_unschedulable(*object->contact, object->type, object->name, before["uid"], false, stop);
  if (!done) return not_performed(done.error());
  return succeeded(Words::phrase("done.placeable"));
}

}  // namespace capstan::kubernetes
