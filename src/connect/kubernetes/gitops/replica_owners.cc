#include "connect/kubernetes/gitops/replica_owners.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/mask_secrets.h"
#include "connect/kubernetes/gitops/applied_field.h"
#include "connect/kubernetes/gitops/argo_application.h"
#include "connect/kubernetes/gitops/autoscalers.h"

namespace capstan::kubernetes {
namespace {

constexpr auto kReplicas = std::to_array<std::string_view>({"spec", "replicas"});

constexpr std::string_view kTrackingId = "argocd.argoproj.io/tracking-id";
// Any of these may be the label by which Argo CD tracks; other tools write the second one, too.
constexpr auto kInstanceLabels =
    std::to_array<std::string_view>({"argocd.argoproj.io/instance", "app.kubernetes.io/instance"});

const std::string& label(const Json& object, std::string_view name) {
  return object["metadata"]["labels"][name].string_or_empty();
}

const std::string& annotation(const Json& object, std::string_view name) {
  return object["metadata"]["annotations"][name].string_or_empty();
}

// Flux reads such words from annotations and labels alike.
bool is_marked(const Json& object, std::string_view name, std::string_view value) {
  return annotation(object, name) == value || label(object, name) == value;
}

std::string group_of(const std::string& api_version) {
  const size_t slash = api_version.find('/');
  return slash == std::string::npos ? "" : api_version.substr(0, slash);
}

SyncedObject synced_object(const Json& object) {
  const Json& metadata = object["metadata"];
  return {.group = group_of(object["apiVersion"].string_or_empty()),
          .kind = object["kind"].string_or_empty(),
          .name = {metadata["namespace"].string_or_empty(), metadata["name"].string_or_empty()}};
}

// "shop:apps/Deployment:shop/web" names the application and then the object itself; a copy of another object's
// annotation says nothing.
std::string tracked_by(const Json& object) {
  const std::string& text = annotation(object, kTrackingId);
  const SyncedObject self = synced_object(object);
  const std::string tail = fmt::format(":{}/{}:{}/{}", self.group, self.kind, self.name.name_space, self.name.name);
  return text.ends_with(tail) ? text.substr(0, text.size() - tail.size()) : "";
}

std::optional<SyncPause> mark_of(const Json& object, SyncPause::Way way, std::string_view tool) {
  const std::string& name = label(object, fmt::format("{}.toolkit.fluxcd.io/name", tool));
  if (name.empty()) return std::nullopt;
  return SyncPause{.way = way, .of = {label(object, fmt::format("{}.toolkit.fluxcd.io/namespace", tool)), name}};
}

std::string source_text(const std::string& url, const std::string& path) {
  // A URL may hold a password.
  std::string text = url.empty() ? "" : mask_argument(url);
  if (!path.empty()) text += (text.empty() ? "path " : ", path ") + path;
  return text;
}

// What is known of the object that rules over others; null where it is not here, or may not be seen: then it counts as
// one that does what it can.
Result<Json> look_at(const Workload& workload, std::string_view group, std::string_view kind, const ObjectName& name,
                     const std::stop_token& stop) {
  const std::optional<ResourceType> type = workload.contact->type_of(group, kind);
  if (!type) return Json();
  Result<Json> found = workload.contact->client.get(*type, name, "", stop);
  const bool is_hidden =
      !found && (found.error().code == ErrorCode::kNotFound || found.error().code == ErrorCode::kPermissionDenied);
  return is_hidden ? Json() : found;
}

Result<std::optional<ReplicaOwner>> kustomization_of(const Workload& workload, const std::stop_token& stop) {
  const std::optional<SyncPause> mark = mark_of(workload.object, SyncPause::Way::kFlux, "kustomize");
  if (!mark || is_marked(workload.object, mark->annotation(), kDisabled) ||
      is_marked(workload.object, "kustomize.toolkit.fluxcd.io/ssa", "Ignore")) {
    return std::nullopt;
  }
  if (applied_field(workload.object, kReplicas) == Applied::kNo) return std::nullopt;
  const Json found = TRY(look_at(workload, "kustomize.toolkit.fluxcd.io", "Kustomization", mark->of, stop));
  if (found["spec"]["suspend"].bool_or(false)) return std::nullopt;
  return ReplicaOwner{.name = mark->who(),
                      .pause = mark,
                      .instead = {},
                      .source = source_text("", found["spec"]["path"].string_or_empty())};
}

// Rules of drift detection name objects by regular expressions; one that is a plain name is understood.
bool is_ignored_drift(const Json& release, const Json& object) {
  return std::ranges::any_of(release["spec"]["driftDetection"]["ignore"].items(), [&](const Json& rule) {
    const Json& target = rule["target"];
    const auto is_it = [](const Json& pattern, const Json& value) {
      return pattern.string_or_empty().empty() || pattern == value;
    };
    const bool covers = std::ranges::any_of(
        rule["paths"].items(), [](const Json& path) { return path.string_or_empty() == "/spec/replicas"; });
    return covers && is_it(target["kind"], object["kind"]) && is_it(target["name"], object["metadata"]["name"]);
  });
}

// A Helm release is put back between its upgrades only where it corrects drift.
Result<std::optional<ReplicaOwner>> release_of(const Workload& workload, const std::stop_token& stop) {
  const std::optional<SyncPause> mark = mark_of(workload.object, SyncPause::Way::kHelm, "helm");
  if (!mark || is_marked(workload.object, mark->annotation(), kDisabled)) return std::nullopt;
  if (applied_field(workload.object, kReplicas) == Applied::kNo) return std::nullopt;
  const Json found = TRY(look_at(workload, "helm.toolkit.fluxcd.io", "HelmRelease", mark->of, stop));
  const bool is_known = found.is_object();
  const bool corrects = found["spec"]["driftDetection"]["mode"].string_or_empty() == "enabled";
  if (is_known && (!corrects || found["spec"]["suspend"].bool_or(false) || is_ignored_drift(found, workload.object))) {
    return std::nullopt;
  }
  return ReplicaOwner{.name = mark->who(), .pause = mark, .instead = {}, .source = {}};
}

ReplicaOwner owner_of(const Json& application) {
  const Json& metadata = application["metadata"];
  const SyncPause pause{.way = SyncPause::Way::kApplication,
                        .of = {metadata["namespace"].string_or_empty(), metadata["name"].string_or_empty()}};
  const Json& spec = application["spec"];
  const Json& source =
      spec["source"].is_object() || spec["sources"].items().empty() ? spec["source"] : spec["sources"].items()[0];
  ReplicaOwner owner{.name = pause.who(),
                     .pause = pause,
                     .instead = obstacle_to_pause(application),
                     .source = source_text(source["repoURL"].string_or_empty(), source["path"].string_or_empty())};
  if (!owner.instead.empty()) owner.pause.reset();
  return owner;
}

// Applications in any namespace are tracked as "namespace_name".
ObjectName application_name(const std::string& tracked) {
  const size_t split = tracked.find('_');
  if (split == std::string::npos) return {"", tracked};
  return {tracked.substr(0, split), tracked.substr(split + 1)};
}

// The application of that name, with its managers; null where there is none.
Result<Json> find_application(const Workload& workload, const ResourceType& type, const ObjectName& name,
                              bool must_have_it, const std::stop_token& stop) {
  const ListPage page = TRY(during(
      "which application of Argo CD it is of",
      workload.contact->client.list(
          type, {.name_space = name.name_space, .field_selector = "metadata.name=" + name.name, .limit = 50}, stop)));
  const SyncedObject self = synced_object(workload.object);
  const Json* found = nullptr;
  for (const Json& each : page.items) {
    if (has_object(each, self)) found = &each;
  }
  if (found == nullptr && !must_have_it && page.items.size() == 1) found = &page.items.front();
  if (found == nullptr) return Json();
  const Json& metadata = (*found)["metadata"];
  return workload.contact->client.get_with_managers(
      type, {metadata["namespace"].string_or_empty(), metadata["name"].string_or_empty()}, stop);
}

Result<std::optional<ReplicaOwner>> application_of(const Workload& workload, const std::stop_token& stop) {
  const std::string tracked = tracked_by(workload.object);
  std::vector<std::string> names;
  if (!tracked.empty()) names.push_back(tracked);
  for (const std::string_view key : kInstanceLabels) {
    if (tracked.empty() && !label(workload.object, key).empty()) names.push_back(label(workload.object, key));
  }
  if (names.empty()) return std::nullopt;
  const std::optional<ResourceType> type = workload.contact->type_of("argoproj.io", "Application");
  Json application;
  for (const std::string& name : names) {
    if (!type || application.is_object()) break;
    application = TRY(find_application(workload, *type, application_name(name), tracked.empty(), stop));
  }
  const SyncedObject self = synced_object(workload.object);
  if (application.is_object()) {
    if (is_paused_for(application, self)) return owner_of(application);
    const bool sets = applied_field(workload.object, kReplicas) != Applied::kNo;
    return sets && heals_replicas(application, self) ? std::optional(owner_of(application)) : std::nullopt;
  }
  if (tracked.empty() || applied_field(workload.object, kReplicas) == Applied::kNo) return std::nullopt;
  const SyncPause unseen{.way = SyncPause::Way::kApplication, .of = application_name(tracked)};
  return ReplicaOwner{
      .name = unseen.who(), .pause = {}, .instead = "it is not in this cluster: pause it where it is", .source = {}};
}

// A deployment decides over its replica sets whatever anybody sets there.
std::optional<ReplicaOwner> maker_of(const Json& object) {
  for (const Json& owner : object["metadata"]["ownerReferences"].items()) {
    if (!owner["controller"].bool_or(false) || owner["kind"].string_or_empty() != "Deployment") continue;
    return ReplicaOwner{.name = "the deployment " + owner["name"].string_or_empty(),
                        .pause = {},
                        .instead = "do it to the deployment",
                        .source = {}};
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<ReplicaOwner>> replica_owners(const Workload& workload, int64_t wanted,
                                                 const std::stop_token& stop) {
  std::vector<ReplicaOwner> owners = TRY(autoscalers_of(workload, wanted, stop));
  for (std::optional<ReplicaOwner> owner : {maker_of(workload.object), TRY(kustomization_of(workload, stop)),
                                            TRY(release_of(workload, stop)), TRY(application_of(workload, stop))}) {
    if (owner) owners.push_back(*std::move(owner));
  }
  return owners;
}

std::vector<SyncPause> gitops_marks(const Json& object) {
  std::vector<SyncPause> marks;
  if (const auto mark = mark_of(object, SyncPause::Way::kFlux, "kustomize")) marks.push_back(*mark);
  if (const auto mark = mark_of(object, SyncPause::Way::kHelm, "helm")) marks.push_back(*mark);
  if (const std::string tracked = tracked_by(object); !tracked.empty()) {
    marks.push_back({.way = SyncPause::Way::kApplication, .of = application_name(tracked)});
  }
  return marks;
}

}  // namespace capstan::kubernetes
