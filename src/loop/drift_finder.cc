#include "loop/drift_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connect/kubernetes/secret_values.h"
#include "drift/controller_fields.h"
#include "foresee/check_report.h"
#include "loop/drift_hints.h"
#include "loop/live_object.h"
#include "model/label_selector.h"

namespace capstan::loop {

Json without_secrets(Json object) {
  if (drift::group_of(object).empty() && object["kind"] == Json("Secret")) {
    kubernetes::hide_values(object);
  } else {
    kubernetes::mask_values(object);
  }
  return object;
}

namespace {

using drift::FieldDrift;
using drift::ObjectDrift;
using drift::ObjectState;

constexpr size_t kMostObjects = 5'000;
constexpr size_t kMostExtras = 1'000;
constexpr size_t kMostVersions = 200;

struct Stated {
  Json manifest;
  ObjectDrift drift;  // Who it is; the rest is to be found out.
};

bool has_namespace(const KindSpec& kind) {
  return std::ranges::find(kind.objects->identity, "namespace") != kind.objects->identity.end();
}

// With the labels, which the catalog keeps apart.
Json object_of(const catalog::ResourceVersion& version) {
  Json object = version.resource.fields;
  Json metadata = object["metadata"];
  metadata.set("labels", to_json(version.resource.labels));
  object.set("metadata", std::move(metadata));
  return object;
}

// When a field became what it is, as far as the catalog saw it.
std::optional<Time> when_changed(const std::vector<catalog::ResourceVersion>& versions, const drift::FieldPath& path) {
  for (size_t i = 0; i + 1 < versions.size(); ++i) {
    const Json after = object_of(versions[i]);
    const Json before = object_of(versions[i + 1]);
    if (drift::find(after, path) != drift::find(before, path)) return versions[i].from;
  }
  return std::nullopt;
}

// Who scales an object.
Result<std::string> autoscaler_of(const catalog::CatalogReader& catalog, const ResourceId& id) {
  for (const catalog::KnownRelation& known : TRY(catalog.relations_of(id))) {
    const Relation& relation = known.relation;
    if (relation.kind == "scales" && relation.target == id) {
      return relation.source.substr(relation.source.rfind('/') + 1);
    }
  }
  return std::string();
}

class Finder {
 public:
  Finder(const catalog::CatalogReader& catalog, const kubernetes::ClusterContact* contact, std::string cluster,
         const DriftOptions& options, std::stop_token stop = {})
      : catalog_(catalog),
        live_(contact, catalog, std::move(stop)),
        mapping_(catalog.kinds(), "kubernetes"),
        hints_(catalog),
        cluster_(std::move(cluster)),
        options_(options) {}

  Result<Stated> identify(const foresee::ObjectDocument& document) const {
    Json manifest = drift::as_kept(document.object);
    const std::string group = drift::group_of(manifest);
    const std::string type = manifest["kind"].string_or_empty();
    const KindSpec* kind = mapping_.by_type(group, type);
    if (kind == nullptr) {
      return fail(ErrorCode::kNotFound, fmt::format("no pack declares {} of the group '{}'", type, group),
                  document.where);
    }
    const std::optional<kubernetes::ResourceType> served = live_.type_of(manifest);
    const bool in_space = served ? served->namespaced : has_namespace(*kind) && kind->objects->group != "*";
    Json metadata = manifest["metadata"];
    if (in_space && !metadata["namespace"].is_string()) metadata.set("namespace", options_.space);
    if (served && !in_space) metadata.mutable_members().erase("namespace");
    manifest.set("metadata", metadata);
    Json given = Json::object({{"cluster", cluster_}});
    if (kind->objects->group == "*") {
      given.set("api_group", group);
      given.set("object_kind", type);
    }
    Result<Resource> resource = ObjectMapping::to_resource(*kind, manifest, given);
    if (!resource) return fail(resource.error().code, resource.error().message, document.where);
    return Stated{.manifest = std::move(manifest),
                  .drift = {.id = resource->id,
                            .api_version = document.object["apiVersion"].string_or_empty(),
                            .kind = type,
                            .name_space = metadata["namespace"].string_or_empty(),
                            .name = resource->name,
                            .where = document.where}};
  }

