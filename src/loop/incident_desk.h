// From findings to incidents, proposed plans and messages: what the loop does after every round of detection.
// Owned by the loop; not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "act/executor.h"
#include "explain/explainer.h"
#include "loop/fact_book.h"
#include "loop/finding_book.h"
#include "model/draft.h"
#include "model/verb.h"
#include "tell/outbox.h"

namespace capstan::loop {

class IncidentDesk {
 public:
  struct Parts {
    FactBook& facts;
    act::Executor& executor;
    tell::Outbox& outbox;
    const VerbRegistry& verbs;
  };
  IncidentDesk(Parts parts, explain::Explainer::Options options) : parts_(parts), explainer_(options) {}

  // Where links in messages point to.
  void set_page(std::string page) { page_ = std::move(page); }

  struct Open {
    Incident incident;
    Seq fact = 0;
  };
  void restore(std::vector<Open> open, int64_t last_number);

  // One round: of all findings those that are `heard`, which no person has muted, lead to incidents. What cannot be
  // written down now is tried again in the next round.
  Status update(const FindingBook& findings, const std::vector<Finding>& heard, const explain::World& world);

  const explain::Explainer& explainer() const { return explainer_; }
  // The plans proposed for the open incident that a finding belongs to.
  std::vector<std::string> plans_of_finding(const std::string& finding) const;
  // The newest fact of an open incident, 0 for others.
  Seq fact_of(const std::string& incident) const;

 private:
  Status opened(const explain::IncidentChange& change, const FindingBook& findings, Time now);
  Status changed(const explain::IncidentChange& change, const FindingBook& findings, Time now);
  Status closed(const explain::IncidentChange& change, const FindingBook& findings, Time now);
  // `compose` makes what people are told, and is empty where they are told nothing.
  Status write(std::string_view kind, const Incident& incident, Seq cause, const Words& says,
               const std::function<Draft(Seq fact)>& compose, Time now);
  // Proposes the recommended plans and takes back those that are no longer recommended.
  void propose(const Incident& incident, Time now);
  // Gives the id it was submitted by, now or earlier.
  Result<std::string> submit(Plan plan, Seq cause, Time now);
  static std::string submitted_id(const std::string& recommended, int attempt);
  // "" when the executor knows none.
  std::string newest_submitted(const std::string& recommended) const;
  bool is_running(const std::string& plan) const;

  Parts parts_;
  explain::Explainer explainer_;
  std::string page_;
  std::map<std::string, Seq> facts_;  // Of open incidents.
  struct Proposal {
    std::string recommended;  // The plan's id as recommended,
    std::string submitted;    // and as the executor has it.
  };
  std::map<std::string, std::vector<Proposal>> proposed_;      // Of open incidents.
  std::string refusal_;                                        // Why the executor did not take a plan, last.
  std::map<std::string, std::vector<ResourceId>> told_cause_;  // The cause people were last told of.
  std::vector<explain::IncidentChange> unwritten_;             // What a full disk kept from being written.
};

// An incident as a fact's body, with so much of its evidence that it fits the ledger's limit.
Json fitting_body(Incident incident, size_t limit);

}  // namespace capstan::loop
