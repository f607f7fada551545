// What a policy wants of one candidate now, and which clause says so: its hours and overrides, the state or conditions
// it is to be in, what sets the policy off.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decide/past_check.h"
#include "decide/schedule.h"
#include "decide/shared_words.h"
#include "decide/trigger.h"

namespace capstan::decide {

// Lives as long as one decision.
class CandidateJudge {
 public:
  // `standing` of the policy's own schedule now; `occurrences` that set it off now, which must outlive the judge.
  CandidateJudge(const Policy& policy, const Situation& situation, Schedule::Standing standing,
                 std::span<const Occurrence> occurrences, PastCheck& past)
      : policy_(policy),
        situation_(situation),
        standing_(std::move(standing)),
        occurrences_(occurrences),
        past_(past) {}

  Verdict judge(const Candidate& candidate);

  // What is to be done to those that were judged, in their order; and where the first of several stages begins.
  std::vector<Intended> take_intended() { return std::move(intended_); }
  std::vector<StageChange> take_begun() { return std::move(begun_); }

 private:
  const Override* override_of(const ResourceId& id, Verdict& verdict) const;
  const Override* find_override(const ResourceId& id) const;
  Result<Schedule::Standing> standing_of(const Candidate& candidate);
  std::optional<Schedule::Standing> judge_time(const Candidate& candidate, std::string_view prefix, Verdict& verdict,
                                               std::string& key);
  const WantedState* wanted(const Candidate& candidate, Verdict& verdict, std::string& key);
  void judge_state(const Candidate& candidate, Verdict& verdict);
  const std::vector<Kept>* wanted_list(const Candidate& candidate, Verdict& verdict, std::string& key, size_t& first);
  void judge_list(const Candidate& candidate, Verdict& verdict);
  Intended intend(const Resource& target, const ResourceId& root, const std::string& key, const Words& reason) const;
  void add_deletions(const Candidate& candidate, size_t step, const std::string& key, const Words& reason,
                     Verdict& verdict);
  void judge_occurrence(const Candidate& candidate, Verdict& verdict);
  std::optional<Occurrence> begun_by_clock(const ResourceId& target) const;
  std::optional<Stage> due_stage(const ResourceId& target, const Occurrence& occurrence, Verdict& verdict) const;
  void consider(std::vector<Intended> chain, std::optional<Duration> cooldown, Verdict& verdict);

  const Policy& policy_;
  const Situation& situation_;
  Schedule::Standing standing_;
  std::map<std::string, Result<Schedule::Standing>> standings_;  // By the text of the hours.
  std::span<const Occurrence> occurrences_;
  PastCheck& past_;
  SharedWords words_;
  std::vector<Intended> intended_;
  std::vector<StageChange> begun_;
};

}  // namespace capstan::decide
