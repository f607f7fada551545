#include "catalog/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/json_changes.h"
#include "base/suggest.h"
#include "catalog/kind_table.h"

namespace capstan::catalog {
namespace {

constexpr size_t kLongestId = 1024;
constexpr size_t kMostLabels = 100;
constexpr size_t kMostProblems = 100;
constexpr size_t kLargestChange = 50 << 10;
constexpr size_t kLargestBody = 60 << 10;  // Below what the ledger takes, so that one odd resource never stops a look.

class Comparison {
 public:
  Comparison(const Observation& look, const KnownWorld& world, const std::vector<KindSpec>& kinds,
             size_t most_resources)
      : look_(look), world_(world), kinds_(kinds), most_resources_(most_resources) {
    complete_.insert(look.complete_kinds.begin(), look.complete_kinds.end());
    for (const auto& [id, why] : look.departures) departures_.emplace(id, &why);
  }

  Difference run() {
    for (const std::string& kind : look_.complete_kinds) (void)spec_of(kind);
    for (const Resource& resource : look_.resources) compare(resource);
    for (const Relation& relation : look_.relations) compare(relation);
    find_gone_relations();
    find_gone_resources();
    if (dropped_problems_ > 0) {
      difference_.problems.push_back(
          {ErrorCode::kInvalidArgument, fmt::format("{} more such problems in this look", dropped_problems_), {}});
    }
    return std::move(difference_);
  }

 private:
  void problem(ErrorCode code, std::string message) {
    if (difference_.problems.size() >= kMostProblems) {
      ++dropped_problems_;
      return;
    }
    difference_.problems.push_back({code, fmt::format("{}: {}", look_.scope, message), {}});
  }

  // Null, and told once, for a kind that no pack declares.
  const KindSpec* spec_of(const std::string& kind) {
    const auto spec = std::ranges::find(kinds_, kind, &KindSpec::name);
    if (spec != kinds_.end()) return &*spec;
    if (undeclared_.insert(kind).second) {
      std::vector<std::string_view> names;
      for (const KindSpec& known : kinds_) names.push_back(known.name);
      problem(ErrorCode::kInvalidArgument,
              fmt::format("no pack declares the kind '{}'{}", kind, did_you_mean(kind, names)));
    }
    return nullptr;
  }

  void add(std::string_view kind, const std::string& subject, Json body) {
    if (const size_t size = body.dump().size(); size > kLargestBody) {
      return problem(
          ErrorCode::kResourceExhausted,
          fmt::format("'{}' is not taken in: it has {} bytes, the limit is {}", subject, size, kLargestBody));
    }
    difference_.facts.push_back({.at = look_.at,
                                 .kind = std::string(kind),
                                 .subject = subject,
                                 .body = std::move(body),
                                 .cause = 0,
                                 .actor = "connector:" + look_.scope.substr(0, look_.scope.find(':'))});
  }

  void compare(const Resource& seen) {
    const KindSpec* spec = spec_of(seen.kind);
    if (spec == nullptr) {
      seen_.insert(seen.id);  // It is there, though we cannot take it in: nothing of that name is gone.
      return;
    }
    if (seen.id.empty() || seen.id.size() > kLongestId) {
      return problem(ErrorCode::kInvalidArgument,
                     fmt::format("a resource of the kind '{}' has an id of {} bytes; 1 to {} are taken", seen.kind,
                                 seen.id.size(), kLongestId));
    }
    if (!seen_.insert(seen.id).second) {
      return problem(ErrorCode::kInvalidArgument, fmt::format("the resource '{}' appears twice", seen.id));
    }
    if (spec->is_part()) {
      return problem(ErrorCode::kInvalidArgument,
                     fmt::format("'{}': the kind '{}' is of parts and has no resources", seen.id, seen.kind));
    }
    const Json fields = lasting_fields(*spec, seen.fields);
    const std::optional<KnownWorld::Thing> known = world_.find(seen.id);
    if (!known) return appear(seen, fields);
    if (known->kind != seen.kind) {
      return problem(ErrorCode::kInvalidArgument,
                     fmt::format("the resource '{}' is a {} and cannot become a {}", seen.id, known->kind, seen.kind));
    }
    Json changed = changes(seen, fields, *known);
    if (changed.members().empty()) return;
    if (changed.dump().size() > kLargestChange) forget_before(changed);
    add(fact_kind::kResourceChanged, seen.id,
        Json::object(
            {{"kind", seen.kind}, {"name", seen.name}, {"scope", look_.scope}, {"changed", std::move(changed)}}));
  }

  // The history has it, too.
  static void forget_before(Json& changed) {
    for (auto& [place, pair] : changed.mutable_members()) pair.mutable_items()[0] = Json();
  }

  void appear(const Resource& seen, const Json& fields) {
    if (world_.size() + appeared_ >= most_resources_) {
      return problem(
          ErrorCode::kResourceExhausted,
          fmt::format("'{}' is not taken in: the catalog holds its limit of {} resources", seen.id, most_resources_));
    }
    ++appeared_;
    add(fact_kind::kResourceAppeared, seen.id,
        Json::object({{"kind", seen.kind},
                      {"name", seen.name},
                      {"labels", to_json(limited(seen.labels))},
                      {"fields", fields},
                      {"scope", look_.scope}}));
  }

  static ResourceLabels limited(const ResourceLabels& labels) {
    if (labels.size() <= kMostLabels) return labels;
    return {labels.begin(), std::next(labels.begin(), kMostLabels)};
  }

