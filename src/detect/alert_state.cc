#include "detect/alert_state.h"

#include <fmt/format.h>

namespace capstan::detect {
namespace {

constexpr size_t kMaxAlertsOfRule = 10'000;

Labels without_name(Labels labels) {
  labels.set(kMetricName, "");
  return labels;
}

std::vector<Labels::Pair> expand_all(const std::vector<RuleTemplate>& templates, const TemplateData& data,
                                     const TemplateWorld& world) {
  std::vector<Labels::Pair> pairs;
  for (const RuleTemplate& one : templates) pairs.emplace_back(one.name, one.text.expand_or_say(data, world));
  return pairs;
}

ActiveAlert make_alert(const MetricRule& rule, const SeriesSample& sample, const AlertContext& context) {
  const TemplateData data{sample.labels, sample.sample.value, context.external_labels, context.external_url};
  ActiveAlert alert;
  alert.labels = without_name(sample.labels);
  for (const auto& [name, value] : expand_all(rule.labels, data, context.world)) alert.labels.set(name, value);
  alert.labels.set("alertname", rule.name);
  alert.annotations = Labels(expand_all(rule.annotations, data, context.world));
  alert.value = sample.sample.value;
  alert.active_at = context.world.at;
  return alert;
}

// False when the alert is over.
bool still_kept(const MetricRule& rule, Time at, ActiveAlert& alert) {
  if (alert.state != ActiveAlert::State::kFiring || rule.keep_firing_for == Duration(0)) return false;
  if (!alert.kept_since) alert.kept_since = at;
  return at - *alert.kept_since < rule.keep_firing_for;
}

void mark_gone(std::set<Labels>& written, std::set<Labels> now, Time at, std::vector<SeriesSample>& samples) {
  for (const Labels& labels : written) {
    if (!now.contains(labels)) samples.push_back({labels, {to_unix_ms(at), stale_nan()}});
  }
  written = std::move(now);
}

size_t effective_limit(int64_t limit) { return limit > 0 ? static_cast<size_t>(limit) : kMaxAlertsOfRule; }

}  // namespace

Status step_alerts(const MetricRule& rule, const std::vector<SeriesSample>& samples, const AlertContext& context,
                   AlertState& state) {
  const Time at = context.world.at;
  if (samples.size() > effective_limit(context.limit)) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("exceeded limit of {} with {} alerts", effective_limit(context.limit), samples.size()),
                rule.where);
  }
  std::map<Labels, ActiveAlert> now;
  for (const SeriesSample& sample : samples) {
    ActiveAlert alert = make_alert(rule, sample, context);
    if (const auto before = state.alerts.find(alert.labels); before != state.alerts.end()) {
      alert.state = before->second.state;
      alert.active_at = before->second.active_at;
      alert.evidence = before->second.evidence;
    }
    Labels key = alert.labels;
    if (!now.emplace(std::move(key), std::move(alert)).second) {
      return fail(ErrorCode::kInvalidArgument,
                  "vector contains metrics with the same labelset after applying alert labels", rule.where);
    }
  }
  for (const auto& [labels, alert] : state.alerts) {
    if (now.contains(labels)) continue;
    ActiveAlert kept = alert;
    if (still_kept(rule, at, kept)) now.emplace(labels, std::move(kept));
  }
  for (auto& [labels, alert] : now) {
    if (alert.state == ActiveAlert::State::kPending && at - alert.active_at >= rule.hold) {
      alert.state = ActiveAlert::State::kFiring;
    }
  }
  state.alerts = std::move(now);
  return {};
}

std::vector<SeriesSample> alert_series(Time at, AlertState& state) {
  std::vector<SeriesSample> samples;
  std::set<Labels> now;
  for (const auto& [key, alert] : state.alerts) {
    Labels labels = key;
    labels.set(kMetricName, "ALERTS_FOR_STATE");
    now.insert(labels);
    samples.push_back({labels, {to_unix_ms(at), to_unix_seconds(alert.active_at)}});
    labels.set(kMetricName, "ALERTS");
    labels.set("alertstate", alert.state == ActiveAlert::State::kFiring ? "firing" : "pending");
    now.insert(labels);
    samples.push_back({std::move(labels), {to_unix_ms(at), 1}});
  }
  mark_gone(state.written, std::move(now), at, samples);
  return samples;
}

Result<std::vector<SeriesSample>> record_series(const MetricRule& rule, const std::vector<SeriesSample>& samples,
                                                const AlertContext& context, std::set<Labels>& written) {
  if (context.limit > 0 && samples.size() > static_cast<size_t>(context.limit)) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("exceeded limit of {} with {} series", context.limit, samples.size()), rule.where);
  }
  std::vector<SeriesSample> recorded;
  std::set<Labels> now;
  for (const SeriesSample& sample : samples) {
    Labels labels = sample.labels;
    labels.set(kMetricName, rule.name);
    // A recording rule's labels are plain text in Prometheus: braces stand for themselves.
    for (const RuleTemplate& one : rule.labels) labels.set(one.name, one.text.text());
    if (!now.insert(labels).second) {
      return fail(ErrorCode::kInvalidArgument,
                  "vector contains metrics with the same labelset after applying rule labels", rule.where);
    }
    recorded.push_back({std::move(labels), {to_unix_ms(context.world.at), sample.sample.value}});
  }
  mark_gone(written, std::move(now), context.world.at, recorded);
  return recorded;
}

}  // namespace capstan::detect
