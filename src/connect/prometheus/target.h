// One address to scrape, made from a job and a group's labels by relabelling.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "connect/prometheus/scrape_config.h"

namespace capstan::prometheus {

struct Target {
  std::shared_ptr<const ScrapeJob> job;
  std::string url;
  Labels labels;  // job, instance and the group's own; attached to every series.
  Duration interval{60'000};
  Duration timeout{10'000};

  // What makes it the same target after a reload.
  std::string key() const { return url + " " + labels.to_string(); }
  // When in its interval it is scraped: the same for all time, spread over the targets by hash.
  Duration offset() const;
};

// The target of one address; nothing when the job's relabelling drops it; an error when relabelling leaves no address,
// or an interval that is none.
Result<std::optional<Target>> make_target(const std::shared_ptr<const ScrapeJob>& job, const std::string& address,
                                          const std::vector<Labels::Pair>& group_labels);

}  // namespace capstan::prometheus
