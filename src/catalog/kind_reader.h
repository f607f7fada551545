// One document of a pack's kinds.yaml: a kind, a template that kinds are like, or a table of parts.
//
//   template: kubernetes_object
//   objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [cluster, namespace, name] }
//   columns:
//     namespace: { from: metadata.namespace, help: … }
//   ---
//   kind: k8s_deployment
//   like: kubernetes_object
//   objects: { group: apps, resource: deployments, type: Deployment }
//   places: { pod: spec.template.spec }
//   makes: { kind: k8s_pod, metadata: spec.template.metadata, spec: spec.template.spec, count: spec.replicas }
//   columns:
//     replicas: { type: integer, from: spec.replicas, help: … }
//   ---
//   kind: k8s_container
//   part_of: { pod: [ "containers[*]" ] }         # a place of several kinds, or one kind and the whole path
//   columns:
//     memory_request: { type: real, from: resources.requests.memory, measure: quantity, help: … }
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "model/resource.h"

namespace capstan::catalog {

using KindTemplates = std::map<std::string, KindSpec, std::less<>>;

bool is_template(const ConfigNode& document);
// The spec's name is the template's.
Result<KindSpec> read_template(const ConfigNode& document);
Result<KindSpec> read_kind(const ConfigNode& document, const KindTemplates& templates);

// What tables of parts say of a place, said of every kind that has it.
void resolve_places(std::vector<KindSpec>& kinds);

// Whether a kind can become a table: names that SQL takes unquoted, no column twice, none that every kind has anyway.
Status check_kind(const KindSpec& kind);

}  // namespace capstan::catalog
