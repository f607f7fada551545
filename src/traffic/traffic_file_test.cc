#include "traffic/traffic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "traffic/test_traffic.h"
#include "traffic/traffic_shelf.h"

namespace capstan::traffic {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kGood[] = R"(traffic: mesh
caller: { cluster: c, names: [{ label: a, namespace: an, kinds: pod }] }
callee: { names: [{ label: b, kinds: k8s_service }] }
requests: requests_total
)";

// Refuses what has "wrong" in it.
class PickySql final : public SqlSource {
 public:
  Result<Table> query(std::string_view, Time, const Options&) const override { return Table(); }
  Status check(std::string_view sql) const override {
    if (sql.find("wrong") == std::string_view::npos) return {};
    return fail(ErrorCode::kInvalidArgument, "no such column: wrong", {"query", 2, 8});
  }
};

ReadTraffic read(const std::string& text) {
  const TrafficText file{"traffic.yaml", text};
  return read_traffic({&file, 1}, test_kinds(), nullptr);
}

std::string problem_of(const std::string& text) {
  const ReadTraffic result = read(text);
  return result.problems.empty() ? "none" : result.problems.front().to_string();
}

TEST(TrafficFile, SaysWhereAMistakeIs) {
  EXPECT_EQ(problem_of(kGood), "none");
  EXPECT_THAT(problem_of(std::string(kGood) + "byte: x\n"),
              HasSubstr("traffic.yaml:5:1: unknown key 'byte' in a source of traffic (did you mean 'bytes'?)"));
  EXPECT_THAT(problem_of(std::string(kGood) + "failed: ['code=']\n"), HasSubstr("traffic.yaml:5:9: 'code='"));
  EXPECT_THAT(problem_of(std::string(kGood) + "failed: ['a=\"b\"} or x{']\n"), HasSubstr("no condition on labels"));
  EXPECT_THAT(problem_of(std::string(kGood) + "latency: { histogram: h, unit: hours }\n"), HasSubstr("'hours'"));
  EXPECT_THAT(problem_of(std::string(kGood) + "bytes: [\"x) or vector(1\"]\n"), HasSubstr("no name of a metric"));
  EXPECT_THAT(problem_of(std::string(kGood) + "once: { label: by }\n"), HasSubstr("'prefer' is missing"));
  EXPECT_THAT(problem_of(std::string(kGood) + "failed: ['a=\"b\"']\nfailed_requests: f\n"), HasSubstr("either"));
  EXPECT_THAT(
      problem_of("traffic: m\ncaller: { names: [{ label: a-b }] }\ncallee: { names: [{ label: b }] }\nrequests: r"),
      HasSubstr("traffic.yaml:2:28: 'a-b' is no name of a label"));
  EXPECT_THAT(
      problem_of("traffic: m\ncaller: { names: [{ label: a, kinds: k8s_servise }] }\ncallee: { names: [{ label: "
                 "b }] }\nrequests: r"),
      HasSubstr("did you mean 'k8s_service'?"));
  EXPECT_THAT(problem_of("traffic: m\ncaller: { names: [{ label: a }] }\ncallee: { names: [{ label: b }] }\n"),
              HasSubstr("needs 'requests' or 'bytes'"));
}

TEST(TrafficFile, LeavesAFileWithAMistakeOutAsAWhole) {
  EXPECT_TRUE(read(std::string(kGood) + "---\ntraffic: other\nrequests: 1\n").book.sources.empty());
}

TEST(TrafficFile, TakesAPlaceThatKindsHaveInCommonForAllOfThem) {
  EXPECT_THAT(read(kGood).book.sources.at(0).caller.names.at(0).kinds,
              ElementsAre("k8s_deployment", "k8s_pod", "k8s_stateful_set", "k8s_daemon_set"));
}

TEST(TrafficFile, ADocumentReplacesTheOneOfItsNameInAPack) {
  std::string own = kGood;
  own.replace(own.find("requests_total"), 14, "my_requests");
  const std::vector<TrafficText> files = {{"pack.yaml", kGood}, {"own.yaml", own}};
  const ReadTraffic both = read_traffic(files, test_kinds(), nullptr);
  ASSERT_EQ(both.book.sources.size(), 1u);
  EXPECT_EQ(both.book.sources[0].requests, "my_requests");
}

TEST(TrafficFile, ChecksItsSql) {
  const TrafficText file{"traffic.yaml",
                         "traffic: known\ncalls: SELECT 1 AS caller, 2 AS callee\nstands_for:\n  - SELECT wrong\n"};
  const PickySql sql;
  const ReadTraffic result = read_traffic({&file, 1}, test_kinds(), &sql);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_THAT(result.problems[0].to_string(), HasSubstr("in the SQL, which must give id, service: no such column"));
  EXPECT_EQ(result.problems[0].where.file, "traffic.yaml");
}

TEST(TrafficFile, ReadsWhatPacksDeclare) {
  EXPECT_EQ(pack_source("istio").once, "reporter");
  EXPECT_EQ(pack_source("linkerd").only.size(), 1u);
  EXPECT_EQ(pack_source("opentelemetry").failed_requests, "traces_service_graph_request_failed_total");
}

TEST(TrafficShelf, KeepsTheLastGoodVersionOfAFile) {
  TrafficShelf shelf;
  EXPECT_TRUE(shelf.load({{"traffic.yaml", kGood}}, test_kinds(), nullptr).empty());
  EXPECT_EQ(shelf.load({{"traffic.yaml", "traffic: [mesh"}}, test_kinds(), nullptr).size(), 1u);
  EXPECT_EQ(shelf.book()->sources.size(), 1u);
  EXPECT_TRUE(shelf.load({}, test_kinds(), nullptr).empty());
  EXPECT_TRUE(shelf.book()->sources.empty());
}

}  // namespace
}  // namespace capstan::traffic
