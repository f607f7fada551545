#include "traffic/counted_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "traffic/test_traffic.h"

namespace capstan::traffic {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class CountedCallsTest : public TrafficFixture {
 protected:
  CountedCallsTest() {
    for (const char* cluster : {"prod", "staging"}) {
      for (const char* name : {"web", "cart", "db"}) know(service(name, cluster), names_);
      know(workload("web", cluster), names_);
      names_.add_service_of(0, workload("web", cluster), service("web", cluster));
      know(workload("web-v2", cluster), names_);
      names_.add_service_of(0, workload("web-v2", cluster), service("web", cluster));
    }
  }
  static ResourceId service(const std::string& name, const std::string& cluster = "prod") {
    return "k8s_service/" + cluster + "/shop/" + name;
  }
  static ResourceId workload(const std::string& name, const std::string& cluster = "prod") {
    return "k8s_deployment/" + cluster + "/shop/" + name;
  }
  // As Istio labels a call from web to cart.
  static Labels istio(const std::string& reporter, const std::vector<Labels::Pair>& more = {}) {
    Labels labels({{"reporter", reporter},
                   {"source_cluster", "prod"},
                   {"source_workload", "web"},
                   {"source_workload_namespace", "shop"},
                   {"destination_cluster", "prod"},
                   {"destination_service_name", "cart"},
                   {"destination_service_namespace", "shop"},
                   {"destination_workload", "cart"},
                   {"destination_workload_namespace", "shop"},
                   {"request_protocol", "http"},
                   {"response_code", "200"}});
    for (const auto& [name, value] : more) labels.set(name, value);
    return labels;
  }
  std::vector<CountedCall> istio_calls() const { return counted(pack_source("istio"), names_); }

  Names names_{TrafficBook{.sources = {pack_source("istio"), pack_source("opentelemetry"), pack_source("linkerd")},
                           .catalog = {}},
               kinds_};
};

TEST_F(CountedCallsTest, CountsOnceWhatBothEndsReport) {
  count("istio_requests_total", istio("source"), 4);
  count("istio_requests_total", istio("destination"), 3.9);
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].from.id, service("web"));
  EXPECT_EQ(calls[0].to.id, service("cart"));
  EXPECT_EQ(calls[0].protocol, "http");
  EXPECT_NEAR(*calls[0].numbers.requests_per_second, 3.9, 0.01);
  EXPECT_NEAR(*calls[0].numbers.failed_per_second, 0, 0.01);
  EXPECT_FALSE(calls[0].numbers.bytes_per_second);
}

TEST_F(CountedCallsTest, BelievesTheCallerWhereTheCalleeHasNoProxy) {
  count("istio_requests_total", istio("source"), 4);
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_NEAR(*calls[0].numbers.requests_per_second, 4, 0.01);
}

TEST_F(CountedCallsTest, BelievesTheCallerAboutWhatNeverArrived) {
  count("istio_requests_total", istio("destination"), 0);
  count("istio_requests_total", istio("source", {{"response_code", "503"}, {"destination_workload", "unknown"}}), 4);
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_NEAR(*calls[0].numbers.requests_per_second, 4, 0.01);
  EXPECT_NEAR(*calls[0].numbers.failed_per_second, 4, 0.01);
}

TEST_F(CountedCallsTest, CountsAFailureByCodeOrByStatusOnce) {
  const auto grpc = [](const std::string& code, const std::string& status) {
    return istio("destination",
                 {{"request_protocol", "grpc"}, {"response_code", code}, {"grpc_response_status", status}});
  };
  count("istio_requests_total", grpc("200", "0"), 6);
  count("istio_requests_total", grpc("200", "14"), 2);
  count("istio_requests_total", grpc("503", "14"), 1);
  count("istio_requests_total", grpc("200", "5"), 1);  // Not found is the caller's business.
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].protocol, "grpc");
  EXPECT_NEAR(*calls[0].numbers.requests_per_second, 10, 0.01);
  EXPECT_NEAR(*calls[0].numbers.failed_per_second, 3, 0.01);
}

