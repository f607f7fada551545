// Who calls whom, asked of a catalog with two namespaces and of metrics as a mesh gives them, with what packs declare.
#include "loop/service_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/file.h"
#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"
#include "telemetry/promql/fake_series_reader.h"

namespace capstan::loop {
namespace {

using catalog::at_second;
using catalog::must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

traffic::TrafficText pack_file(const std::string& name) {
  const std::string path = std::string(CAPSTAN_SOURCE_DIR) + "/packs/" + name;
  return {path, must(read_file(path))};
}

class ServiceDeskTest : public catalog::CatalogFixture {
 protected:
  void SetUp() override {
    open(pack_file("kubernetes/kinds.yaml").text);
    sql_ = std::make_unique<catalog::SqlEngine>(catalog(), clock_, catalog::SqlEngineOptions{});
    desk_ = std::make_unique<ServiceDesk>(
        ServiceDesk::Parts{.clock = clock_, .catalog = catalog(), .sql = *sql_, .engine = engine_});
    const std::vector<Error> problems =
        desk_->load({pack_file("istio/traffic.yaml"), pack_file("kubernetes/traffic.yaml"),
                     pack_file("opentelemetry/traffic.yaml")});
    for (const Error& problem : problems) ADD_FAILURE() << problem.to_string();
    for (const char* name : {"web", "cart"}) {
      const std::string pod = std::string("k8s_pod/prod/shop/") + name + "-1";
      appear("k8s_service", name);
      appear("k8s_deployment", name);
      appear("k8s_pod", std::string(name) + "-1");
      relate("k8s_service/prod/shop/" + std::string(name), "selects", pod);
      relate("k8s_deployment/prod/shop/" + std::string(name), "selects", pod);
    }
    // A job has no service.
    appear("k8s_cron_job", "report");
    appear("k8s_job", "report-1");
    relate("k8s_cron_job/prod/shop/report", "owns", "k8s_job/prod/shop/report-1");
  }
  void TearDown() override {
    desk_.reset();
    sql_.reset();
  }

  void appear(const std::string& kind, const std::string& name) {
    write(fact_kind::kResourceAppeared, kind + "/prod/shop/" + name,
          Json::object(
              {{"kind", kind},
               {"name", name},
               {"labels", Json::object()},
               {"scope", "kubernetes:prod"},
               {"fields", Json::object({{"cluster", "prod"},
                                        {"metadata", Json::object({{"name", name}, {"namespace", "shop"}})}})}}));
  }
  void relate(const std::string& source, const std::string& kind, const std::string& target) {
    write(fact_kind::kRelationAppeared, source, Json::object({{"kind", kind}, {"target", target}, {"scope", "x"}}));
  }
  void find(const std::string& resource, Severity severity) {
    Finding finding;
    finding.id = "f-" + resource;
    finding.rule = "Broken";
    finding.severity = severity;
    finding.resource = resource;
    write(fact_kind::kFindingOpened, finding.id, finding.to_json());
  }
  void count(Labels labels, double per_second) {
    const int64_t now = to_unix_ms(clock_.now());
    for (int64_t second = -330; second <= 0; second += 15) {
      series_.add(labels, {now + second * 1000, per_second * static_cast<double>(second + 330)});
    }
  }
  static Labels istio(const std::string& from, const std::string& to, const std::string& code = "200") {
    return Labels({{"__name__", "istio_requests_total"},
                   {"reporter", "destination"},
                   {"source_cluster", "prod"},
                   {"source_workload", from},
                   {"source_workload_namespace", "shop"},
                   {"destination_cluster", "prod"},
                   {"destination_service_name", to},
                   {"destination_service_namespace", "shop"},
                   {"request_protocol", "http"},
                   {"response_code", code}});
  }
  Json graph(const ServiceGraphQuery& query = {}) const { return must(desk_->service_graph(query)); }
  // "web -> cart http istio,relations"
  static std::vector<std::string> calls(const Json& answer) {
    std::vector<std::string> found;
    for (const Json& call : answer["calls"].items()) {
      std::string text = call["from"].string_or_empty() + " -> " + call["to"].string_or_empty() + " " +
                         call["protocol"].string_or_empty();
      for (const Json& name : call["known_by"].items()) text += " " + name.string_or_empty();
      found.push_back(std::move(text));
    }
    return found;
  }

