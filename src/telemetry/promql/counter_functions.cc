#include "telemetry/promql/counter_functions.h"

#include <cmath>

namespace capstan::telemetry::promql {
namespace {

// The growth from the first to the last sample, falls counted as restarts from zero.
double counter_growth(const Window& window) {
  const auto& samples = window.samples;
  double growth = samples.back().value - samples.front().value;
  if (window.resets.front() == window.resets.back()) return growth;
  for (size_t i = 1; i < samples.size(); ++i) {
    if (samples[i].value < samples[i - 1].value) growth += samples[i - 1].value;
  }
  return growth;
}

// How much the window as a whole grew, judged from the samples within. A sample that is near an edge (by 1.1 times the
// usual distance) tells that the series goes on beyond it; else it is taken to begin or end half a distance away.
double extrapolated(const Window& window, double growth, bool is_counter) {
  const auto& samples = window.samples;
  const auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000.0; };
  double to_start = seconds(samples.front().at_ms - window.start_ms);
  double to_end = seconds(window.end_ms - samples.back().at_ms);
  const double sampled = seconds(samples.back().at_ms - samples.front().at_ms);
  const double usual_distance = sampled / static_cast<double>(samples.size() - 1);
  const double near = usual_distance * 1.1;
  if (to_start >= near) to_start = usual_distance / 2;
  if (is_counter && growth > 0 && samples.front().value >= 0) {
    // A counter is never negative: it began no earlier than where its slope meets zero.
    const double to_zero = sampled * (samples.front().value / growth);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= near) to_end = usual_distance / 2;
  return (sampled + to_start + to_end) / sampled;
}

double last_two(const Window& window, bool is_rate) {
  if (window.samples.size() < 2) return absent_value();
  const Sample& last = window.samples.back();
  const Sample& before = window.samples[window.samples.size() - 2];
  if (last.at_ms == before.at_ms) return absent_value();
  const bool restarted = is_rate && last.value < before.value;
  const double change = restarted ? last.value : last.value - before.value;
  return is_rate ? change / (static_cast<double>(last.at_ms - before.at_ms) / 1000.0) : change;
}

}  // namespace

double rate_of(const Window& window) {
  if (window.samples.size() < 2) return absent_value();
  const double growth = counter_growth(window);
  return growth * (extrapolated(window, growth, true) / window.range_seconds());
}

double increase_of(const Window& window) {
  if (window.samples.size() < 2) return absent_value();
  const double growth = counter_growth(window);
  return growth * extrapolated(window, growth, true);
}

double delta_of(const Window& window) {
  if (window.samples.size() < 2) return absent_value();
  const double growth = window.samples.back().value - window.samples.front().value;
  return growth * extrapolated(window, growth, false);
}

double irate_of(const Window& window) { return last_two(window, true); }
double idelta_of(const Window& window) { return last_two(window, false); }

double resets_of(const Window& window) { return window.resets.back() - window.resets.front(); }

double changes_of(const Window& window) {
  int changes = 0;
  for (size_t i = 1; i < window.samples.size(); ++i) {
    const double before = window.samples[i - 1].value;
    const double now = window.samples[i].value;
    if (now != before && !(std::isnan(now) && std::isnan(before))) ++changes;
  }
  return changes;
}

}  // namespace capstan::telemetry::promql
