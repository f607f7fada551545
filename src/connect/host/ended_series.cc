#include "connect/host/ended_series.h"

namespace capstan::host {

void EndedSeries::complete(int64_t now_ms, std::vector<SeriesSample>& samples) {
  ++look_;
  for (const SeriesSample& one : samples) {
    const uint64_t hash = one.labels.hash();
    if (is_stale(one.sample.value)) {
      known_.erase(hash);
      continue;
    }
    auto [entry, added] = known_.try_emplace(hash);
    if (added) entry->second.labels = one.labels;
    entry->second.look = look_;
  }
  for (auto entry = known_.begin(); entry != known_.end();) {
    if (entry->second.look == look_) {
      ++entry;
      continue;
    }
    samples.push_back({std::move(entry->second.labels), {now_ms, stale_nan()}});
    entry = known_.erase(entry);
  }
}

}  // namespace capstan::host
