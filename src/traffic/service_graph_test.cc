#include "traffic/service_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::traffic {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Service service(const std::string& name, const std::string& space = "shop") {
  return {.id = "k8s_service/prod/" + space + "/" + name,
          .place = {.cluster = "prod", .space = space, .name = name},
          .kind = "k8s_service",
          .known = true};
}

CountedCall call(const Service& from, const Service& to, const std::string& protocol = "",
                 std::optional<double> requests = std::nullopt, std::optional<double> failed = std::nullopt) {
  return {.from = from,
          .to = to,
          .protocol = protocol,
          .numbers = {.requests_per_second = requests, .failed_per_second = failed}};
}

SourceCalls source(const std::string& name, std::vector<CountedCall> calls) {
  return {.name = name, .calls = std::move(calls), .newest = {}, .error = ""};
}

TEST(ServiceGraph, HasKnownCallsWithoutTrafficAndTrafficThatNobodyKnewOf) {
  const ServiceGraph graph = make_graph({source("relations", {call(service("web"), service("cart"))}),
                                         source("istio", {call(service("web"), service("ads"), "http", 2.0, 1.0)})},
                                        {}, {});
  ASSERT_EQ(graph.calls.size(), 2u);
  EXPECT_EQ(graph.calls[0].to, service("ads").id);
  EXPECT_THAT(graph.calls[0].known_by, ElementsAre("istio"));
  EXPECT_THAT(graph.calls[1].known_by, ElementsAre("relations"));
  EXPECT_FALSE(graph.calls[1].numbers.requests_per_second);
  EXPECT_EQ(graph.services.size(), 3u);
}

TEST(ServiceGraph, JoinsWhatSourcesSayOfOneCall) {
  const ServiceGraph graph = make_graph({source("relations", {call(service("web"), service("cart"))}),
                                         source("istio", {call(service("web"), service("cart"), "http", 9.0, 1.0)}),
                                         source("traces", {call(service("web"), service("cart"), "", 3.0, 3.0)})},
                                        {}, {});
  ASSERT_EQ(graph.calls.size(), 1u);
  EXPECT_EQ(graph.calls[0].protocol, "http");
  EXPECT_THAT(graph.calls[0].known_by, ElementsAre("relations", "istio", "traces"));
  EXPECT_EQ(graph.calls[0].numbers.requests_per_second, 9.0);  // The first that counts it, and its own failures.
  EXPECT_EQ(graph.calls[0].numbers.failed_per_second, 1.0);
  EXPECT_EQ(graph.sources.at(2).calls, 1u);
}

TEST(ServiceGraph, SumsUpWhatAServiceIsAskedByAll) {
  const ServiceGraph graph =
      make_graph({source("istio", {call(service("web"), service("cart"), "http", 3.0, 1.0),
                                   call(service("job", "batch"), service("cart"), "grpc", 1.0, 0.0)})},
                 {{service("cart").id, Severity::kHigh}}, {.space = "batch"});
  ASSERT_EQ(graph.calls.size(), 1u);  // The other one lies elsewhere with both ends.
  ASSERT_EQ(graph.services.size(), 2u);
  EXPECT_EQ(graph.services[1].service.place.name, "cart");
  EXPECT_EQ(graph.services[1].requests_per_second, 4.0);
  EXPECT_EQ(graph.services[1].failed_per_second, 1.0);
  EXPECT_EQ(graph.services[1].worst, Severity::kHigh);
  EXPECT_FALSE(graph.services[0].worst);
}

TEST(ServiceGraph, KeepsTheCallsWithTheMostTraffic) {
  const ServiceGraph graph =
      make_graph({source("istio", {call(service("a"), service("b"), "http", 1.0), call(service("a"), service("c")),
                                   call(service("a"), service("d"), "http", 5.0)})},
                 {}, {.limit = 1});
  ASSERT_EQ(graph.calls.size(), 1u);
  EXPECT_EQ(graph.calls[0].to, service("d").id);
  EXPECT_EQ(graph.left_out, 2u);
  EXPECT_EQ(graph.services.size(), 2u);
}

TEST(ServiceGraph, IsWrittenAsItsPageReadsIt) {
  CountedCall counted = call(service("web"), service("cart"), "http", 4.0, 1.0);
  counted.numbers.p50_seconds = 0.25;
  SourceCalls istio = source("istio", {counted});
  istio.newest = from_unix_ms(0);
  const ServiceGraph graph = make_graph({istio}, {}, {});
  EXPECT_EQ(
      to_json(graph, from_unix_ms(0), std::chrono::minutes(5)).dump(),
      R"({"at":"1970-01-01T00:00:00.000Z","calls":[{"bytes_per_second":null,"error_ratio":0.25,)"
      R"("from":"k8s_service/prod/shop/web","known_by":["istio"],"p50_seconds":0.25,"p95_seconds":null,)"
      R"("p99_seconds":null,"protocol":"http","requests_per_second":4.0,"to":"k8s_service/prod/shop/cart"}],)"
      R"("left_out":0,"services":[{"cluster":"prod","error_ratio":0.25,"id":"k8s_service/prod/shop/cart",)"
      R"("kind":"k8s_service","known":true,"name":"cart","namespace":"shop","requests_per_second":4.0,"worst":""},)"
      R"({"cluster":"prod","error_ratio":null,"id":"k8s_service/prod/shop/web","kind":"k8s_service","known":true,)"
      R"("name":"web","namespace":"shop","requests_per_second":null,"worst":""}],)"
      R"("sources":[{"calls":1,"error":"","name":"istio","newest":"1970-01-01T00:00:00.000Z"}],)"
      R"("window_seconds":300})");
}

TEST(ServiceGraph, OfNothingIsEmpty) {
  EXPECT_THAT(make_graph({}, {}, {}).calls, IsEmpty());
  EXPECT_THAT(make_graph({source("istio", {})}, {}, {}).services, IsEmpty());
}

}  // namespace
}  // namespace capstan::traffic
