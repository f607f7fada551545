#include "detect/alert_finding.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::detect {
namespace {

constexpr Duration kEvidenceSpan{900'000};
constexpr Duration kEvidenceStep{30'000};
constexpr size_t kMaxEvidenceSeries = 5;

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    const size_t first = word.find_first_not_of(" \t\n");
    if (first != std::string_view::npos) {
      word = word.substr(first, word.find_last_not_of(" \t\n") - first + 1);
      words.emplace_back(word);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return words;
}

// An annotation "summary_ko" is "summary" for who reads Korean.
std::string_view in_korean(const ActiveAlert& alert, const std::string& annotation) {
  const std::string_view korean = alert.annotations.get(annotation + "_ko");
  return korean.empty() ? alert.annotations.get(annotation) : korean;
}

Words in_both(const ActiveAlert& alert, const std::string& annotation) {
  return Words::in_both(std::string(alert.annotations.get(annotation)),
                        std::string(alert.annotations.get(annotation + "_ko")));
}

std::string sentence(const MetricRule& rule, const ActiveAlert& alert, std::string_view summary,
                     std::string_view description) {
  if (summary.empty() && description.empty()) {
    const std::string_view message = alert.annotations.get("message");
    return message.empty() ? rule.name : std::string(message);
  }
  if (summary.empty() || description.empty() || summary == description) {
    return std::string(summary.empty() ? description : summary);
  }
  return fmt::format("{}: {}", summary, description);
}

Words sentence(const MetricRule& rule, const ActiveAlert& alert) {
  std::string english = sentence(rule, alert, alert.annotations.get("summary"), alert.annotations.get("description"));
  std::string korean = sentence(rule, alert, in_korean(alert, "summary"), in_korean(alert, "description"));
  if (korean == english) korean.clear();
  return Words::in_both(std::move(english), std::move(korean));
}

// Whether a series of the expression is the one an alert came from: the alert has its labels and more.
bool belongs(const Labels& series, const Labels& alert) {
  return std::ranges::all_of(
      series, [&](const auto& pair) { return pair.first == kMetricName || alert.get(pair.first) == pair.second; });
}

}  // namespace

std::string finding_id(std::string_view rule, const Labels& labels) {
  Labels named = labels;
  named.set("__rule__", rule);
  return fmt::format("{:016x}", named.hash());
}

Finding finding_of(const MetricRule& rule, const ActiveAlert& alert, ResourceFinder& finder) {
  Finding finding;
  finding.id = finding_id(rule.name, alert.labels);
  finding.rule = rule.name;
  finding.severity = parse_severity(alert.labels.get("severity")).value_or(Severity::kMedium);
  finding.resource = alert.annotations.get("resource");
  if (finding.resource.empty()) finding.resource = finder.find(alert.labels);
  finding.labels = alert.labels;
  finding.title = in_both(alert, "summary");
  finding.says = sentence(rule, alert);
  finding.remedy = in_both(alert, "remedy");
  finding.value = alert.value;
  finding.query = rule.expression;
  finding.since = alert.active_at;
  finding.causes_by = alert.annotations.get("causes_by");
  finding.verbs = split_words(alert.annotations.get("verbs"));
  finding.evidence = alert.evidence;
  return finding;
}

Evidence series_evidence(const MetricRule& rule, const ActiveAlert& alert, const SignalSource& signals, Time at) {
  Evidence evidence;
  evidence.kind = Evidence::Kind::kSeries;
  evidence.query = rule.expression;
  evidence.text = Words::phrase("evidence.true_since", {{"rule", rule.name}, {"since", format_time(alert.active_at)}});
  Result<std::vector<Series>> series = signals.query_range(rule.expression, at - kEvidenceSpan, at, kEvidenceStep);
  if (!series) return evidence;  // The sentence stands without its plot.
  for (Series& one : *series) {
    if (evidence.series.size() < kMaxEvidenceSeries && belongs(one.labels, alert.labels))
      evidence.series.push_back(std::move(one));
  }
  return evidence;
}

}  // namespace capstan::detect
