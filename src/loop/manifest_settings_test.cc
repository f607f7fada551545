#include "loop/manifest_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loop/drift_finding.h"

namespace capstan::loop {
namespace {

using ::testing::HasSubstr;

Result<std::vector<ManifestSettings>> read(std::string_view text) {
  return read_manifest_settings(parse_yaml(text, "s.yaml").value().front());
}

TEST(ManifestSettings, AreRead) {
  const auto all = read("[{name: shop, repository: /srv/shop, ref: main, path: deploy, token: env:T, every: 5m}]");
  ASSERT_TRUE(all) << all.error().to_string();
  EXPECT_EQ(all->front().every, Duration(300'000));
  EXPECT_EQ(all->front().token_reference, "env:T");
  EXPECT_EQ(all->front().space, "default");
}

TEST(ManifestSettings, ThatCouldReachElsewhereAreRefusedWithTheirPlace) {
  const auto refused = [](std::string_view text) { return read(text).error().to_string(); };
  EXPECT_THAT(refused("[{name: a, repository: 'https://u:hunter2@x/y'}]"), HasSubstr("s.yaml:1:24: "));
  EXPECT_THAT(refused("[{name: a, repository: 'https://u:hunter2@x/y'}]"), testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(refused("[{name: a, repository: /x, path: ../y}]"), HasSubstr("must lie within the repository"));
  EXPECT_THAT(refused("[{name: a, repository: /x, ref: --x}]"), HasSubstr("no branch or tag"));
  EXPECT_THAT(refused("[{name: a, repository: /x, token: secret}]"), HasSubstr("must refer to a secret"));
  EXPECT_THAT(refused("[{name: a, repository: /x, every: 1s}]"), HasSubstr("at least 5s"));
  EXPECT_THAT(refused("[{name: a, repository: /x}, {name: a, repository: /y}]"), HasSubstr("two manifests"));
}

TEST(DriftFindings, AreStableAndGraveOnlyWhereAnObjectIsMissing) {
  drift::DriftReport report;
  report.drifts.push_back({.id = "k8s_service/c/n/web", .kind = "Service", .name = "web", .where = {"a.yaml", 3, 1}});
  report.drifts[0].fields.push_back({.difference = {.path = {"spec", "type"}, .should = "A", .is = "B"}});
  report.drifts.push_back({.id = "k8s_pod/c/n/p", .kind = "Pod", .name = "p", .state = drift::ObjectState::kMissing});
  report.drifts.push_back({.id = "k8s_pod/c/n/q", .state = drift::ObjectState::kNotCompared});
  const std::vector<Finding> findings = drift_findings(report, "shop", "0123456789", from_unix_ms(5));
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].severity, Severity::kLow);
  EXPECT_TRUE(findings[0].is_advice);
  EXPECT_EQ(findings[0].says,
            R"(Service web is not as shop@01234567 (a.yaml:3) says: spec.type is "B", should be "A")");
  EXPECT_EQ(findings[0].evidence.size(), 1u);
  EXPECT_EQ(findings[1].severity, Severity::kMedium);
  EXPECT_EQ(findings[0].id, drift_findings(report, "shop", "other", from_unix_ms(9))[0].id);
}

}  // namespace
}  // namespace capstan::loop