TEST_F(CountedCallsTest, TakesQuantilesOverAllSeriesOfACall) {
  for (const auto& [version, fast] : {std::pair("web", 9.0), std::pair("web-v2", 0.0)}) {
    const std::vector<Labels::Pair> who = {{"source_workload", version}};
    count("istio_requests_total", istio("destination", who), 10);
    const auto bucket = [&](const char* bound, double rate) {
      Labels labels = istio("destination", who);
      labels.set("le", bound);
      count("istio_request_duration_milliseconds_bucket", labels, rate);
    };
    bucket("10", fast);
    bucket("100", 10);
    bucket("+Inf", 10);
  }
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_NEAR(*calls[0].numbers.requests_per_second, 20, 0.01);
  // Nine of twenty are below 10 ms: the tenth is one eleventh of the way to 100 ms.
  EXPECT_NEAR(*calls[0].numbers.p50_seconds, 0.010 + 0.090 / 11, 1e-4);
  EXPECT_NEAR(*calls[0].numbers.p95_seconds, 0.010 + 0.090 * 10 / 11, 1e-4);
}

TEST_F(CountedCallsTest, KeepsServicesOfOneNameInTwoClustersApart) {
  count("istio_requests_total", istio("destination"), 1);
  count("istio_requests_total", istio("destination", {{"source_cluster", "staging"}}), 2);
  count("istio_requests_total",
        istio("destination", {{"source_cluster", "staging"}, {"destination_cluster", "staging"}}), 3);
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(3));
  EXPECT_EQ(calls[0].from.id + " " + calls[0].to.id, service("web") + " " + service("cart"));
  EXPECT_EQ(calls[1].from.id + " " + calls[1].to.id, service("web", "staging") + " " + service("cart"));
  EXPECT_EQ(calls[2].to.id, service("cart", "staging"));
}

TEST_F(CountedCallsTest, TakesTheClusterOfTheTargetWhereTheMeshHasNoNameForIt) {
  count("istio_requests_total",
        istio("destination",
              {{"source_cluster", "Kubernetes"}, {"destination_cluster", "Kubernetes"}, {"cluster", "staging"}}),
        1);
  ASSERT_THAT(istio_calls(), SizeIs(1));
  EXPECT_EQ(istio_calls()[0].to.id, service("cart", "staging"));
}

TEST_F(CountedCallsTest, NamesWhatTheCatalogDoesNotKnow) {
  count("istio_requests_total",
        istio("source", {{"source_workload", "unknown"},
                         {"source_workload_namespace", "unknown"},
                         {"destination_service_name", "api.example.com"},
                         {"destination_workload", "unknown"}}),
        1);
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].from.id, "traffic/prod//unknown");
  EXPECT_FALSE(calls[0].from.known);
  EXPECT_EQ(calls[0].to.id, "traffic/prod/shop/api.example.com");
  EXPECT_EQ(calls[0].to.place.name, "api.example.com");
  EXPECT_EQ(calls[0].to.kind, "");
}

TEST_F(CountedCallsTest, CountsACallerOnceWhoseNameTheCalleeIsNotTold) {
  const std::vector<Labels::Pair> plain = {{"request_protocol", "tcp"}, {"response_code", ""}};
  Labels nobody = istio("destination", plain);
  for (const char* label : {"source_workload", "source_workload_namespace"}) nobody.set(label, "unknown");
  count("istio_tcp_sent_bytes_total", istio("source", plain), 1000);
  count("istio_tcp_sent_bytes_total", nobody, 1000);
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].from.id, service("web"));
}

TEST_F(CountedCallsTest, KeepsAnUnknownCallerWhoCallsMoreThanAllThatAreKnown) {
  Labels nobody = istio("destination");
  for (const char* label : {"source_workload", "source_workload_namespace"}) nobody.set(label, "unknown");
  count("istio_requests_total", istio("source"), 1);
  count("istio_requests_total", nobody, 5);
  EXPECT_THAT(istio_calls(), SizeIs(2));
}

