#include "loop/workload_managers.h"

#include "connect/kubernetes/gitops/replica_owners.h"

namespace capstan::loop {

void WorkloadManagers::add_to(Json& answer) const {
  answer.set("scaled_by", Json::Array(scaled_by.begin(), scaled_by.end()));
  answer.set("managed_by", Json::Array(managed_by.begin(), managed_by.end()));
}

WorkloadManagers managers_of(const ResourceId& id, const catalog::CatalogReader& catalog) {
  WorkloadManagers managers;
  const auto known = catalog.resource(id);
  if (!known || !*known || !(*known)->object["spec"].is_object()) return managers;
  const auto relations = catalog.relations_of(id);
  for (const catalog::KnownRelation& one : relations.value_or(std::vector<catalog::KnownRelation>())) {
    if (one.relation.kind != "scales" || one.relation.target != id) continue;
    const auto scaler = catalog.resource(one.relation.source);
    if (scaler && *scaler) managers.scaled_by.push_back("the autoscaler " + (*scaler)->resource.name);
  }
  // Labels are kept beside the object.
  Json object = (*known)->object;
  Json labels = Json::object();
  for (const auto& [name, value] : (*known)->resource.labels) labels.set(name, value);
  object.mutable_members()["metadata"].set("labels", std::move(labels));
  for (const kubernetes::SyncPause& mark : kubernetes::gitops_marks(object)) managers.managed_by.push_back(mark.who());
  return managers;
}

}  // namespace capstan::loop
