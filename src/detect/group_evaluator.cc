#include "detect/group_evaluator.h"

#include <fmt/format.h>

#include "detect/alert_finding.h"

namespace capstan::detect {
namespace {

// Beyond this an alert that is active again is a new one.
constexpr Duration kLongestOutage{3'600'000};

bool same_rule(const MetricRule& a, const MetricRule& b) {
  if (a.kind != b.kind || a.name != b.name || a.expression != b.expression || a.hold != b.hold) return false;
  if (a.labels.size() != b.labels.size()) return false;
  for (size_t i = 0; i < a.labels.size(); ++i) {
    if (a.labels[i].name != b.labels[i].name || a.labels[i].text.text() != b.labels[i].text.text()) return false;
  }
  return true;
}

AlertContext context_of(const RuleGroup& group, Time at, const EvaluationParts& parts) {
  return {{&parts.signals, at}, parts.external_labels, parts.external_url, group.limit};
}

// The labels of an alert, of one of its ALERTS_FOR_STATE series.
Labels alert_labels(Labels labels) {
  labels.set(kMetricName, "");
  return labels;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

GroupEvaluator::Round GroupEvaluator::evaluate(Time at, const EvaluationParts& parts) {
  Round round;
  round.findings.source = source();
  round.findings.at = at;
  ResourceFinder finder(parts.sql, at);
  for (size_t i = 0; i < group_.rules.size(); ++i) {
    const bool is_alert = group_.rules[i].kind == MetricRule::Kind::kAlert;
    const Status done = is_alert ? evaluate_alert(i, at, parts, round) : evaluate_record(i, at, parts, round);
    health_[i].error = done ? "" : done.error().message;
    if (!is_alert) continue;
    health_[i].active = states_[i].alerts.alerts.size();
    for (const auto& [labels, alert] : states_[i].alerts.alerts) {
      if (alert.state != ActiveAlert::State::kFiring) continue;
      round.findings.holding.push_back(finding_of(group_.rules[i], alert, finder));
    }
  }
  return round;
}

Status GroupEvaluator::evaluate_alert(size_t index, Time at, const EvaluationParts& parts, Round& round) {
  const MetricRule& rule = group_.rules[index];
  AlertState& state = states_[index].alerts;
  const auto samples = TRY(parts.signals.query(rule.expression, at - group_.query_offset));
  TRY(step_alerts(rule, samples, context_of(group_, at, parts), state));
  if (restore_from_ && !states_[index].restored) restore(index, at, parts);
  states_[index].restored = true;
  for (auto& [labels, alert] : state.alerts) {
    if (alert.state == ActiveAlert::State::kFiring && alert.evidence.empty()) {
      alert.evidence.push_back(series_evidence(rule, alert, parts.signals, at));
    }
  }
  for (SeriesSample& sample : alert_series(at, state)) round.samples.push_back(std::move(sample));
  return {};
}

Status GroupEvaluator::evaluate_record(size_t index, Time at, const EvaluationParts& parts, Round& round) {
  const MetricRule& rule = group_.rules[index];
  const auto samples = TRY(parts.signals.query(rule.expression, at - group_.query_offset));
  auto recorded = TRY(record_series(rule, samples, context_of(group_, at, parts), states_[index].recorded));
  health_[index].active = samples.size();
  for (SeriesSample& sample : recorded) round.samples.push_back(std::move(sample));
  return {};
}

void GroupEvaluator::restore(size_t index, Time at, const EvaluationParts& parts) {
  if (at - *restore_from_ > kLongestOutage || *restore_from_ > at) return;
  const MetricRule& rule = group_.rules[index];
  const std::string selector = "ALERTS_FOR_STATE{alertname=" + quoted(rule.name) + "}";
  // Asked as of then, so that alerts which had ended by then stay ended.
  const auto before = parts.signals.query(selector, *restore_from_);
  if (!before) return;
  for (const SeriesSample& sample : *before) {
    const auto found = states_[index].alerts.alerts.find(alert_labels(sample.labels));
    if (found == states_[index].alerts.alerts.end()) continue;
    ActiveAlert& alert = found->second;
    // An exporter may have a series of this name, too.
    const double seconds = sample.sample.value;
    if (!(seconds > 0 && seconds <= static_cast<double>(to_unix_ms(at)) / 1000)) continue;
    const Time active_at = from_unix_ms(static_cast<int64_t>(seconds * 1000));
    const bool was_firing = *restore_from_ - active_at >= rule.hold;
    // Nobody looked while we were down: that time does not count as waiting.
    alert.active_at = was_firing ? active_at : active_at + (at - *restore_from_);
    if (was_firing) alert.state = ActiveAlert::State::kFiring;
  }
}

void GroupEvaluator::take_over(GroupEvaluator& older) {
  restore_from_ = older.restore_from_;
  std::vector<bool> taken(older.group_.rules.size());
  for (size_t i = 0; i < group_.rules.size(); ++i) {
    for (size_t k = 0; k < taken.size(); ++k) {
      if (taken[k] || !same_rule(group_.rules[i], older.group_.rules[k])) continue;
      states_[i] = std::exchange(older.states_[k], {});
      taken[k] = true;
      break;
    }
  }
}

std::vector<SeriesSample> GroupEvaluator::retire(Time at) {
  std::vector<SeriesSample> markers;
  for (RuleState& state : states_) {
    for (const auto* written : {&state.alerts.written, &state.recorded}) {
      for (const Labels& labels : *written) markers.push_back({labels, {to_unix_ms(at), stale_nan()}});
    }
    state = {};
  }
  return markers;
}

std::vector<RuleHealth> GroupEvaluator::health() const {
  std::vector<RuleHealth> all = health_;
  for (size_t i = 0; i < all.size(); ++i) {
    all[i].file = group_.file;
    all[i].group = group_.name;
    all[i].rule = group_.rules[i].name;
  }
  return all;
}

}  // namespace capstan::detect