  VirtualClock clock_{at_second(1'000)};
  telemetry::FakeSeriesReader series_;
  telemetry::PromqlEngine engine_{series_, clock_};
  std::unique_ptr<catalog::SqlEngine> sql_;
  std::unique_ptr<ServiceDesk> desk_;
};

TEST_F(ServiceDeskTest, JoinsWhatIsDeclaredAndWhatIsMeasuredAtServices) {
  // The same call by a workload and by one of its pods, and one that nobody makes.
  relate("k8s_deployment/prod/shop/web", "calls", "k8s_service/prod/shop/cart");
  relate("k8s_pod/prod/shop/web-1", "calls", "k8s_service/prod/shop/cart");
  relate("k8s_job/prod/shop/report-1", "calls", "k8s_service/prod/shop/web");
  relate("k8s_ingress/prod/shop/front", "routes_to", "k8s_service/prod/shop/web");
  count(istio("web", "cart"), 3);
  count(istio("web", "cart", "503"), 1);
  count(istio("cart", "api.example.com"), 2);
  const Json answer = graph();
  EXPECT_THAT(calls(answer),
              ElementsAre("k8s_cron_job/prod/shop/report -> k8s_service/prod/shop/web  relations",
                          "k8s_ingress/prod/shop/front -> k8s_service/prod/shop/web  relations",
                          "k8s_service/prod/shop/cart -> traffic/prod/shop/api.example.com http istio",
                          "k8s_service/prod/shop/web -> k8s_service/prod/shop/cart http relations istio"));
  EXPECT_NEAR(answer["calls"].items()[3]["requests_per_second"].number_or(0), 4, 0.01);
  EXPECT_NEAR(answer["calls"].items()[3]["error_ratio"].number_or(0), 0.25, 0.01);
  EXPECT_TRUE(answer["calls"].items()[0]["requests_per_second"].is_null());
  EXPECT_EQ(answer["sources"].items()[1]["name"], Json("istio"));
  EXPECT_EQ(answer["sources"].items()[1]["newest"], Json(format_time(clock_.now())));
  EXPECT_EQ(answer["sources"].items()[2]["newest"], Json());
  std::vector<std::string> unknown;
  for (const Json& service : answer["services"].items()) {
    if (!service["known"].bool_or(true)) unknown.push_back(service["id"].string_or_empty());
  }
  EXPECT_THAT(unknown, ElementsAre("k8s_ingress/prod/shop/front", "traffic/prod/shop/api.example.com"));
}

TEST_F(ServiceDeskTest, ShowsTheWorstFindingOfWhatIsPartOfAService) {
  count(istio("web", "cart"), 1);
  find("k8s_pod/prod/shop/cart-1", Severity::kHigh);
  find("k8s_service/prod/shop/cart", Severity::kLow);
  const Json answer = graph();
  ASSERT_EQ(answer["services"].items().size(), 2u);
  EXPECT_EQ(answer["services"].items()[0]["worst"], Json("high"));
  EXPECT_EQ(answer["services"].items()[1]["worst"], Json(""));
}

TEST_F(ServiceDeskTest, ShowsAPlaceWithWhatIsCalledFromThere) {
  count(istio("web", "cart"), 1);
  EXPECT_THAT(calls(graph({.cluster = "staging"})), IsEmpty());
  EXPECT_THAT(calls(graph({.space = "bank"})), IsEmpty());
  EXPECT_EQ(calls(graph({.cluster = "prod", .space = "shop"})).size(), 1u);
}

TEST_F(ServiceDeskTest, TakesNoTextOfALabelForAnythingElse) {
  count(istio("web", "x'; DROP TABLE resource; --\x1b[2J"), 1);
  const Json answer = graph();
  EXPECT_THAT(calls(answer).at(0), HasSubstr("DROP TABLE"));
  EXPECT_THAT(answer.dump(), HasSubstr("\\u001b"));
  EXPECT_THAT(calls(graph()).size(), 1u);
}

TEST_F(ServiceDeskTest, TellsOfASourceThatCannotBeAskedAndAnswersWithTheOthers) {
  relate("k8s_pod/prod/shop/web-1", "calls", "k8s_service/prod/shop/cart");
  telemetry::PromqlEngine small(series_, clock_, {.limits = {.samples = 5}});
  ServiceDesk desk({.clock = clock_, .catalog = catalog(), .sql = *sql_, .engine = small});
  EXPECT_THAT(desk.load({pack_file("istio/traffic.yaml"), pack_file("kubernetes/traffic.yaml")}), IsEmpty());
  count(istio("web", "cart"), 1);
  const Json answer = must(desk.service_graph({}));
  EXPECT_THAT(calls(answer), ElementsAre("k8s_service/prod/shop/web -> k8s_service/prod/shop/cart  relations"));
  EXPECT_THAT(answer["sources"].items()[1]["error"].string_or_empty(), HasSubstr("samples"));
}

TEST_F(ServiceDeskTest, IsATableInSql) {
  relate("k8s_pod/prod/shop/web-1", "calls", "k8s_service/prod/shop/cart");
  relate("k8s_job/prod/shop/report-1", "calls", "k8s_service/prod/shop/web");
  count(istio("web", "cart", "503"), 2);
  const ServiceCallsFunction function(*desk_);
  catalog::SqlEngine sql(catalog(), clock_, catalog::SqlEngineOptions{});
  must(sql.add(function));
  const Table table = must(
      sql.query("SELECT s.name, c.known_by, round(c.requests_per_second, 1), round(c.error_ratio, 1), c.p50_seconds "
                "FROM service_calls('5m') c JOIN k8s_service s ON s.id = c.callee ORDER BY s.name",
                clock_.now(), {}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_THAT(table.rows[0], ElementsAre(SqlValue("cart"), SqlValue(R"(["relations","istio"])"), SqlValue(2.0),
                                         SqlValue(1.0), SqlValue()));
  EXPECT_THAT(table.rows[1],
              ElementsAre(SqlValue("web"), SqlValue(R"(["relations"])"), SqlValue(), SqlValue(), SqlValue()));
  EXPECT_THAT(sql.query("SELECT * FROM service_calls('2y')", clock_.now(), {}).error().message,
              HasSubstr("2y is not within 1s to 1d"));
}

TEST_F(ServiceDeskTest, SaysWhereTheSqlOfADeclarationIsWrong) {
  const std::vector<Error> problems =
      desk_->load({{"own.yaml", "traffic: mine\ncalls: SELECT source AS caller FROM relation\n"}});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].where.file, "own.yaml");
  EXPECT_EQ(problems[0].where.line, 2);
  EXPECT_THAT(problems[0].message, HasSubstr("caller, callee"));
}

}  // namespace
}  // namespace capstan::loop
