#include "sim/recoveries.h"

#include <fmt/format.h>

#include <utility>

namespace capstan::sim {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string key_of(std::string_view kind, std::string_view subject) { return fmt::format("{} {}", kind, subject); }

}  // namespace

void Recoveries::refused(std::span<const NewFact> facts) {
  for (const NewFact& fact : facts) {
    refused_.insert(key_of(fact.kind, fact.subject));
    if (fact.kind == fact_kind::kActionIntended) no_intent_.insert(fact.subject);
  }
}

void Recoveries::see(const Fact& fact) {
  const bool was_refused = refused_.erase(key_of(fact.kind, fact.subject)) > 0;
  if (fact.kind == fact_kind::kActionIntended) {
    if (no_intent_.erase(fact.subject) > 0) count("an intent that cannot be written touches nothing");
    if (fact.body["undo"].bool_or(false)) {
      undoing_.insert(fact.subject);
    } else {
      undoing_.erase(fact.subject);
      repeated(fact);
    }
  } else if (fact.kind == fact_kind::kActionFinished) {
    if (was_refused) count("an outcome waits for room on the disk");
    finished(fact);
  } else if (fact.kind == fact_kind::kActionResolved) {
    const std::string& decision = fact.body["decision"].string_or_empty();
    if (decision == "happened") count("a person says that it happened");
    if (decision == "retry") count("a person has it tried again");
    if (decision == "abandon") count("a person leaves it at that");
  } else if (fact.kind == fact_kind::kPlanFinished) {
    const std::string& says = fact.body["says"].string_or_empty();
    if (says.starts_with("sim.")) count("a plan stops because an action failed");
    if (says.starts_with("its check failed")) count("a plan stops because its check failed");
  } else if (fact.kind == fact_kind::kPlanCancelled) {
    count("a plan is cancelled");
  } else if (fact.kind == fact_kind::kPlanRecalled) {
    count(fact.actor.starts_with("policy:") ? "a plan is undone because its alert is quiet"
                                            : "a plan is undone after its end");
  } else if (fact.kind == fact_kind::kPlanRejected) {
    if (fact.body["reason"].string_or_empty() == "expired") count("a proposal expires");
    if (fact.body["reason"].string_or_empty() == "withdrawn") count("a proposal is taken back");
  }
}

void Recoveries::repeated(const Fact& fact) {
  const Json& before = fact.body["before"];
  const Json earlier = std::exchange(before_[fact.subject], before);
  if (!fact.body.contains("origin")) return;
  if (fact.body["origin"] != before)
    count("a repetition finds its own effect");
  else if (earlier != before)
    count("a repetition finds what somebody did between two attempts");
}

void Recoveries::finished(const Fact& fact) {
  const std::string& says = fact.body["says"].string_or_empty();
  const std::string& state = fact.body["state"].string_or_empty();
  const bool undoing = undoing_.contains(fact.subject);
  if (says.starts_with("cut off")) {
    const std::string when = undoing ? "cut off while undoing" : "cut off";
    if (state == "unknown") return count(when + ", and nobody can tell");
    if (has(says, "harmless to repeat")) return count(when + ", harmless to repeat: its turn comes again");
    if (has(says, "was not done")) {
      return count(when + (undoing ? ", and it was not undone: its turn comes again"
                                   : ", and it was not done: its turn comes again"));
    }
    return count(when + (undoing ? ", and it was undone" : ", and it was done"));
  }
  if (undoing) {
    if (has(says, "the effect is gone already")) return count("nothing is left to be undone");
    if (state == "reverted") return count("undone");
    if (state == "unknown") return count("nobody can tell whether it was undone");
    return count("undoing had no effect");
  }
  if (state == "unknown") return count("nobody can tell");
  if (has(says, "shows that it happened")) return count("no clear answer, and the outside shows that it was done");
  if (has(says, "shows that it did not happen"))
    return count("no clear answer, and the outside shows that it was not done");
  if (has(says, "the outside shows no effect")) return count("a false answer is found out");
  if (has(says, "is gone")) return count("skipped, the target is gone");
  if (has(says, "its precondition no longer holds")) return count("skipped, its precondition no longer holds");
  if (has(says, "had to succeed before it")) return count("skipped, what had to come before it failed");
  if (has(says, "given up before anything was touched")) return count("given up, as its checks cannot be made");
}

}  // namespace capstan::sim
