// How the PromQL engine reads series, whatever keeps them: the local store, a remote one, a test's list.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/sample.h"
#include "telemetry/matcher.h"

namespace capstan::telemetry {

// One matching series. The labels are shared with the store, so that a query over many series copies none.
struct SelectedSeries {
  std::shared_ptr<const Labels> labels;
  std::vector<Sample> samples;  // Rising in time, stale markers included.
};

// Asked now and then by what may take long: an error ends it. Empty for none.
using StopCheck = std::function<Status()>;

// Thread-safe. Times are Unix milliseconds; both ends are included.
class SeriesReader {
 public:
  virtual ~SeriesReader() = default;
  // Series that pass all matchers and have a sample in the window, sorted by labels. Stops with kResourceExhausted
  // beyond `max_samples`.
  virtual Result<std::vector<SelectedSeries>> select(const std::vector<Matcher>& matchers, int64_t from_ms,
                                                     int64_t to_ms, size_t max_samples) const = 0;
  // Label sets of matching series that have samples in the window.
  virtual Result<std::vector<Labels>> series(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                             const StopCheck& check = {}) const = 0;
  // Sorted, without repetition. Empty matchers mean all series.
  virtual Result<std::vector<std::string>> label_names(const std::vector<Matcher>& matchers, int64_t from_ms,
                                                       int64_t to_ms, const StopCheck& check = {}) const = 0;
  virtual Result<std::vector<std::string>> label_values(std::string_view name, const std::vector<Matcher>& matchers,
                                                        int64_t from_ms, int64_t to_ms,
                                                        const StopCheck& check = {}) const = 0;
};

}  // namespace capstan::telemetry
