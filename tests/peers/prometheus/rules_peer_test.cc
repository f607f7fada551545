#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/http_fetcher.h"
#include "connect/prometheus/scrape_loop.h"
#include "detect/detector.h"
#include "peer_process.h"
#include "telemetry/metrics/metric_store.h"
#include "telemetry/promql/engine.h"
#include "telemetry/promql/signal_source.h"

namespace capstan::peers {
namespace {

// Alerts whose labels and annotations depend on nothing that changes between two looks.
constexpr std::string_view kRules = R"yaml(
groups:
  - name: peers
    rules:
      - alert: Plain
        expr: up{job="node"} == 1
        labels: { severity: page, where: "{{ $labels.job }}-x" }
        annotations: { summary: "{{ $labels.instance }} of {{ .Labels.job }} says {{ $value }}", empty: "[{{ $labels.none }}]" }
      - alert: Numbers
        expr: label_replace(vector(1234567.891), "a", "b", "", "")
        annotations:
          plain: "{{ $value }}"
          printf: '{{ printf "%.2f|%10.1f|%-12.3f|%e|%g|%d|%s" $value $value $value $value $value $value $value }}'
          humanize: "{{ $value | humanize }} {{ humanize1024 $value }} {{ humanizeDuration $value }} {{ humanizePercentage $value }}"
          timestamp: "{{ humanizeTimestamp 1435065584.128 }}"
      - alert: Small
        expr: vector(0.000123)
        annotations: { a: "{{ $value }} {{ $value | humanize }} {{ $value | humanize1024 }} {{ $value | humanizeDuration }} {{ humanizePercentage $value }}" }
      - alert: Negative
        expr: vector(-90061.5)
        annotations: { a: "{{ $value }} {{ humanize $value }} {{ humanizeDuration $value }} {{ humanize1024 $value }}" }
      - alert: Special
        expr: vector(+Inf)
        annotations: { a: "{{ $value }} {{ humanize $value }} {{ humanizeDuration $value }} {{ humanizePercentage $value }}" }
      - alert: Choice
        expr: vector(7)
        annotations:
          a: '{{ if gt $value 5.0 }}high{{ else if gt $value 3.0 }}middle{{ else }}low{{ end }}'
          b: '{{ if and (gt $value 5.0) (lt $value 10.0) }}both{{ end }}{{ if or false (eq $value 7.0) }} or{{ end }}{{ if not (ne $value 7.0) }} not{{ end }}'
          c: '{{ with $labels.none }}x{{ else }}none{{ end }}{{ with $x := "v" }}{{ $x }}{{ . }}{{ end }}'
      - alert: Queries
        expr: vector(1)
        annotations:
          first: '{{ with query "up{job=\"node\"}" }}{{ . | first | value | printf "%.0f" }} {{ . | first | label "job" }}{{ end }}'
          range: '{{ range $i, $s := query "up{job=\"node\"}" }}{{ $i }}:{{ $s.Labels.job }}={{ $s.Value }};{{ end }}'
          sorted: '{{ range query "node_cpu_seconds_total{cpu=\"0\"} * 0" | sortByLabel "mode" }}{{ .Labels.mode }},{{ end }}'
          none: '{{ range query "nothing_at_all" }}x{{ else }}empty{{ end }}'
      - alert: Texts
        expr: label_replace(vector(1), "host", "web1.example.org:9100", "", "")
        annotations:
          replace: '{{ reReplaceAll "(.*)\\.example\\.org:(\\d+)" "$2/${1}" $labels.host }}'
          case: '{{ title "hello big world" }} {{ toUpper "aBc" }} {{ "aBc" | toLower }}'
          match: '{{ match "web[0-9]" $labels.host }} {{ match "^x" $labels.host }}'
          strip: '{{ stripPort $labels.host }} {{ stripDomain $labels.host }} {{ stripDomain "10.0.0.1:80" }}'
          print: '{{ print 1 2 "x" 3 }} {{ len $labels.host }} {{ index $labels "host" }} {{ $labels }}'
          links: '{{ graphLink "up > 0" }} {{ tableLink "up" }} {{ externalURL }} {{ pathPrefix }} {{ $externalLabels.site }}'
          duration: '{{ parseDuration "1h30m" | humanizeDuration }}'
      - alert: Trimmed
        expr: vector(1)
        annotations:
          a: "a {{- /* c */ -}} b {{- 1 -}}   c"
          b: '{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}'
      - alert: Broken
        expr: vector(1)
        annotations: { a: '{{ query "nothing_at_all" | first | value }}', b: still }
      - alert: Waits
        expr: vector(1)
        for: 1h
        labels: { severity: low }
        annotations: { a: "{{ $value }}" }
      - alert: Uname
        expr: node_uname_info
        annotations: { a: "{{ $labels.sysname }} {{ $labels.machine }} {{ $labels.instance }} {{ $labels.__name__ }}" }
)yaml";

class NoSql final : public SqlSource {
 public:
  Result<Table> query(std::string_view, Time, const Options&) const override { return Table{}; }
  Status check(std::string_view) const override { return {}; }
};
class NoLogs final : public LogSource {
 public:
  Result<std::vector<LogLine>> lines(const LogQuery&) const override { return std::vector<LogLine>{}; }
  Result<std::vector<LogTemplate>> templates(const LogQuery&) const override { return std::vector<LogTemplate>{}; }
};

// An alert as text: state, labels and annotations. Texts of errors are worded differently and compared by their start.
std::string describe(std::string_view state, const Labels& labels, const Labels& annotations) {
  std::string text = std::string(state) + " " + labels.to_string() + "\n";
  for (const auto& [name, value] : annotations) {
    const bool error = value.starts_with("<error expanding template:");
    text += "  " + name + ": " + (error ? "<error expanding template>" : value) + "\n";
  }
  return text;
}

Labels labels_of(const Json& object) {
  std::vector<Labels::Pair> pairs;
  for (const auto& [name, value] : object.members()) pairs.emplace_back(name, value.string_or_empty());
  return Labels(std::move(pairs));
}

size_t alerts_in(const Json& data) {
  size_t count = 0;
  for (const Json& rule : data["groups"].items().empty() ? Json::Array{} : data["groups"].items()[0]["rules"].items()) {
    count += rule["alerts"].items().empty() ? 0 : 1;
  }
  return count;
}

TEST(RulesPeer, TheSameRuleFileGivesTheSameAlertsLabelsAndAnnotations) {
  PrometheusPeer peer(kRules);
  const SystemClock clock;
  auto store = telemetry::MetricStore::open(peer.directory() / "ours", {}, clock);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  const telemetry::PromqlEngine engine(**store, clock);
  const telemetry::PromqlSignalSource signals(engine);
  const NoSql sql;
  const NoLogs logs;

  {
    CurlHttpFetcher fetcher;
    WorkerPool workers(1, 10);
    prometheus::ScrapeLoop loop({fetcher, workers, **store, clock});
    const auto documents =
        parse_yaml("{job_name: node, scrape_interval: 1s, targets: ['" + peer.exporter() + "']}", "peer.yaml");
    loop.apply(*prometheus::read_scrape_config(documents->front()));
    for (int i = 0; i < 100 && loop.targets().front().health == prometheus::TargetHealth::kUnknown; ++i) {
      loop.tick();
      PrometheusPeer::pause();
    }
  }

  detect::DetectorOptions options;
  options.external_labels = Labels{{"site", "lab"}};
  options.external_url = "http://peer.example/p";
  const detect::RuleFile rules = detect::read_rule_file(kRules, "rules.yaml", signals);
  ASSERT_TRUE(rules.problems.empty()) << rules.problems.front().to_string();
  ASSERT_GE(rules.groups.front().rules.size(), 10u);
  std::set<std::string> ours;
  const Time now = clock.now();
  for (const detect::MetricRule& rule : rules.groups.front().rules) {
    const auto samples = signals.query(rule.expression, now);
    ASSERT_TRUE(samples.has_value()) << rule.name << ": " << samples.error().to_string();
    detect::AlertState state;
    const auto stepped =
        detect::step_alerts(rule, *samples, {{&signals, now}, options.external_labels, options.external_url, 0}, state);
    ASSERT_TRUE(stepped.has_value()) << stepped.error().to_string();
    for (const auto& [labels, alert] : state.alerts) {
      const bool firing = alert.state == detect::ActiveAlert::State::kFiring;
      ours.insert(describe(firing ? "firing" : "pending", alert.labels, alert.annotations));
    }
  }

  const size_t wanted = rules.groups.front().rules.size();
  const Json answer = peer.get_until("/api/v1/rules", [&](const Json& data) { return alerts_in(data) == wanted; });
  std::set<std::string> theirs;
  for (const Json& rule : answer["groups"].items()[0]["rules"].items()) {
    for (const Json& alert : rule["alerts"].items()) {
      theirs.insert(
          describe(alert["state"].string_or_empty(), labels_of(alert["labels"]), labels_of(alert["annotations"])));
    }
  }
  EXPECT_EQ(ours.size(), wanted);
  std::vector<std::string> only_ours, only_theirs;
  std::ranges::set_difference(ours, theirs, std::back_inserter(only_ours));
  std::ranges::set_difference(theirs, ours, std::back_inserter(only_theirs));
  for (const std::string& one : only_ours) ADD_FAILURE() << "only ours: " << one;
  for (const std::string& one : only_theirs) ADD_FAILURE() << "only theirs: " << one;
}

}  // namespace
}  // namespace capstan::peers
