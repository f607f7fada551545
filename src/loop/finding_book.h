// Which findings hold now, and the facts about their coming and going. Owned by the loop; not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/fact_sink.h"
#include "model/finding.h"

namespace capstan::loop {

class FindingBook {
 public:
  struct Entry {
    Finding finding;
    std::string source;  // Who reports it; "" after a restart until somebody does.
    Seq fact = 0;        // finding.opened, or the newest finding.changed.
  };
  // The fact that made a finding end: an action that helped, or 0 when it went away by itself.
  using EndedBy = std::function<Seq(const std::string& finding)>;

  // Takes over what held when Capstan stopped.
  void restore(Finding finding, Seq fact);

  // One round of one source: writes finding.opened, finding.changed and finding.resolved. On an error nothing changed.
  Status update(const Findings& round, const EndedBy& ended_by, FactSink& facts);

  // Resolves what no source has reported since the restart; called once the detectors have had time to.
  Status resolve_unclaimed(Time now, FactSink& facts);

  std::vector<Finding> holding() const;
  // The same without a copy, by id; valid until the next change.
  const std::map<std::string, Entry>& entries() const { return holding_; }
  const Entry* find(const std::string& id) const;
  // The findings that ended since the last call; each is given once.
  std::vector<Finding> take_ended() { return std::exchange(just_ended_, {}); }
  // The fact of a finding's end, for what ended in this round and the ones before (a bounded number).
  Seq resolved_by(const std::string& id) const;

 private:
  void remember_end(const Finding& finding, Seq fact);

  std::map<std::string, Entry> holding_;
  std::map<std::string, Seq> ended_;
  std::vector<Finding> just_ended_;
};

}  // namespace capstan::loop