  // Nothing: it is as stated.
  std::optional<ObjectDrift> compare(Stated stated, drift::DriftReport& report) {
    ObjectDrift& found = stated.drift;
    Result<LiveObject> live = live_.look(stated.manifest, found.name_space, found.id);
    if (!live) {
      found.state = ObjectState::kNotCompared;
      found.says = live.error().message;
      return std::move(found);
    }
    found.source = live->source;
    found.says = live->refusal;
    ++(live->source == drift::Source::kServer   ? report.by_server
       : live->source == drift::Source::kObject ? report.by_object
                                                : report.by_catalog);
    if (live->object.is_null()) {
      found.state = ObjectState::kMissing;
      found.gone = when_gone(found.id);
      return std::move(found);
    }
    found.defined_by = hints_.defined_by(live->object);
    add_fields(stated.manifest, *live, found);
    return found.fields.empty() && found.says.empty() ? std::nullopt : std::optional(std::move(found));
  }

  std::vector<ObjectDrift> extras(const std::set<ResourceId>& stated, const LabelSelector& selector,
                                  std::vector<Error>& problems) const;

 private:
  std::optional<Time> when_gone(const ResourceId& id) const {
    const auto versions = catalog_.history(id, 1);
    return versions && !versions->empty() ? versions->front().to : std::nullopt;
  }

  void add_fields(const Json& manifest, const LiveObject& live, ObjectDrift& found) const {
    const std::vector<drift::Difference> differences = drift::compare(manifest, live.wanted, live.object);
    if (differences.empty()) return;
    const Json shown_manifest = without_secrets(manifest);
    const Json shown_object = without_secrets(live.object);
    const auto versions = catalog_.history(found.id, kMostVersions).value_or(std::vector<catalog::ResourceVersion>());
    const std::string scaled_by = autoscaler_of(catalog_, found.id).value_or("");
    for (const drift::Difference& difference : differences) {
      if (live.source == drift::Source::kCatalog && is_not_kept(difference.is)) continue;
      FieldDrift field{.difference = {.path = difference.path,
                                      .should = drift::find(shown_manifest, difference.path),
                                      .is = drift::find(shown_object, difference.path)},
                       .is_hidden = false,
                       .by_right = {},
                       .owner = {},
                       .seen = when_changed(versions, difference.path),
                       .where = {}};
      field.is_hidden = field.difference != difference;
      const std::vector<drift::FieldOwner> owners =
          drift::owners_of(live.object["metadata"]["managedFields"], difference.path);
      if (!owners.empty()) field.owner = owners.front();
      field.by_right = drift::rightful_change(live.object, difference.path, scaled_by, field.owner);
      found.fields.push_back(std::move(field));
    }
  }

