#include "connect/prometheus/scrape_config.h"

#include <gtest/gtest.h>

#include "connect/prometheus/target.h"

namespace capstan::prometheus {
namespace {

Result<ScrapeConfig> read(std::string_view yaml) {
  const auto documents = parse_yaml(yaml, "/etc/capstan/capstan.yaml");
  if (!documents) return fail(documents.error());
  return read_scrape_config(*documents->front().find("scrape"));
}

std::string error_of(std::string_view yaml) {
  const auto config = read(yaml);
  return config ? "" : config.error().to_string();
}

std::optional<Target> only_target(const ScrapeConfig& config) {
  const auto job = std::make_shared<const ScrapeJob>(config.jobs.front());
  auto target = make_target(job, job->groups.front().targets.front(), job->groups.front().labels);
  EXPECT_TRUE(target.has_value()) << (target ? "" : target.error().message);
  return target.value_or(std::nullopt);
}

TEST(ScrapeConfig, TakesTwoLines) {
  const auto config = read("scrape:\n  targets: [ \"localhost:9100\" ]\n");
  ASSERT_TRUE(config.has_value()) << config.error().to_string();
  const auto target = only_target(*config);
  EXPECT_EQ(target->url, "http://localhost:9100/metrics");
  EXPECT_EQ(target->labels.to_string(), R"({instance="localhost:9100",job="scrape"})");
}

TEST(ScrapeConfig, TakesWhatPrometheusTakes) {
  const auto config = read(R"(
scrape:
  global: { scrape_interval: 10s, external_labels: { site: a } }
  scrape_configs:
    - job_name: node
      scrape_timeout: 5s
      metrics_path: /m
      scheme: https
      params: { "match[]": ["a b", c] }
      honor_labels: true
      basic_auth: { username: u, password_file: secret }
      tls_config: { ca_file: ca.pem, insecure_skip_verify: true }
      body_size_limit: 10MB
      sample_limit: 7
      static_configs: [ { targets: ["h:1"], labels: { rack: r } } ]
      file_sd_configs: [ { files: ["t/*.json"], refresh_interval: 1m } ]
      relabel_configs:
        - { source_labels: [__address__], regex: '(.*):.*', target_label: instance, replacement: '$1' }
)");
  ASSERT_TRUE(config.has_value()) << config.error().to_string();
  const ScrapeJob& job = config->jobs.front();
  EXPECT_EQ(job.interval, Duration(10'000));
  EXPECT_EQ(job.timeout, Duration(5'000));
  EXPECT_EQ(job.body_size_limit, 10u << 20);
  EXPECT_EQ(job.credentials.password_file, "/etc/capstan/secret");
  EXPECT_EQ(job.tls.ca_file, "/etc/capstan/ca.pem");
  EXPECT_EQ(job.discovery_files.front(), "/etc/capstan/t/*.json");
  EXPECT_EQ(config->external_labels.get("site"), "a");
  const auto target = only_target(*config);
  EXPECT_EQ(target->url, "https://h:1/m?match%5B%5D=a%20b&match%5B%5D=c");
  EXPECT_EQ(target->labels.to_string(), R"({instance="h",job="node",rack="r"})");
}

TEST(ScrapeConfig, NamesWhatItDoesNotServe) {
  EXPECT_NE(error_of("scrape:\n  scrape_configs:\n  - job_name: a\n    consul_sd_configs: []\n")
                .find("capstan.yaml:4:5: 'consul_sd_configs' is a Prometheus setting that is not supported here"),
            std::string::npos);
  EXPECT_NE(error_of("scrape:\n  scrape_configs: []\n  remote_write: []\n").find("not supported here"),
            std::string::npos);
}

TEST(ScrapeConfig, SaysWhereAndWhatWasExpected) {
  EXPECT_NE(error_of("scrape:\n  targets: [a]\n  scrape_intervall: 5s\n").find("did you mean 'scrape_interval'"),
            std::string::npos);
  EXPECT_NE(error_of("scrape:\n  targets: [\"http://a:1/m\"]\n").find("without a scheme or path"), std::string::npos);
  EXPECT_NE(error_of("scrape:\n  targets: [a]\n  scrape_interval: 5s\n  scrape_timeout: 9s\n").find("must not exceed"),
            std::string::npos);
  EXPECT_NE(error_of("scrape:\n  scrape_configs:\n  - { job_name: a }\n  - { job_name: a }\n").find("appears twice"),
            std::string::npos);
  EXPECT_NE(error_of("scrape:\n  targets: [a]\n  authorization: {}\n").find("credentials"), std::string::npos);
}

TEST(ScrapeConfig, RefusesAPasswordInAnAddressWithoutRepeatingIt) {
  for (const std::string_view yaml : {"scrape:\n  targets: [\"u:secret@a:1\"]\n",
                                      "scrape:\n  scrape_configs:\n  - job_name: a\n    static_configs: [ { targets: "
                                      "[\"u:secret@a:1\"] } ]\n"}) {
    const std::string error = error_of(yaml);
    EXPECT_NE(error.find("belong in basic_auth"), std::string::npos) << error;
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
  }
  const auto config = read(R"(
scrape:
  targets: [a]
  relabel_configs: [ { target_label: __address__, replacement: 'u:secret@a:1' } ]
)");
  ASSERT_TRUE(config.has_value()) << config.error().to_string();
  const auto target = make_target(std::make_shared<const ScrapeJob>(config->jobs.front()), "a", {});
  ASSERT_FALSE(target.has_value());
  EXPECT_EQ(target.error().message, "target a of job scrape: relabelling gives an address with '@'");
}

TEST(ScrapeConfig, SpreadsTargetsOverTheInterval) {
  const auto config = read("scrape:\n  targets: [a]\n  scrape_interval: 15s\n");
  const auto job = std::make_shared<const ScrapeJob>(config->jobs.front());
  std::vector<int> tenths(10);
  for (int i = 0; i < 1000; ++i) {
    const auto target = make_target(job, "host" + std::to_string(i) + ":9100", {});
    ASSERT_LT((**target).offset(), Duration(15'000));
    ++tenths[static_cast<size_t>((**target).offset().count() / 1500)];
  }
  for (int count : tenths) EXPECT_GT(count, 50);
}

}  // namespace
}  // namespace capstan::prometheus
