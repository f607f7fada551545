#include "connect/kubernetes/verbs/cordon_verb.h"

#include "model/performed.h"

namespace capstan::kubernetes {
namespace {

VerbSpec spec_of(bool cordons, std::vector<std::string> target_kinds) {
  return {.name = cordons ? "kubernetes.cordon" : "kubernetes.uncordon",
          .title = cordons ? "Cordon" : "Uncordon",
          .help = cordons ? "No new pods are placed on the node; those that run there stay."
                          : "New pods may be placed on the node again.",
          .target_kinds = std::move(target_kinds),
          .parameters = {},
          .danger = cordons ? Danger::kDisruptive : Danger::kSafe,
          .idempotent = true,
          .undoable = true};
}

}  // namespace

bool is_unschedulable(const Json& node) { return node["spec"]["unschedulable"].bool_or(false); }

Status set_unschedulable(const ClusterContact& contact, const ResourceType& type, const ObjectName& node,
                         const Json& uid, bool unschedulable, const std::stop_token& stop) {
  const Json patch = Json::object(
      {{"metadata", Json::object({{"uid", uid}})}, {"spec", Json::object({{"unschedulable", unschedulable}})}});
  TRY(contact.client.patch(type, node, PatchKind::kMerge, patch, {}, stop));
  return {};
}

CordonVerb::CordonVerb(bool cordons, std::vector<std::string> target_kinds, const ClusterReach& reach)
    : ObjectVerb(spec_of(cordons, std::move(target_kinds)), reach), cordons_(cordons) {}

Result<Json> CordonVerb::state_before(const Resource& target, const Json&) {
  const Object object = TRY(find(target));
  const Json now = TRY(object.get());
  Json before = identity(now);
  before.set("unschedulable", is_unschedulable(now));
  return before;
}

Performed CordonVerb::perform(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  if (before["unschedulable"].bool_or(false) == cordons_)
    return succeeded(Words::phrase(cordons_ ? "done.cordoned" : "done.not_cordoned"));
  const Status done = set_unschedulable(*object->contact, object->type, object->name, before["uid"], cordons_, stop);
  if (!done) return not_performed(done.error());
  return succeeded(Words::phrase(cordons_ ? "done.unplaceable" : "done.placeable"));
}

ProbeAnswer CordonVerb::probe(const Action&, const Resource& target, const Json& before) {
  const auto object = find(target);
  if (!object) return ProbeAnswer::kCannotTell;
  const auto now = read(*object, before);
  if (!now) return ProbeAnswer::kCannotTell;
  return is_unschedulable(*now) == cordons_ ? ProbeAnswer::kHappened : ProbeAnswer::kDidNotHappen;
}

Performed CordonVerb::undo(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  const bool was = before["unschedulable"].bool_or(false);
  if (was == cordons_) return succeeded(Words::phrase("done.so_before"));
  const Status done = set_unschedulable(*object->contact, object->type, object->name, before["uid"], was, stop);
  if (!done) return not_performed(done.error());
  return succeeded(Words::phrase(was ? "done.cordoned_again" : "done.placeable"));
}

}  // namespace capstan::kubernetes
