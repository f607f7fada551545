// The sources that packs declare, a small world of names, and counters that ran for a while: for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "telemetry/promql/engine.h"
#include "telemetry/promql/fake_series_reader.h"
#include "traffic/counted_calls.h"

namespace capstan::traffic {

inline KindSpec kind_of_objects(std::string name, bool has_pods) {
  KindSpec kind{.name = std::move(name)};
  kind.objects = ObjectSpec{.identity = {"cluster", "namespace", "name"}};
  if (has_pods) kind.places.emplace("pod", JsonPath());
  return kind;
}

inline std::vector<KindSpec> test_kinds() {
  return {kind_of_objects("k8s_deployment", true), kind_of_objects("k8s_pod", true),
          kind_of_objects("k8s_service", false), kind_of_objects("k8s_stateful_set", true),
          kind_of_objects("k8s_daemon_set", true)};
}

// The first document of a pack's file.
inline Source pack_source(const std::string& pack) {
  const std::string path = std::string(CAPSTAN_SOURCE_DIR) + "/packs/" + pack + "/traffic.yaml";
  const TrafficText file{path, read_file(path).value()};
  const ReadTraffic read = read_traffic({&file, 1}, test_kinds(), nullptr);
  for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
  return read.book.sources.at(0);
}

class TrafficFixture : public testing::Test {
 protected:
  // A counter that grew by `per_second` in the last five minutes.
  void count(const std::string& name, Labels labels, double per_second) {
    labels.set(kMetricName, name);
    const int64_t now = to_unix_ms(clock_.now());
    for (int64_t second = -330; second <= 0; second += 15) {
      series_.add(labels, {now + second * 1000, 1000 + per_second * static_cast<double>(second + 330)});
    }
  }
  void know(const ResourceId& id, Names& names) const {
    names.add({.id = id, .kind = id.substr(0, id.find('/')), .name = "", .labels = {}, .fields = {}});
  }
  // Asked as the desk asks.
  std::vector<CountedCall> counted(const Source& source, const Names& names) const {
    const Questions questions = questions_of(source, std::chrono::minutes(5));
    Answers answers{.requests = ask(questions.requests),
                    .failed = ask(questions.failed),
                    .latency = ask(questions.latency),
                    .bytes = {}};
    for (const std::string& question : questions.bytes) {
      for (SeriesSample& sample : ask(question)) answers.bytes.push_back(std::move(sample));
    }
    return counted_calls(source, answers, names);
  }
  std::vector<SeriesSample> ask(const std::string& promql) const {
    std::vector<SeriesSample> samples;
    if (promql.empty()) return samples;
    const auto result = engine_.query(promql, clock_.now());
    if (!result) {
      ADD_FAILURE() << promql << ": " << result.error().to_string();
      return samples;
    }
    for (const Series& one : result->series) samples.push_back({one.labels, one.samples.front()});
    return samples;
  }

  VirtualClock clock_{from_unix_ms(1'800'000'000'000)};
  telemetry::FakeSeriesReader series_;
  telemetry::PromqlEngine engine_{series_, clock_};
  std::vector<KindSpec> kinds_ = test_kinds();
};

}  // namespace capstan::traffic