TEST_F(CountedCallsTest, CutsNamesThatAreTooLong) {
  count("istio_requests_total", istio("source", {{"destination_service_name", std::string(10'000, 'x')}}), 1);
  ASSERT_THAT(istio_calls(), SizeIs(1));
  EXPECT_LT(istio_calls()[0].to.id.size(), 300u);
}

TEST_F(CountedCallsTest, AddsTheBytesOfBothDirections) {
  const std::vector<Labels::Pair> tcp = {
      {"request_protocol", "tcp"}, {"response_code", ""}, {"destination_service_name", "db"}};
  for (const char* reporter : {"source", "destination"}) {
    count("istio_tcp_sent_bytes_total", istio(reporter, tcp), 1000);
    count("istio_tcp_received_bytes_total", istio(reporter, tcp), 200);
  }
  const auto calls = istio_calls();
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].to.id, service("db"));
  EXPECT_EQ(calls[0].protocol, "tcp");
  EXPECT_NEAR(*calls[0].numbers.bytes_per_second, 1200, 1);
  EXPECT_FALSE(calls[0].numbers.requests_per_second);
}

TEST_F(CountedCallsTest, ReadsWhatTracesCount) {
  const auto labels = [](const char* bound) {
    return Labels({{"client", "web"},
                   {"server", "cart"},
                   {"client_k8s_cluster_name", "prod"},
                   {"server_k8s_cluster_name", "prod"},
                   {"server_k8s_namespace_name", "shop"},
                   {"le", bound}});
  };
  count("traces_service_graph_request_total", labels(""), 2);
  count("traces_service_graph_request_failed_total", labels(""), 0.5);
  count("traces_service_graph_request_server_seconds_bucket", labels("0.1"), 2);
  count("traces_service_graph_request_server_seconds_bucket", labels("+Inf"), 2);
  const auto calls = counted(pack_source("opentelemetry"), names_);
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].from.id, service("web"));
  EXPECT_EQ(calls[0].to.id, service("cart"));
  EXPECT_EQ(calls[0].protocol, "");
  EXPECT_NEAR(*calls[0].numbers.requests_per_second, 2, 0.01);
  EXPECT_NEAR(*calls[0].numbers.failed_per_second, 0.5, 0.01);
  EXPECT_NEAR(*calls[0].numbers.p50_seconds, 0.05, 1e-4);
}

TEST_F(CountedCallsTest, GuessesNobodyWhereSeveralHaveTheName) {
  count("traces_service_graph_request_total", Labels({{"client", "web"}, {"server", "cart"}}), 2);
  const auto calls = counted(pack_source("opentelemetry"), names_);
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].to.id, "traffic///cart");  // Two clusters have one.
}

TEST_F(CountedCallsTest, CountsALinkerdCallWhereItLeaves) {
  for (const auto& [direction, outcome] :
       {std::pair("outbound", "success"), std::pair("outbound", "failure"), std::pair("inbound", "success")}) {
    count("response_total",
          Labels({{"direction", direction},
                  {"classification", outcome},
                  {"cluster", "prod"},
                  {"deployment", "web"},
                  {"namespace", "shop"},
                  {"dst_service", "cart"},
                  {"dst_namespace", "shop"}}),
          1);
  }
  const auto calls = counted(pack_source("linkerd"), names_);
  ASSERT_THAT(calls, SizeIs(1));
  EXPECT_EQ(calls[0].from.id, service("web"));
  EXPECT_EQ(calls[0].to.id, service("cart"));
  EXPECT_NEAR(*calls[0].numbers.requests_per_second, 2, 0.01);
  EXPECT_NEAR(*calls[0].numbers.failed_per_second, 1, 0.01);
}

TEST_F(CountedCallsTest, WithoutMetricsThereAreNoCalls) { EXPECT_THAT(istio_calls(), IsEmpty()); }

class NamesTest : public TrafficFixture {
 protected:
  Names names_{TrafficBook{.sources = {pack_source("istio")}, .catalog = {}}, kinds_};
};

TEST_F(NamesTest, ShowAWorkloadAsTheServiceOfItsName) {
  for (const char* name : {"metrics", "web", "zeta"}) {
    names_.add_service_of(1, "k8s_deployment/prod/shop/web", std::string("k8s_service/prod/shop/") + name);
  }
  names_.add_service_of(0, "k8s_pod/prod/shop/web-1", "k8s_deployment/prod/shop/web");
  EXPECT_EQ(names_.shown_as("k8s_pod/prod/shop/web-1"), "k8s_service/prod/shop/web");
  EXPECT_EQ(names_.shown_as("k8s_pod/prod/shop/other"), "k8s_pod/prod/shop/other");
}

TEST_F(NamesTest, EndWhereThingsStandForEachOther) {
  names_.add_service_of(0, "a", "b");
  names_.add_service_of(0, "b", "a");
  EXPECT_FALSE(names_.shown_as("a").empty());
}

TEST_F(NamesTest, TakeAClusterThatNobodyWatchesForTheOnlyOneThatIsWatched) {
  know("k8s_service/prod/shop/cart", names_);
  const Source source = pack_source("istio");
  const auto callee = [&](const char* name) {
    return names_.at_end(source.callee, source.unknown,
                         Labels({{"destination_cluster", "cluster1"},
                                 {"destination_service_name", name},
                                 {"destination_service_namespace", "shop"}}));
  };
  EXPECT_EQ(callee("cart").id, "k8s_service/prod/shop/cart");
  EXPECT_EQ(callee("other").id, "traffic/cluster1/shop/other");
}

}  // namespace
}  // namespace capstan::traffic
