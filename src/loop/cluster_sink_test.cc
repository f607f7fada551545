#include "loop/cluster_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/pack_kinds.h"

namespace capstan::loop {
namespace {

using kubernetes::ResourceType;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kKinds[] = R"(
template: an_object
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [cluster, namespace, name] }
columns: { cluster: {}, namespace: { from: metadata.namespace } }
---
kind: k8s_pod
like: an_object
objects: { group: "", resource: pods, type: Pod }
---
kind: k8s_object
like: an_object
objects: { group: "*", resource: "*", type: "*", identity: [cluster, api_group, object_kind, namespace, name] }
columns: { api_group: {}, object_kind: {} }
)";

const ResourceType kPods{
    .group = "", .version = "v1", .plural = "pods", .kind = "Pod", .verbs = {}, .subresources = {}, .short_names = {}};
const ResourceType kThings{.group = "x.org",
                           .version = "v1",
                           .plural = "things",
                           .kind = "Thing",
                           .verbs = {},
                           .subresources = {},
                           .short_names = {}};

class ClusterSinkTest : public testing::Test {
 protected:
  static Json object(std::string_view name) {
    return Json::object({{"metadata", Json::object({{"name", name}, {"namespace", "shop"}})}});
  }
  static std::vector<std::string> ids(const Observation& look) {
    std::vector<std::string> found;
    for (const Resource& resource : look.resources) found.push_back(resource.id);
    std::ranges::sort(found);
    return found;
  }

  VirtualClock clock_{Time()};
  std::vector<Observation> looks_;
  std::map<std::string, std::string> reports_;
  int seen_ = 0;
  ClusterSink sink_{"arn:aws/prod",
                    catalog::read_kinds(kKinds, "kinds.yaml").kinds,
                    {.clock = clock_,
                     .observed = [this](Observation look) { looks_.push_back(std::move(look)); },
                     .report = [this](std::string source, std::string error) { reports_[source] = std::move(error); },
                     .seen = [this](const std::string&) { ++seen_; }}};
};

TEST_F(ClusterSinkTest, TellsWhatAListHoldsAndThatItIsAll) {
  sink_.listing(kPods);
  sink_.page(kPods, {object("a"), object("b"), object("a")});
  sink_.page(kPods, {object("c")});
  sink_.listed(kPods);
  ASSERT_EQ(looks_.size(), 3u);
  EXPECT_EQ(looks_[0].scope, "kubernetes:arn:aws_prod");
  EXPECT_THAT(ids(looks_[0]), ElementsAre("k8s_pod/arn:aws_prod/shop/a", "k8s_pod/arn:aws_prod/shop/b"));
  EXPECT_THAT(looks_[2].complete_prefixes, ElementsAre("k8s_pod/arn:aws_prod/"));
  EXPECT_EQ(looks_[2].still_there.size(), 3u);
}

TEST_F(ClusterSinkTest, ForgetsAListThatWasBrokenOff) {
  sink_.listing(kPods);
  sink_.page(kPods, {object("a")});
  sink_.listing(kPods);
  sink_.page(kPods, {object("b")});
  sink_.listed(kPods);
  EXPECT_THAT(looks_.back().still_there, ElementsAre("k8s_pod/arn:aws_prod/shop/b"));
}

TEST_F(ClusterSinkTest, KeepsObjectsOfTypesThatNoPackDeclares) {
  sink_.changed(kThings, object("t"));
  EXPECT_THAT(ids(looks_.back()), ElementsAre("k8s_object/arn:aws_prod/x.org/Thing/shop/t"));
  sink_.deleted(kThings, object("t"));
  EXPECT_THAT(looks_.back().gone, ElementsAre("k8s_object/arn:aws_prod/x.org/Thing/shop/t"));
}

TEST_F(ClusterSinkTest, TakesAwayTheObjectsOfATypeThatIsServedNoMore) {
  sink_.types({kPods, kThings}, {});
  EXPECT_THAT(looks_, IsEmpty());
  sink_.types({kPods}, {});
  ASSERT_EQ(looks_.size(), 1u);
  EXPECT_THAT(looks_[0].complete_prefixes, ElementsAre("k8s_object/arn:aws_prod/x.org/Thing/"));
}

TEST_F(ClusterSinkTest, SaysOnceThatAllHasBeenSeen) {
  sink_.types({kPods, kThings}, {});
  sink_.listed(kPods);
  EXPECT_EQ(seen_, 0);
  sink_.state(kThings, fail(ErrorCode::kPermissionDenied, "things is forbidden"));
  EXPECT_EQ(seen_, 1);
  sink_.listed(kThings);
  sink_.reachable(fail(ErrorCode::kUnavailable, "gone"));
  EXPECT_EQ(seen_, 1);
}

TEST_F(ClusterSinkTest, SaysWhichTypeIsForbidden) {
  sink_.state(kThings, fail(ErrorCode::kPermissionDenied, "things is forbidden"));
  EXPECT_EQ(reports_["kubernetes:arn:aws_prod/things.x.org"], "things is forbidden");
  sink_.state(kThings, {});
  EXPECT_EQ(reports_["kubernetes:arn:aws_prod/things.x.org"], "");
  sink_.changed(kPods, Json::object());
  EXPECT_NE(reports_["kubernetes:arn:aws_prod/pods"], "");
}

}  // namespace
}  // namespace capstan::loop
