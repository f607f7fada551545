#include "diagnose/scope.h"

#include <algorithm>
#include <set>

#include "diagnose/question.h"

namespace capstan::diagnose {
namespace {

constexpr size_t kMostResources = 5'000;

// Where the walks of a part lead from one resource.
class Walker {
 public:
  Walker(catalog::Picture& picture, const std::vector<Walk>& walks, Part part) : picture_(picture) {
    for (const Walk& walk : walks) {
      if (std::ranges::find(walk.parts, part) != walk.parts.end()) walks_.push_back(&walk);
    }
  }

  Result<std::vector<ResourceId>> step(const std::vector<ResourceId>& from) {
    std::vector<ResourceId> found;
    for (const Walk* walk : walks_) {
      const std::vector<ResourceId> starts = of_kinds(from, walk->from.on);
      if (starts.empty()) continue;
      if (!walk->from.find.empty()) {
        const Table table = TRY(ask(picture_, walk->from, starts));
        for (size_t row = 0; row < table.rows.size(); ++row) found.push_back(value_of(table, row, "id"));
        continue;
      }
      for (const ResourceId& id : starts) TRY(follow(*walk, id, found));
    }
    return found;
  }

 private:
  Status follow(const Walk& walk, const ResourceId& id, std::vector<ResourceId>& found) {
    for (const Relation& relation : picture_.relations_of(id)) {
      if (relation.kind != walk.relation) continue;
      const ResourceId& here = walk.backwards ? relation.target : relation.source;
      const ResourceId& there = walk.backwards ? relation.source : relation.target;
      if (here == id && std::ranges::find(walk.to, kind_of(there)) != walk.to.end()) found.push_back(there);
    }
    return {};
  }

  catalog::Picture& picture_;
  std::vector<const Walk*> walks_;
};

}  // namespace

std::vector<ResourceId> Scope::all() const {
  std::vector<ResourceId> ids = itself;
  ids.insert(ids.end(), needs.begin(), needs.end());
  ids.insert(ids.end(), callers.begin(), callers.end());
  return ids;
}

Result<std::vector<ResourceId>> reach(catalog::Picture& picture, const std::vector<Walk>& walks, Part part,
                                      std::vector<ResourceId> from) {
  Walker walker(picture, walks, part);
  std::set<ResourceId> known(from.begin(), from.end());
  std::vector<ResourceId> reached;
  while (!from.empty()) {
    std::vector<ResourceId> next;
    for (ResourceId& id : TRY(walker.step(from))) {
      if (id.empty() || !known.insert(id).second) continue;
      if (known.size() > kMostResources) {
        return fail(ErrorCode::kResourceExhausted, "more hangs together with it than can be looked at");
      }
      reached.push_back(id);
      next.push_back(std::move(id));
    }
    from = std::move(next);
  }
  return reached;
}

Result<Scope> scope_of(catalog::Picture& picture, const std::vector<Walk>& walks, const ResourceId& subject) {
  Scope scope{.subject = subject, .itself = {subject}, .needs = {}, .callers = {}};
  for (ResourceId& id : TRY(reach(picture, walks, Part::kItself, {subject}))) scope.itself.push_back(std::move(id));
  scope.needs = TRY(reach(picture, walks, Part::kNeeds, scope.itself));
  scope.callers = TRY(reach(picture, walks, Part::kCallers, scope.itself));
  std::erase_if(scope.callers,
                [&](const ResourceId& id) { return std::ranges::find(scope.needs, id) != scope.needs.end(); });
  return scope;
}

}  // namespace capstan::diagnose
