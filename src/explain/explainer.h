// Keeps the open incidents: which findings belong to which, why, and when one is over. Owned by the loop; not
// thread-safe.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "explain/world.h"
#include "model/incident.h"
#include "model/verb.h"

namespace capstan::explain {

// What one round changed about one incident.
struct IncidentChange {
  enum class Kind { kOpened, kChanged, kClosed };
  Kind kind = Kind::kChanged;
  Incident incident;    // As it is now.
  std::string trigger;  // The id of the finding that led to the change; "" when time did.
  Words says;           // "the cause is now known better", "one more finding"
};

class Explainer {
 public:
  struct Options {
    Duration quiet{10'000};            // None of its findings held for so long: the incident is over.
    Duration settle{120'000};          // So long after a finding joined, causes are ranked anew…
    Duration settle_interval{3'000};   // …this often…
    Duration steady_interval{60'000};  // …and later this often.
  };

  explicit Explainer(Options options) : options_(options) {}

  // Takes over what was open when Capstan stopped, and the highest incident number ever given.
  void restore(std::vector<Incident> open, int64_t last_number);

  // One round: `holding` are all findings that hold now. Advice opens no incident.
  std::vector<IncidentChange> update(const std::vector<Finding>& holding, std::span<const VerbSpec* const> verbs,
                                     const World& world);

  const std::map<std::string, Incident>& open() const { return open_; }
  // The id of the open incident that a finding belongs to, or "".
  std::string incident_of(const std::string& finding) const;

 private:
  struct Progress {
    Time last_held;
    Time last_joined;
    Time last_ranked;
    double peak = 0;  // The most its causes were measured to make up.
  };

  void join(const Finding& finding, const std::vector<Finding>& holding, std::span<const VerbSpec* const> verbs,
            const World& world, std::vector<IncidentChange>& changes);
  bool due(const Progress& progress, Time now) const;

  Options options_;
  int64_t last_number_ = 0;
  std::map<std::string, Incident> open_;  // By id.
  std::map<std::string, Progress> progress_;
};

}  // namespace capstan::explain
