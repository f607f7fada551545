// The recorded past with a policy's effects laid over it: walks through what was recorded, keeps the tables up to it,
// and notes where a field would have said something else.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "decide/override.h"
#include "decide/policy.h"
#include "foresee/backtest.h"
#include "foresee/effect.h"
#include "foresee/past_world.h"

namespace capstan::foresee {

// Owned by one thread; policy, past and world outlive it.
class AlternatePast {
 public:
  // `money` is told of everything; it may be nullptr.
  AlternatePast(const decide::Policy& policy, const Past& past, PastWorld& world, PastMoney* money);

  // Takes over the past until `at` as it was recorded, with nothing laid over it.
  void begin(Time at);
  // Takes what was recorded until `at`. Gives the resources that changed; `others`: relations did, too.
  std::vector<ResourceId> advance(Time at, bool& others);
  // When something was recorded next.
  std::optional<Time> next() const;

  // Lays what an action brings about of a resource over what is recorded; of several resources, one after the other.
  void act(const std::string& action, const ResourceId& target, const Effect& effect, Time at);
  // Takes that back.
  void undo(const std::string& action, Time at);

  const PastKind* kind_of(const ResourceId& id) const;
  // Changes by hand, the newest of each resource.
  std::vector<decide::ManualTouch> touches() const;
  // Ends what goes on at `at`.
  std::vector<BacktestDifference> take_differences(Time at);

 private:
  struct Overlay {
    std::map<std::string, Json> sets;
    bool removed = false;
  };
  struct Open {
    Time from;
    Json value;
  };
  struct Subject {
    const PastKind* kind = nullptr;
    SharedRow recorded;        // None: it was not there.
    std::optional<Json> base;  // The watched column without what the policy really did; nothing: as recorded.
    Overlay overlay;
    std::map<std::string, Open> open;  // Differences that go on, by column; "" for a resource that is removed.
  };
  struct Event {
    Time at;
    ResourceId id;
    SharedRow row;  // None: it went.
  };
  struct RelationEvent {
    Time at;
    const Relation* relation = nullptr;
    bool is_new = true;
  };

  void note(const Event& event, bool is_beginning);
  void follow_change(const ResourceId& id, Subject& subject, const SharedRow& row, Time at);
  void follow_touch(const ResourceId& id, const PastKind& kind, const SharedRow& before, const Event& event);
  // Whether an action on the resource explains a change; by a policy of our name only, or by any.
  bool is_explained(const ResourceId& id, Time at, bool is_ours) const;
  static Json value_of(const PastKind& kind, const SharedRow& row, std::string_view column);
  // What is laid over the record, where it differs.
  std::map<std::string, Json> differing(const Subject& subject) const;
  // Brings the tables and the differences up to a subject.
  void settle(const ResourceId& id, Subject& subject, Time at);
  void put(const ResourceId& id, const Subject& subject, SharedRow row, Time at);

  const decide::Policy& policy_;
  PastWorld& world_;
  PastMoney* const money_;
  std::string watched_;  // The column that shows the wanted state; "" where there is none.
  std::vector<std::string> chosen_;
  std::map<ResourceId, Subject> subjects_;
  std::vector<Event> events_;
  size_t next_event_ = 0;
  std::vector<RelationEvent> relation_events_;
  size_t next_relation_ = 0;
  std::map<ResourceId, std::vector<const PastDeed*>> deeds_;
  std::map<ResourceId, decide::ManualTouch> touches_;
  std::map<std::string, std::vector<std::pair<ResourceId, Overlay>>> before_;  // What was laid over each before.
  std::vector<BacktestDifference> differences_;
};

}  // namespace capstan::foresee
