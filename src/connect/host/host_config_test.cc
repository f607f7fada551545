#include "connect/host/host_config.h"

#include <gtest/gtest.h>

namespace capstan::host {
namespace {

Result<HostConfig> parse(std::string_view text) {
  const auto documents = parse_yaml(text, "host.yaml");
  EXPECT_TRUE(documents);
  return parse_host_config(documents->front());
}

TEST(HostConfig, ReadsServicesLogsAndScripts) {
  const auto config = parse(R"(
name: web1
services:
  - {name: web, match: {exe: nginx, port: 80}, start: nginx, stop: nginx -s quit, user: www-data, wanted: running}
logs: ["/var/log/*.log", {path: /srv/*.log, labels: {app: shop}}]
scripts: {directory: /etc/capstan/scripts, user: ops}
work: {window: 8s}
)");
  ASSERT_TRUE(config) << config.error().to_string();
  EXPECT_EQ(config->name, "web1");
  ASSERT_EQ(config->services.size(), 1u);
  EXPECT_EQ(config->services[0].match.port, 80);
  ASSERT_EQ(config->logs.size(), 2u);
  EXPECT_EQ(config->logs[1].labels[0].second, "shop");
  EXPECT_EQ(config->script_user, "ops");
  EXPECT_EQ(config->work.window, Duration(8'000));
}

TEST(HostConfig, HasLogsWhereNothingIsSaid) {
  EXPECT_EQ(parse("name: x")->logs.size(), default_host_config().logs.size());
}

TEST(HostConfig, SaysWhereAMistakeIs) {
  const auto wrong = parse("name: x\nservices:\n  - {name: web, match: {exee: nginx}}\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().where.line, 3);
  EXPECT_NE(wrong.error().message.find("exe"), std::string::npos);
  EXPECT_FALSE(parse("logs: [relative.log]"));
  EXPECT_FALSE(parse("services: [{name: a, match: {}}]"));
  EXPECT_FALSE(parse("services: [{name: a, match: {exe: x}}, {name: a, match: {exe: y}}]"));
  EXPECT_FALSE(parse("services: {name: a}"));
  EXPECT_FALSE(parse("work: {busy_share: 7}"));
}

}  // namespace
}  // namespace capstan::host
