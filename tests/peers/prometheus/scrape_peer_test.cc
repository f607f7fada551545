#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/http_fetcher.h"
#include "connect/prometheus/scrape_loop.h"
#include "peer_process.h"

namespace capstan::peers {
namespace {

class Collected final : public SampleSink {
 public:
  Status append(const std::vector<SeriesSample>& samples) override {
    std::lock_guard lock(mutex_);
    for (const SeriesSample& one : samples) values_[one.labels] = one.sample.value;
    return {};
  }
  std::map<Labels, double> values() const {
    std::lock_guard lock(mutex_);
    return values_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<Labels, double> values_;
};

Labels labels_of(const Json& object) {
  std::vector<Labels::Pair> pairs;
  for (const auto& [name, value] : object.members()) pairs.emplace_back(name, value.string_or_empty());
  return Labels(std::move(pairs));
}

// One scrape of the exporter by our own loop.
std::map<Labels, double> scrape_once(const std::string& address) {
  const auto documents = parse_yaml("{job_name: node, scrape_interval: 1s, targets: ['" + address + "']}", "peer.yaml");
  auto config = prometheus::read_scrape_config(documents->front());
  const SystemClock clock;
  Collected sink;
  CurlHttpFetcher fetcher;
  WorkerPool workers(1, 10);
  prometheus::ScrapeLoop loop({fetcher, workers, sink, clock});
  EXPECT_TRUE(loop.apply(std::move(*config)).empty());
  for (int i = 0; i < 100 && loop.targets().front().health == prometheus::TargetHealth::kUnknown; ++i) {
    loop.tick();
    PrometheusPeer::pause();
  }
  EXPECT_EQ(loop.targets().front().error, "");
  return sink.values();
}

// What Prometheus has now for the same target, by series.
std::map<Labels, std::pair<double, double>> ask(PrometheusPeer& peer) {
  const Json answer = peer.get_until("/api/v1/query?query=%7Bjob%3D%22node%22%7D",
                                     [](const Json& data) { return data["result"].items().size() > 100; });
  std::map<Labels, std::pair<double, double>> values;
  for (const Json& one : answer["result"].items()) {
    const Json::Array& pair = one["value"].items();
    values[labels_of(one["metric"])] = {pair[0].number_or(0), std::strtod(pair[1].string_or_empty().c_str(), nullptr)};
  }
  return values;
}

bool is_counter(const Labels& labels) {
  const std::string_view name = labels.get(kMetricName);
  return name.ends_with("_total") || name.ends_with("_count") || name.ends_with("_bucket");
}

TEST(ScrapePeer, TheSameExporterGivesTheSameSeriesAndCountersInBetween) {
  PrometheusPeer peer("groups: []");
  const auto before = scrape_once(peer.exporter());
  // What Prometheus scraped after our first scrape: its own count of scrapes has gone on by two.
  PrometheusPeer::pause();
  for (int i = 0; i < 25; ++i) PrometheusPeer::pause();
  const auto theirs = ask(peer);
  const auto after = scrape_once(peer.exporter());

  std::set<Labels> ours, others;
  for (const auto& [labels, value] : after) ours.insert(labels);
  for (const auto& [labels, value] : theirs) others.insert(labels);
  std::vector<Labels> only_ours, only_theirs;
  std::ranges::set_difference(ours, others, std::back_inserter(only_ours));
  std::ranges::set_difference(others, ours, std::back_inserter(only_theirs));
  for (const Labels& one : only_ours) ADD_FAILURE() << "only ours: " << one.to_string();
  for (const Labels& one : only_theirs) ADD_FAILURE() << "only theirs: " << one.to_string();

  size_t counters = 0;
  size_t constants = 0;
  for (const auto& [labels, theirs_now] : theirs) {
    const auto low = before.find(labels);
    const auto high = after.find(labels);
    if (low == before.end() || high == after.end()) continue;
    if (is_counter(labels)) {
      ++counters;
      EXPECT_LE(low->second, theirs_now.second) << labels.to_string();
      EXPECT_GE(high->second, theirs_now.second) << labels.to_string();
    } else if (low->second == high->second) {
      ++constants;
    }
  }
  EXPECT_GT(counters, 50u);
  EXPECT_GT(constants, 50u);
  std::printf("%zu series, %zu counters bracketed\n", theirs.size(), counters);
}

}  // namespace
}  // namespace capstan::peers
