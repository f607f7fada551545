#include "loop/scaling_desk.h"

#include <fmt/format.h>

#include "foresee/whatif.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostVersions = 50;  // Of an autoscaler's history.
constexpr size_t kMostHistories = 500;
constexpr size_t kMostChanges = 10;
constexpr std::string_view kAutoscaler = "HorizontalPodAutoscaler";

std::optional<int64_t> replicas_of(const catalog::ResourceVersion& version) {
  const Json& count = version.resource.fields["current_replicas"];
  return count.is_int() ? std::optional(count.int_or(0)) : std::nullopt;
}

}  // namespace

void ScalingDesk::set_groups(foresee::NodeGroupSettings groups) {
  groups_.write([&](foresee::NodeGroupSettings& now) { now = std::move(groups); });
}

foresee::NodeGroupSettings ScalingDesk::groups() const {
  return groups_.read([](const foresee::NodeGroupSettings& now) { return now; });
}

Result<foresee::ClusterObjects> ScalingDesk::snapshot(std::string_view cluster) const {
  return parts_.foresight.ask<foresee::ClusterObjects>([name = std::string(cluster)](const Foresight::Bench& bench) {
    return foresee::ClusterObjects::from(bench.picture, name);
  });
}

Status ScalingDesk::read_autoscalers(foresee::ClusterObjects& objects) const {
  if (objects.of(kAutoscaler).empty()) return {};
  const auto contact = TRY(parts_.clusters.contact(objects.cluster()));
  const auto type = contact->type_of("autoscaling", kAutoscaler);
  if (!type) return fail(ErrorCode::kUnavailable, "the types of the cluster are not known yet");
  kubernetes::ListOptions options;
  do {
    kubernetes::ListPage page = TRY(contact->client.list(*type, options));
    for (Json& item : page.items) {
      item.set("kind", kAutoscaler);
      objects.put(std::move(item));
    }
    options.continue_from = std::move(page.continue_from);
  } while (!options.continue_from.empty());
  return {};
}

Result<std::vector<foresee::ReplicaChange>> ScalingDesk::changes_of(const catalog::CatalogReader& catalog,
                                                                    const std::string& autoscaler) const {
  std::vector<foresee::ReplicaChange> changes;
  const std::vector<catalog::ResourceVersion> versions = TRY(catalog.history(autoscaler, kMostVersions));
  for (size_t i = 0; i + 1 < versions.size() && changes.size() < kMostChanges; ++i) {
    const std::optional<int64_t> now = replicas_of(versions[i]), before = replicas_of(versions[i + 1]);
    if (now && before && *now != *before) changes.push_back({versions[i].from, *before, *now});
  }
  return changes;
}

Result<Json> ScalingDesk::scaling(std::string_view cluster, std::string_view autoscaler) const {
  foresee::ClusterObjects objects = TRY(snapshot(cluster));
  foresee::ScalingQuestion question{.autoscaler = std::string(autoscaler), .now = parts_.clock.now()};
  if (const Status read = read_autoscalers(objects); !read) {
    question.notes.push_back("what autoscalers measure could not be read: " + read.error().message);
  }
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  for (const auto& [name, scaler] : objects.of(kAutoscaler)) {
    if (question.changes.size() >= kMostHistories) break;
    const std::string id = fmt::format("k8s_horizontal_pod_autoscaler/{}/{}", objects.cluster(), name);
    question.changes[name] = TRY(changes_of(catalog, id));
  }
  return foresee::scaling_report(objects, groups(), question);
}

Result<Json> ScalingDesk::whatif(const Json& body) const {
  const foresee::WhatIf question = TRY(foresee::read_whatif(body));
  return foresee::answer_whatif(TRY(snapshot(body["cluster"].string_or_empty())), groups(), question);
}

}  // namespace capstan::loop
