// One consistent view of the catalog, for the stages.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/action.h"
#include "model/fact.h"
#include "model/finding.h"
#include "model/incident.h"
#include "model/mute.h"
#include "model/resource.h"

namespace capstan::catalog {

// A resource with what the catalog adds. `resource.fields` includes the volatile columns when it is of the present.
struct KnownResource {
  Resource resource;
  Json object;  // Where the kind is of a counterpart's objects: the object as it is kept. Only of a single resource.
  std::string scope;  // Who saw it first.
  Time since;         // When it appeared.
  Seq seq = 0;        // The fact that made it what it is.
};

// What a resource was for a while.
struct ResourceVersion {
  Resource resource;
  Time from;
  std::optional<Time> to;  // Nothing: still so.
  Seq seq = 0;             // The fact that made it so.
};

struct KnownRelation {
  Relation relation;
  Time since;
};

// A relation for as long as it was so.
struct RelationVersion {
  Relation relation;
  Time from;
  std::optional<Time> to;  // Nothing: still so.
};

struct KnownFinding {
  Finding finding;
  bool open = true;
  Time opened;
  std::optional<Time> resolved;
  Seq seq = 0;  // The newest fact about it.
};

struct KnownIncident {
  Incident incident;
  Seq seq = 0;
};

// The state is proposed, approved, rejected, cancelled, running, or how it ended: succeeded, failed, partial, reverted,
// unknown.
struct KnownPlan {
  Plan plan;
  std::string state;
  std::string by;    // Who approved or rejected it.
  std::string says;  // How it ended, as a sentence.
  Seq seq = 0;
};

struct KnownAction {
  Action action;
  std::string plan;
  ActionState state = ActionState::kRunning;
  Json before;  // What undo and probe need.
  std::string says;
  Json result;
  Time intended;
  std::optional<Time> finished;
  Seq intent = 0;  // The fact that announced it.
  Seq seq = 0;     // The newest fact about it.
};

// A mute that is in force, will end by itself, or was ended.
struct KnownMute {
  Mute mute;
  std::optional<Time> ended;  // By a person, before its time.
  std::string ended_by;
};

// What a list says of a finding; all of it is in `finding`.
struct FindingHead {
  std::string id;
  std::string rule;
  Severity severity = Severity::kMedium;
  ResourceId resource;
  std::string says;
};

// The kill switch: nothing acts.
struct Pause {
  std::string by;
  std::string reason;
  Time at;
};

// Used by one thread at a time; ends its view when destroyed. All lists are sorted by id unless said otherwise.
class CatalogReader {
 public:
  // From Catalog::reader.
  class View;
  explicit CatalogReader(std::unique_ptr<View> view);
  CatalogReader(CatalogReader&&) noexcept;
  CatalogReader& operator=(CatalogReader&&) noexcept;
  ~CatalogReader();

  // The fact this view is at.
  Seq seq() const;
  // Those its tables were made from, sorted by name.
  const std::vector<KindSpec>& kinds() const;

  // Nothing where no such resource is known now.
  Result<std::optional<KnownResource>> resource(std::string_view id) const;
  Result<std::vector<KnownResource>> resources(std::string_view kind, size_t limit = 100'000) const;
  // Those whose name or id contains the text, at most `limit`.
  Result<std::vector<KnownResource>> search(std::string_view text, size_t limit) const;
  // All that is known now, with what lasts of their fields; of a kind of objects the whole object. Ordered by id.
  Status each_resource(const std::function<void(Resource)>& take) const;
  // Every one's id, kind and name alone, ordered by kind and id.
  Status each_name(const std::function<void(Resource)>& take) const;
  // None for what is not known now.
  Result<ResourceLabels> labels_of(std::string_view id) const;
  // How many there are of each kind.
  Result<std::map<std::string, uint64_t>> counts() const;
  // Both directions.
  Result<std::vector<KnownRelation>> relations_of(std::string_view id) const;
  // The relations within `depth` steps of a resource in either direction, at most `limit` of them, nearest first.
  Result<std::vector<Relation>> neighbours(std::string_view id, int depth, size_t limit = 10'000) const;
  // All of them but those of one scope, in order, at most `limit`.
  Result<std::vector<Relation>> relations_but_of(std::string_view scope, size_t limit = SIZE_MAX >> 1) const;
  // As it was at a time; nothing where it did not exist then.
  Result<std::optional<Resource>> resource_at(std::string_view id, Time time) const;
  // Both directions, as they were at a time.
  Result<std::vector<KnownRelation>> relations_at(std::string_view id, Time time) const;
  // What a fact made it; nothing where no fact of this number did, or the version was forgotten.
  Result<std::optional<ResourceVersion>> version(std::string_view id, Seq seq) const;
  // Newest first.
  Result<std::vector<ResourceVersion>> history(std::string_view id, size_t limit = 1000) const;
  // The versions of a kind that were written after a fact, and began at `from` or later; in no order.
  Status each_version(std::string_view kind, Seq after, Time from,
                      const std::function<void(ResourceVersion)>& take) const;
  // The versions, of whatever kind, that have ended at `from` or later.
  Status each_end(Time from, const std::function<void(std::string_view id, Seq seq, Time end)>& take) const;
  // The relations that were so at `from` or later; in no order.
  Status each_relation_version(Time from, const std::function<void(RelationVersion)>& take) const;
  // What belonged to what: for each source the target it was last seen to have by this relation.
  Result<std::map<ResourceId, ResourceId>> last_targets(std::string_view relation) const;
  // The scopes that resources of a kind are seen from now, by id.
  Result<std::map<ResourceId, std::string, std::less<>>> scopes(std::string_view kind) const;
  // The resources of any kind that appeared, changed or went within [from, to], newest first: what an explanation
  // looks at first.
  Result<std::vector<ResourceVersion>> changed_between(Time from, Time to, size_t limit = 10'000) const;

  Result<std::vector<KnownFinding>> open_findings() const;
  Result<std::vector<FindingHead>> open_finding_heads() const;
  // Those that are in force at a time; all that were ever made for none, the newest first.
  Result<std::vector<KnownMute>> mutes(std::optional<Time> at, size_t limit = 10'000) const;
  // Open and resolved ones, those that changed last first.
  Result<std::vector<KnownFinding>> findings(size_t limit) const;
  Result<std::vector<KnownFinding>> findings_of(std::string_view resource, size_t limit = 100) const;
  // The ones of a rule that have ended, the newest first.
  Result<std::vector<KnownFinding>> resolved_findings(std::string_view rule, size_t limit = 1000) const;
  Result<std::optional<KnownFinding>> finding(std::string_view id) const;
  Result<std::vector<KnownIncident>> open_incidents() const;
  // The newest first.
  Result<std::vector<KnownIncident>> incidents(size_t limit) const;
  Result<std::optional<KnownIncident>> incident(std::string_view id) const;
  // All states for "", the newest first.
  Result<std::vector<KnownPlan>> plans(std::string_view state, size_t limit = 1000) const;
  Result<std::optional<KnownPlan>> plan(std::string_view id) const;
  Result<std::vector<KnownAction>> actions_of(std::string_view plan) const;
  Result<std::optional<KnownAction>> action(std::string_view id) const;
  // Intended and not finished: what a crash may have cut off.
  Result<std::vector<KnownAction>> unfinished_actions() const;
  // Nothing: Capstan acts.
  Result<std::optional<Pause>> paused() const;

 private:
  std::unique_ptr<View> view_;
};

}  // namespace capstan::catalog
