// The life of the alerts of one rule, as a pure function of the state before, the samples of its expression and time.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "detect/rule_file.h"
#include "model/finding.h"
#include "model/labels.h"
#include "model/sample.h"

namespace capstan::detect {

struct ActiveAlert {
  enum class State {
    kPending,  // The expression holds, for less than `for`.
    kFiring,   // It held for long enough, and does or did within `keep_firing_for`.
  };
  State state = State::kPending;
  Labels labels;       // Of the series and the rule, with alertname.
  Labels annotations;  // Expanded.
  double value = 0;
  Time active_at;                  // Since when the expression holds.
  std::optional<Time> kept_since;  // It no longer holds since then, but is kept firing.
  std::vector<Evidence> evidence;  // Taken when it began to fire.
};

struct AlertState {
  std::map<Labels, ActiveAlert> alerts;
  std::set<Labels> written;  // The series given last time: those that do not come again get a stale marker.
};

struct AlertContext {
  TemplateWorld world;  // Its time is the evaluation's.
  Labels external_labels;
  std::string external_url;
  int64_t limit = 0;
};

// Brings `state` to `samples`. An error (two series with the same labels, the limit) leaves `state` as it was.
Status step_alerts(const MetricRule& rule, const std::vector<SeriesSample>& samples, const AlertContext& context,
                   AlertState& state);

// The series ALERTS and ALERTS_FOR_STATE of the alerts, and stale markers for those of the last call that are gone.
std::vector<SeriesSample> alert_series(Time at, AlertState& state);

// The samples of a recording rule, and stale markers for series of the last call that are gone. An error when two
// series end up with the same labels, or more than `limit` come.
Result<std::vector<SeriesSample>> record_series(const MetricRule& rule, const std::vector<SeriesSample>& samples,
                                                const AlertContext& context, std::set<Labels>& written);

}  // namespace capstan::detect