  const catalog::CatalogReader& catalog_;
  LiveObjects live_;
  const ObjectMapping mapping_;
  const DriftHints hints_;
  const std::string cluster_;
  const DriftOptions& options_;
};

// What nobody writes manifests of, though it carries the labels of what makes it.
bool is_made(const Resource& resource) {
  constexpr std::string_view kMade[] = {"ControllerRevision", "Endpoints", "EndpointSlice", "Event", "Lease"};
  const std::string& kind = resource.fields["kind"].string_or_empty();
  const std::string& type = resource.fields["type"].string_or_empty();
  return !resource.fields["metadata"]["ownerReferences"].items().empty() ||
         std::ranges::find(kMade, kind) != std::end(kMade) ||
         (kind == "ServiceAccount" && resource.name == "default") ||
         (kind == "ConfigMap" && resource.name == "kube-root-ca.crt") ||
         (kind == "Secret" && (type == "helm.sh/release.v1" || type == "kubernetes.io/service-account-token"));
}

// What a selector may ask for: labels, annotations by which tools track objects, and the namespace.
ResourceLabels marks_of(const Resource& resource) {
  ResourceLabels marks = resource.labels;
  const Json& metadata = resource.fields["metadata"];
  for (const auto& [name, value] : metadata["annotations"].members()) {
    std::string text = value.string_or_empty();
    // Argo CD's names the application, then the object itself.
    if (name == "argocd.argoproj.io/tracking-id") text = text.substr(0, text.find(':'));
    marks.emplace(name, std::move(text));
  }
  marks.emplace("namespace", metadata["namespace"].string_or_empty());
  return marks;
}

std::vector<ObjectDrift> Finder::extras(const std::set<ResourceId>& stated, const LabelSelector& selector,
                                        std::vector<Error>& problems) const {
  std::vector<ObjectDrift> found;
  const Status read = catalog_.each_resource([&](const Resource& resource) {
    const bool is_here = resource.fields["cluster"] == Json(cluster_) && resource.fields["apiVersion"].is_string();
    if (!is_here || stated.contains(resource.id) || is_made(resource) || !selector.matches(marks_of(resource))) return;
    if (found.size() >= kMostExtras) return;
    found.push_back({.id = resource.id,
                     .api_version = resource.fields["apiVersion"].string_or_empty(),
                     .kind = resource.fields["kind"].string_or_empty(),
                     .name_space = resource.fields["metadata"]["namespace"].string_or_empty(),
                     .name = resource.name,
                     .where = {},
                     .state = ObjectState::kExtra,
                     .source = drift::Source::kCatalog});
  });
  if (!read) problems.push_back(read.error());
  if (found.size() >= kMostExtras) {
    problems.push_back({ErrorCode::kResourceExhausted,
                        fmt::format("more than {} objects are in no manifest: the first are told", kMostExtras),
                        {}});
  }
  return found;
}

}  // namespace

Result<std::string> DriftFinder::cluster_of(const std::string& wanted) const {
  const std::vector<std::string> names =
      parts_.clusters == nullptr ? std::vector<std::string>() : parts_.clusters->names();
  if (!wanted.empty()) return wanted;
  if (names.size() == 1) return names.front();
  return fail(ErrorCode::kInvalidArgument, names.empty()
                                               ? "no Kubernetes cluster is watched"
                                               : fmt::format("which cluster? watched are {}", fmt::join(names, ", ")));
}

Result<std::shared_ptr<const kubernetes::ClusterContact>> DriftFinder::contact_with(const std::string& cluster) const {
  if (parts_.clusters == nullptr) return fail(ErrorCode::kNotFound, "no Kubernetes cluster is watched");
  return parts_.clusters->contact(cluster);
}

Result<std::vector<ResourceId>> DriftFinder::ids(std::span<const foresee::ObjectDocument> documents,
                                                 const DriftOptions& options) const {
  const std::string cluster = TRY(cluster_of(options.cluster));
  const catalog::CatalogReader catalog = TRY(parts_.catalog());
  const auto contact = contact_with(cluster);
  const Finder finder(catalog, contact ? contact->get() : nullptr, cluster, options);
  std::vector<ResourceId> ids;
  for (const foresee::ObjectDocument& document : documents) {
    if (Result<Stated> stated = finder.identify(document)) ids.push_back(std::move(stated->drift.id));
  }
  return ids;
}

Result<drift::DriftReport> DriftFinder::find(std::span<const foresee::ObjectDocument> documents,
                                             const DriftOptions& options, const std::stop_token& stop) const {
  drift::DriftReport report;
  report.cluster = TRY(cluster_of(options.cluster));
  const LabelSelector selector = TRY(LabelSelector::parse(options.prune));
  if (documents.size() > kMostObjects) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("at most {} objects are compared at once", kMostObjects));
  }
  const catalog::CatalogReader catalog = TRY(parts_.catalog());
  // Held while it is used: the settings may change meanwhile.
  const auto contact = contact_with(report.cluster);
  Finder finder(catalog, contact ? contact->get() : nullptr, report.cluster, options, stop);
  std::set<ResourceId> ids;
  for (size_t i = 0; i < documents.size(); ++i) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while manifests were compared");
    Result<Stated> stated = finder.identify(documents[i]);
    if (!stated) {
      report.problems.push_back(stated.error());
      continue;
    }
    stated->drift.document = i;
    ids.insert(stated->drift.id);
    ++report.objects;
    if (std::optional<ObjectDrift> one = finder.compare(*std::move(stated), report)) {
      report.drifts.push_back(*std::move(one));
    }
  }
  if (!options.prune.empty()) {
    std::ranges::move(finder.extras(ids, selector, report.problems), std::back_inserter(report.drifts));
  }
  if (!options.check || parts_.foresight == nullptr) return report;
  std::vector<foresee::ObjectDocument> change;
  for (const ObjectDrift& one : report.drifts) {
    if (one.counts() && one.state != ObjectState::kExtra) change.push_back(documents[one.document]);
  }
  if (change.empty()) return report;
  // Server-side apply, too, leaves alone what is not stated.
  report.check = foresee::to_json(TRY(parts_.foresight->check(
      std::move(change), {.cluster = report.cluster, .space = options.space, .documents_are_patches = true})));
  return report;
}

}  // namespace capstan::loop