  // By the place that changed ("state", "spec.replicas"), "name" or "label:<name>": [old, new].
  Json changes(const Resource& seen, const Json& fields, const KnownWorld::Thing& known) const {
    // Another scope than the owner may know less: what it leaves out it does not deny.
    const bool owner = known.scope == look_.scope;
    Json changed = Json::object();
    if (fields.dump() != known.fields) {
      const Json before = Json::parse(known.fields).value_or(Json::object());
      Json after = owner ? fields : before;
      if (!owner) {
        for (const auto& [column, value] : fields.members()) after.set(column, value);
      }
      for (JsonChange& change : json_changes(before, after)) {
        changed.set(change.path, Json::array({std::move(change.before), std::move(change.after)}));
      }
    }
    if (owner && known.name != seen.name) changed.set("name", Json::array({known.name, seen.name}));
    const ResourceLabels labels = limited(seen.labels);
    for (const auto& [name, value] : labels) {
      const auto before = known.labels.find(name);
      const bool had = before != known.labels.end();
      if (had && before->second == value) continue;
      changed.set("label:" + name, Json::array({had ? Json(before->second) : Json(), value}));
    }
    if (owner) {
      for (const auto& [name, value] : known.labels) {
        if (!labels.contains(name)) changed.set("label:" + name, Json::array({value, nullptr}));
      }
    }
    return changed;
  }

  void compare(const Relation& seen) {
    if (seen.source.empty() || seen.target.empty() || seen.kind.empty() || seen.source.size() > kLongestId ||
        seen.target.size() > kLongestId) {
      return problem(ErrorCode::kInvalidArgument,
                     fmt::format("a relation '{}' lacks its kind, source or target, or they are too long", seen.kind));
    }
    KnownWorld::End end{.kind = seen.kind, .target = seen.target};
    if (!seen_relations_.insert({seen.source, end}).second) return;
    if (world_.find_relation(seen.source, end)) return;
    add(fact_kind::kRelationAppeared, seen.source,
        Json::object({{"kind", seen.kind},
                      {"target", seen.target},
                      {"origin", to_string(seen.origin)},
                      {"scope", look_.scope}}));
  }

  // A relation belongs to a complete kind when its source does; the source may be gone or of another scope by now.
  bool source_is_complete(std::string_view source) const {
    const std::string* kind = world_.kind_of(source);
    return complete_.contains(kind != nullptr ? *kind : std::string(source.substr(0, source.find('/'))));
  }

  void relation_gone(const ResourceId& source, const KnownWorld::End& end) {
    add(fact_kind::kRelationGone, source,
        Json::object({{"kind", end.kind}, {"target", end.target}, {"scope", look_.scope}}));
  }

  void find_gone_relations() {
    for (const Relation& relation : look_.gone_relations) {
      const KnownWorld::End end{.kind = relation.kind, .target = relation.target};
      const std::optional<KnownWorld::Tie> tie = world_.find_relation(relation.source, end);
      const bool ours = tie && tie->scope == look_.scope;
      if (ours && seen_relations_.insert({relation.source, end}).second) relation_gone(relation.source, end);
    }
    if (complete_.empty()) return;
    std::set<ResourceId> sources;  // In order, so that the same look gives the same facts.
    for (std::string_view source : world_.sources_of_scope(look_.scope)) {
      if (source_is_complete(source)) sources.emplace(source);
    }
    for (const ResourceId& source : sources) {
      for (const auto& [end, tie] : world_.relations_from(source)) {
        if (tie.scope == look_.scope && !seen_relations_.contains({source, end})) relation_gone(source, end);
      }
    }
  }

  bool is_complete(std::string_view id) const {
    return complete_.contains(*world_.kind_of(id)) ||
           std::ranges::any_of(look_.complete_prefixes,
                               [&](const std::string& prefix) { return id.starts_with(prefix); });
  }

  void find_gone_resources() {
    std::set<ResourceId> gone;
    for (const ResourceId& id : look_.gone) {
      const std::string* scope = world_.scope_of(id);
      if (scope != nullptr && *scope == look_.scope && !seen_.contains(id)) gone.insert(id);
    }
    if (!complete_.empty() || !look_.complete_prefixes.empty()) {
      seen_.insert(look_.still_there.begin(), look_.still_there.end());
      for (std::string_view id : world_.of_scope(look_.scope)) {
        if (!seen_.contains(ResourceId(id)) && is_complete(id)) gone.emplace(id);
      }
    }
    for (const ResourceId& id : gone) {
      const KnownWorld::Thing thing = *world_.find(id);
      Json body = Json::object({{"kind", thing.kind}, {"name", thing.name}});
      if (const auto why = departures_.find(id); why != departures_.end()) body.set("departure", *why->second);
      add(fact_kind::kResourceGone, id, std::move(body));
    }
  }

  const Observation& look_;
  const KnownWorld& world_;
  const std::vector<KindSpec>& kinds_;
  const size_t most_resources_;
  size_t appeared_ = 0;
  size_t dropped_problems_ = 0;
  Difference difference_;
  std::unordered_set<std::string> complete_;
  std::unordered_map<std::string_view, const Json*> departures_;
  std::unordered_set<std::string> undeclared_;
  std::unordered_set<ResourceId> seen_;
  std::set<std::pair<ResourceId, KnownWorld::End>> seen_relations_;
};

}  // namespace

Difference difference(const Observation& look, const KnownWorld& world, const std::vector<KindSpec>& kinds,
                      size_t most_resources) {
  return Comparison(look, world, kinds, most_resources).run();
}

}  // namespace capstan::catalog
