#include "telemetry/promql/step_series.h"

#include <algorithm>

namespace capstan::telemetry::promql {
namespace {

// Names and values may hold any byte, so each part says how long it is.
void append_sized(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key += ':';
  key += part;
}

}  // namespace

bool StepSeries::is_empty() const { return std::ranges::all_of(values, is_absent); }

Status SeriesMerger::add(StepSeries series, bool allow_disjoint) {
  const uint64_t hash = series.labels->hash();
  for (auto [at, end] = by_hash_.equal_range(hash); at != end; ++at) {
    StepSeries& other = list_.series[at->second];
    if (*other.labels != *series.labels) continue;
    for (size_t i = 0; i < series.values.size(); ++i) {
      if (is_absent(series.values[i]) && allow_disjoint) continue;
      if (!is_absent(other.values[i]) || !allow_disjoint) {
        return fail(ErrorCode::kFailedPrecondition,
                    "vector cannot contain metrics with the same labelset: " + series.labels->to_string());
      }
      other.values[i] = series.values[i];
    }
    return {};
  }
  TRY(budget_.hold_more(list_.held, series.values.size() * sizeof(double)));
  by_hash_.emplace(hash, list_.series.size());
  list_.series.push_back(std::move(series));
  return {};
}

Status SeriesMerger::finish(const SeriesSink& sink) {
  for (StepSeries& series : list_.series) TRY(sink(std::move(series)));
  return {};
}

SharedLabels without_name(const SharedLabels& labels) {
  if (!labels->has(kMetricName)) return labels;
  Labels rest = *labels;
  rest.set(kMetricName, "");
  return std::make_shared<const Labels>(std::move(rest));
}

Labels keep_labels(const Labels& labels, const std::vector<std::string>& names) {
  std::vector<Labels::Pair> kept;
  for (const Labels::Pair& pair : labels) {
    if (std::ranges::find(names, pair.first) != names.end()) kept.push_back(pair);
  }
  return Labels(std::move(kept));
}

Labels drop_labels(const Labels& labels, const std::vector<std::string>& names) {
  std::vector<Labels::Pair> kept;
  for (const Labels::Pair& pair : labels) {
    if (pair.first != kMetricName && std::ranges::find(names, pair.first) == names.end()) kept.push_back(pair);
  }
  return Labels(std::move(kept));
}

std::string matching_key(const Labels& labels, bool on, const std::vector<std::string>& names) {
  std::string key;
  for (const auto& [name, value] : labels) {
    const bool named = std::ranges::binary_search(names, name);
    if (named != on || (!on && name == kMetricName)) continue;
    append_sized(key, name);
    append_sized(key, value);
  }
  return key;
}

}  // namespace capstan::telemetry::promql
