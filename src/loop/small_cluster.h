// What tests know of a cluster: pods, services, and which of them select which.
#pragma once

namespace capstan::loop {

inline constexpr char kKinds[] = R"(
template: an_object
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [cluster, name] }
columns: { cluster: {} }
---
kind: k8s_pod
like: an_object
objects: { group: "", resource: pods, type: Pod }
---
kind: k8s_service
like: an_object
objects: { group: "", resource: services, type: Service }
)";

inline constexpr char kRelations[] =
    "relation: selects\nselects: { from: k8s_service, path: spec.selector, to: k8s_pod }";

}  // namespace capstan::loop
