#include "connect/prometheus/scrape_loop.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>

namespace capstan::prometheus {
namespace {

// Answers at once with the page of an address; addresses without a page hang until they are let go.
class FakeFetcher final : public HttpFetcher {
 public:
  void start(HttpRequest request, Done done) override {
    ++started[request.url];
    const auto page = pages.find(request.url);
    if (page == pages.end()) {
      hanging.push_back(std::move(done));
    } else {
      done(page->second);
    }
  }
  std::map<std::string, Result<HttpResponse>> pages;
  std::map<std::string, int> started;
  std::vector<Done> hanging;
};

class FakeSink final : public SampleSink {
 public:
  Status append(const std::vector<SeriesSample>& samples) override {
    std::lock_guard lock(mutex);
    if (full) return fail(ErrorCode::kResourceExhausted, "too many series");
    for (const SeriesSample& one : samples) last[one.labels.to_string()] = one.sample;
    return {};
  }
  std::mutex mutex;
  bool full = false;
  std::map<std::string, Sample> last;
};

Result<HttpResponse> page(std::string body) {
  return HttpResponse{200, {{"Content-Type", "text/plain"}}, std::move(body)};
}

class ScrapeLoopTest : public testing::Test {
 protected:
  void apply(std::string_view yaml) {
    const auto documents = parse_yaml(yaml, (directory / "capstan.yaml").string());
    auto config = read_scrape_config(documents->front());
    ASSERT_TRUE(config.has_value()) << config.error().to_string();
    EXPECT_TRUE(loop.apply(std::move(*config)).empty());
  }
  // Lets a whole interval pass, so that every target had its turn.
  void round(Duration interval = Duration(10'000)) {
    for (int i = 0; i < 10; ++i) {
      clock.advance(interval / 10);
      loop.tick();
    }
    drain();
  }
  void drain() {
    std::promise<void> done;
    ASSERT_TRUE(workers.try_run([&] { done.set_value(); }));  // One worker: what came before is done.
    done.get_future().wait();
  }
  double value(const std::string& series) {
    std::lock_guard lock(sink.mutex);
    const auto found = sink.last.find(series);
    return found == sink.last.end() ? -1 : found->second.value;
  }
  bool stale(const std::string& series) { return is_stale(value(series)); }

  void SetUp() override {
    std::string name = "/tmp/capstan-scrape-XXXXXX";
    directory = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
  VirtualClock clock{from_unix_ms(1'700'000'000'000)};
  FakeFetcher fetcher;
  FakeSink sink;
  WorkerPool workers{1, 100};
  ScrapeLoop loop{{fetcher, workers, sink, clock}};
};

constexpr std::string_view kTwo = "{targets: ['a:1', 'b:1'], scrape_interval: 10s}";

TEST_F(ScrapeLoopTest, WritesWhatTheTargetSaysAndHowItWent) {
  fetcher.pages = {{"http://a:1/metrics", page("x{y=\"z\"} 5\njobs 3\n")}};
  apply("{targets: ['a:1'], scrape_interval: 10s, labels: {rack: r}}");
  round();
  EXPECT_EQ(value(R"(x{instance="a:1",job="scrape",rack="r",y="z"})"), 5);
  EXPECT_EQ(value(R"(up{instance="a:1",job="scrape",rack="r"})"), 1);
  EXPECT_EQ(value(R"(scrape_samples_scraped{instance="a:1",job="scrape",rack="r"})"), 2);
  EXPECT_EQ(value(R"(scrape_series_added{instance="a:1",job="scrape",rack="r"})"), 2);
  round();
  EXPECT_EQ(value(R"(scrape_series_added{instance="a:1",job="scrape",rack="r"})"), 0);
}

TEST_F(ScrapeLoopTest, ATargetThatHangsHoldsUpNoOther) {
  fetcher.pages = {{"http://b:1/metrics", page("x 1\n")}};
  apply(kTwo);
  round();
  round();
  EXPECT_EQ(value(R"(x{instance="b:1",job="scrape"})"), 1);
  EXPECT_EQ(fetcher.started["http://b:1/metrics"], 2);
  EXPECT_EQ(fetcher.started["http://a:1/metrics"], 1);  // Still under way: no second is begun.
}

TEST_F(ScrapeLoopTest, MarksSeriesThatEnded) {
  fetcher.pages = {{"http://a:1/metrics", page("x 1\ny 1\n")}};
  apply("{targets: ['a:1'], scrape_interval: 10s}");
  round();
  fetcher.pages = {{"http://a:1/metrics", page("x 2\n")}};
  round();
  EXPECT_EQ(value(R"(x{instance="a:1",job="scrape"})"), 2);
  EXPECT_TRUE(stale(R"(y{instance="a:1",job="scrape"})"));
}

TEST_F(ScrapeLoopTest, AFailedScrapeEndsAllSeriesAndSaysWhy) {
  fetcher.pages = {{"http://a:1/metrics", page("x 1\n")}};
  apply("{targets: ['a:1'], scrape_interval: 10s}");
  round();
  fetcher.pages.insert_or_assign("http://a:1/metrics", page("x 1\ngarbage here\n"));
  round();
  EXPECT_TRUE(stale(R"(x{instance="a:1",job="scrape"})"));
  EXPECT_EQ(value(R"(up{instance="a:1",job="scrape"})"), 0);
  EXPECT_EQ(loop.targets().front().health, TargetHealth::kDown);
  EXPECT_EQ(loop.targets().front().error, "line 2:9: 'here' is no number");
}

TEST_F(ScrapeLoopTest, RespectsLimits) {
  fetcher.pages = {{"http://a:1/metrics", page("x 1\ny 1\n")}};
  apply("{targets: ['a:1'], scrape_interval: 10s, sample_limit: 1}");
  round();
  EXPECT_NE(loop.targets().front().error.find("sample_limit 1"), std::string::npos);
  EXPECT_EQ(value(R"(x{instance="a:1",job="scrape"})"), -1);
}

TEST_F(ScrapeLoopTest, CountsWhatRelabellingDrops) {
  std::string lines;
  for (int i = 0; i <= 1'000'000; ++i) lines += "y 1\n";
  fetcher.pages = {{"http://a:1/metrics", page(std::move(lines))}};
  apply(
      "{targets: ['a:1'], scrape_interval: 10s, metric_relabel_configs: [{source_labels: [__name__], regex: y, action: "
      "drop}]}");
  round();
  EXPECT_EQ(loop.targets().front().error, "metric_relabel_configs drop more than 1000000 samples");
}

TEST_F(ScrapeLoopTest, SkipsPagesWhileTooManyWaitToBeRead) {
  const std::string body = "x 1\n# " + std::string(1000, 'x') + "\n";
  fetcher.pages = {{"http://a:1/metrics", page(body)}, {"http://b:1/metrics", page(body)}};
  ScrapeLoop narrow({fetcher, workers, sink, clock, 1500});
  const auto documents = parse_yaml(kTwo, "capstan.yaml");
  EXPECT_TRUE(narrow.apply(*read_scrape_config(documents->front())).empty());
  std::promise<void> busy;
  ASSERT_TRUE(workers.try_run([done = busy.get_future().share()] { done.wait(); }));
  for (int i = 0; i < 10; ++i) {
    clock.advance(Duration(1'000));
    narrow.tick();
  }
  busy.set_value();
  drain();
  const auto skipped = [&] {
    return std::ranges::count(narrow.targets(), "skipped: too much waits for the workers", &TargetStatus::error);
  };
  EXPECT_EQ(skipped(), 1);
  for (int i = 0; i < 1'000; ++i) {  // The workers have caught up: each page is read before the next comes.
    clock.advance(Duration(10));
    narrow.tick();
    drain();
  }
  EXPECT_EQ(skipped(), 0);
}

TEST_F(ScrapeLoopTest, SaysThatTheStoreIsFull) {
  fetcher.pages = {{"http://a:1/metrics", page("x 1\n")}};
  sink.full = true;
  apply("{targets: ['a:1'], scrape_interval: 10s}");
  round();
  EXPECT_NE(loop.targets().front().error.find("too many series"), std::string::npos);
}

TEST_F(ScrapeLoopTest, KeepsUnchangedTargetsThroughAReloadAndRetiresThoseThatGo) {
  fetcher.pages = {{"http://a:1/metrics", page("x 1\n")}, {"http://b:1/metrics", page("x 1\n")}};
  apply(kTwo);
  round();
  apply("{targets: ['a:1', 'c:1'], scrape_interval: 10s}");
  drain();
  EXPECT_TRUE(stale(R"(x{instance="b:1",job="scrape"})"));
  EXPECT_TRUE(stale(R"(up{instance="b:1",job="scrape"})"));
  round();
  EXPECT_EQ(value(R"(scrape_series_added{instance="a:1",job="scrape"})"), 0);  // Its series went on.
  EXPECT_EQ(fetcher.started["http://a:1/metrics"], 2);
}

TEST_F(ScrapeLoopTest, JoinsLabelsAsHonorLabelsWants) {
  fetcher.pages = {{"http://a:1/metrics", page("x{job=\"own\"} 1\n")}};
  apply("{targets: ['a:1'], scrape_interval: 10s}");
  round();
  EXPECT_EQ(value(R"(x{exported_job="own",instance="a:1",job="scrape"})"), 1);
  apply("{targets: ['a:1'], scrape_interval: 10s, honor_labels: true}");
  round();
  EXPECT_EQ(value(R"(x{instance="a:1",job="own"})"), 1);
  EXPECT_TRUE(stale(R"(x{exported_job="own",instance="a:1",job="scrape"})"));
}

TEST_F(ScrapeLoopTest, AppliesMetricRelabelling) {
  fetcher.pages = {{"http://a:1/metrics", page("x 1\ny 1\n")}};
  apply(
      "{targets: ['a:1'], scrape_interval: 10s, metric_relabel_configs: [{source_labels: [__name__], regex: y, action: "
      "drop}]}");
  round();
  EXPECT_EQ(value(R"(y{instance="a:1",job="scrape"})"), -1);
  EXPECT_EQ(value(R"(scrape_samples_scraped{instance="a:1",job="scrape"})"), 2);
  EXPECT_EQ(value(R"(scrape_samples_post_metric_relabeling{instance="a:1",job="scrape"})"), 1);
}

TEST_F(ScrapeLoopTest, FollowsDiscoveryFilesAndKeepsTheLastGoodVersion) {
  const auto write = [&](std::string_view text) { std::ofstream(directory / "t.json") << text; };
  write(R"([{"targets": ["a:1"], "labels": {"zone": "z"}}])");
  fetcher.pages = {{"http://a:1/metrics", page("x 1\n")}};
  apply("{file_sd_configs: [{files: ['*.json']}], scrape_interval: 10s}");
  ASSERT_EQ(loop.targets().size(), 1u);
  EXPECT_EQ(loop.targets().front().labels.get("zone"), "z");
  write(R"([{"targets": ["a:1", "b:1"]}] broken)");
  EXPECT_EQ(loop.refresh_files().size(), 1u);
  EXPECT_EQ(loop.targets().size(), 1u);
  write(R"([{"targets": ["a:1", "b:1", "c:1"]}])");
  EXPECT_TRUE(loop.refresh_files().empty());
  EXPECT_EQ(loop.targets().size(), 3u);
}

TEST_F(ScrapeLoopTest, OneScrapeMakesUpForAllThatAPauseMissed) {
  fetcher.pages = {{"http://a:1/metrics", page("x 1\n")}};
  apply("{targets: ['a:1'], scrape_interval: 10s}");
  clock.advance(Duration(3'600'000));
  loop.tick();
  loop.tick();
  drain();
  EXPECT_EQ(fetcher.started["http://a:1/metrics"], 1);
}

TEST_F(ScrapeLoopTest, ShowsTargetsAsResources) {
  apply(kTwo);
  const Observation look = loop.observe();
  ASSERT_EQ(look.resources.size(), 2u);
  EXPECT_EQ(look.resources[0].id, "prometheus_target/scrape/a:1");
  EXPECT_EQ(look.resources[0].fields["health"].string_or_empty(), "unknown");
  EXPECT_EQ(look.complete_kinds, std::vector<std::string>{"prometheus_target"});
}

TEST_F(ScrapeLoopTest, ParametersDoNotBecomeFacts) {
  const std::string one =
      "static_configs: [{targets: ['a:1']}], relabel_configs: [{target_label: job, replacement: j}]";
  apply("{scrape_configs: [{job_name: x, params: {token: [s1]}, " + one + "}, {job_name: y, params: {token: [s2]}, " +
        one + "}, {job_name: z, params: {token: [s3]}, " + one + "}]}");
  const Observation look = loop.observe();
  ASSERT_EQ(look.resources.size(), 3u);
  EXPECT_EQ(look.resources[0].id, "prometheus_target/j/a:1");
  EXPECT_EQ(look.resources[1].id, "prometheus_target/j/a:1?http://a:1/metrics");
  EXPECT_EQ(look.resources[2].id, "prometheus_target/j/a:1?http://a:1/metrics#2");
  for (const Resource& resource : look.resources) {
    EXPECT_EQ(resource.fields["url"].string_or_empty(), "http://a:1/metrics");
  }
  clock.advance(Duration(60'000));
  loop.tick();
  EXPECT_EQ(fetcher.started.count("http://a:1/metrics?token=s3"), 1u);
}

}  // namespace
}  // namespace capstan::prometheus
