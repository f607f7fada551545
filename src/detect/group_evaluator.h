// Evaluates the rules of one group in their order, keeps what must be kept between rounds, and takes up after a restart
// where the series ALERTS_FOR_STATE say it was.
#pragma once

#include <string>
#include <vector>

#include "detect/alert_state.h"
#include "detect/resource_finder.h"
#include "detect/rule_file.h"
#include "model/finding.h"
#include "model/signal.h"

namespace capstan::detect {

// How a rule's last evaluation went, for people and for health.
struct RuleHealth {
  std::string file;
  std::string group;
  std::string rule;
  std::string error;  // "" when it went well.
  size_t active = 0;  // Pending and firing alerts, recorded series, or rows.
};

struct EvaluationParts {
  const SignalSource& signals;
  const SqlSource& sql;
  Labels external_labels;
  std::string external_url;
};

// Not thread-safe.
class GroupEvaluator {
 public:
  explicit GroupEvaluator(RuleGroup group)
      : group_(std::move(group)), states_(group_.rules.size()), health_(group_.rules.size()) {}

  struct Round {
    Findings findings;
    std::vector<SeriesSample> samples;
  };
  // A rule that fails is reported in `health`, keeps the alerts it had, and stops no other.
  Round evaluate(Time at, const EvaluationParts& parts);

  // Reads back, once, since when alerts that are active now were so before a restart: what fired goes on firing, what
  // was pending has waited as long as before. `down_at` is when the last process evaluated.
  void restore_at(Time down_at) { restore_from_ = down_at; }

  // Takes over the state of rules that are the same as in an older version of the group.
  void take_over(GroupEvaluator& older);
  // Stale markers for all series that were written: the group goes.
  std::vector<SeriesSample> retire(Time at);

  const RuleGroup& group() const { return group_; }
  std::string source() const { return "alerts:" + group_.file + ":" + group_.name; }
  std::vector<RuleHealth> health() const;

 private:
  Status evaluate_alert(size_t index, Time at, const EvaluationParts& parts, Round& round);
  Status evaluate_record(size_t index, Time at, const EvaluationParts& parts, Round& round);
  void restore(size_t index, Time at, const EvaluationParts& parts);

  struct RuleState {
    AlertState alerts;
    std::set<Labels> recorded;
    bool restored = false;
  };
  RuleGroup group_;
  std::vector<RuleState> states_;
  std::vector<RuleHealth> health_;
  std::optional<Time> restore_from_;
};

}  // namespace capstan::detect
