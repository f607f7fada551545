#include "loop/workload_managers.h"

#include <gtest/gtest.h>

#include "catalog/test_catalog.h"
#include "model/object_mapping.h"

namespace capstan::loop {
namespace {

using catalog::must;

class WorkloadManagersTest : public catalog::CatalogFixture {
 protected:
  WorkloadManagersTest() {
    open(R"(
template: an_object
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [namespace, name] }
columns: { namespace: { from: metadata.namespace } }
---
kind: k8s_deployment
like: an_object
objects: { group: apps, resource: deployments, type: Deployment }
columns: { replicas: { type: integer, from: spec.replicas } }
---
kind: k8s_horizontal_pod_autoscaler
like: an_object
objects: { group: autoscaling, resource: horizontalpodautoscalers, type: HorizontalPodAutoscaler }
)");
  }
  Resource object(std::string_view group, std::string_view type, std::string_view text) {
    const ObjectMapping mapping(catalog().kinds(), "kubernetes");
    return must(ObjectMapping::to_resource(*mapping.by_type(group, type), must(Json::parse(text)), Json::object()));
  }
};

TEST_F(WorkloadManagersTest, NameTheAutoscalerAndTheGitOpsToolThatHaveAWordInIt) {
  const Resource web = object("apps", "Deployment", R"({"apiVersion": "apps/v1", "kind": "Deployment",
      "metadata": {"name": "web", "namespace": "shop", "labels": {"kustomize.toolkit.fluxcd.io/name": "shop",
                   "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}, "spec": {"replicas": 2}})");
  const Resource alone = object("apps", "Deployment", R"({"apiVersion": "apps/v1", "kind": "Deployment",
      "metadata": {"name": "alone", "namespace": "shop"}, "spec": {"replicas": 2}})");
  const Resource scaler = object("autoscaling", "HorizontalPodAutoscaler",
                                 R"({"metadata": {"name": "web", "namespace": "shop"}, "spec": {}})");
  look({.scope = "kubernetes:prod",
        .at = catalog::at_second(0),
        .resources = {web, alone, scaler},
        .relations = {{.source = scaler.id, .kind = "scales", .target = web.id}},
        .departures = {}});
  const catalog::CatalogReader reader = must(catalog().reader());
  Json told = Json::object();
  managers_of(web.id, reader).add_to(told);
  EXPECT_EQ(told.dump(),
            R"({"managed_by":["Flux's kustomization flux-system/shop"],"scaled_by":["the autoscaler web"]})");
  Json nobody = Json::object();
  managers_of(alone.id, reader).add_to(nobody);
  EXPECT_EQ(nobody.dump(), R"({"managed_by":[],"scaled_by":[]})");
  EXPECT_TRUE(managers_of(scaler.id, reader).scaled_by.empty());
}

}  // namespace
}  // namespace capstan::loop
