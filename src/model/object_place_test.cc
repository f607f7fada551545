#include "model/object_place.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

KindSpec kind(std::string name, std::string resource, std::vector<std::string> identity) {
  KindSpec spec{.name = std::move(name), .title = "", .help = "", .columns = {}};
  spec.objects = ObjectSpec{.system = "kubernetes",
                            .group = "",
                            .resource = std::move(resource),
                            .type = "",
                            .name = {},
                            .labels = {},
                            .identity = std::move(identity),
                            .drop = {},
                            .mask = {}};
  return spec;
}

const KindSpec kPod = kind("k8s_pod", "pods", {"cluster", "namespace", "name"});
const KindSpec kNode = kind("k8s_node", "nodes", {"cluster", "name"});
const KindSpec kNamespace = kind("k8s_namespace", "namespaces", {"cluster", "name"});
const KindSpec kObject = kind("k8s_object", "*", {"cluster", "api_group", "object_kind", "namespace", "name"});

TEST(ObjectPlace, IsReadFromTheIdOfAnyKindOfObject) {
  EXPECT_EQ(object_place(kPod, "k8s_pod/prod/shop/web-0").cluster, "prod");
  EXPECT_EQ(object_place(kPod, "k8s_pod/prod/shop/web-0").space, "shop");
  EXPECT_EQ(object_place(kPod, "k8s_pod/prod/shop/web-0").name, "web-0");
  EXPECT_EQ(object_place(kNode, "k8s_node/prod/n1").space, "");
  EXPECT_EQ(object_place(kObject, "k8s_object/prod/acme.org/Db/shop/main").space, "shop");
  EXPECT_EQ(object_place(kObject, "k8s_object/prod/acme.org/Db/main").space, "");
  EXPECT_EQ(object_place(kObject, "k8s_object/prod/acme.org/Db/main").cluster, "prod");
}

TEST(ObjectPlace, TakesAClusterWithSlashesInItsName) {
  EXPECT_EQ(object_place(kPod, "k8s_pod/arn:aws:eks:x:1:cluster/blue/shop/web-0").cluster,
            "arn:aws:eks:x:1:cluster/blue");
  EXPECT_EQ(object_place(kNode, "k8s_node/arn:aws:eks:x:1:cluster/blue/n1").space, "");
}

TEST(ObjectPlace, OfANamespaceIsItself) {
  const ObjectPlace place = object_place(kNamespace, "k8s_namespace/prod/shop");
  EXPECT_EQ(place.space, "shop");
  EXPECT_EQ(namespace_id({kPod, kNamespace}, place), "k8s_namespace/prod/shop");
  EXPECT_EQ(namespace_id({kPod}, place), "");
}

TEST(ObjectPlace, IsEmptyForWhatIsNoObjectOfACluster) {
  const KindSpec host{.name = "host", .title = "", .help = "", .columns = {}};
  EXPECT_EQ(object_place(host, "host/web1").cluster, "");
  EXPECT_EQ(object_place(kPod, "host/web1").name, "");
}

}  // namespace
}  // namespace capstan
