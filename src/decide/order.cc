#include "decide/order.h"

#include <algorithm>

namespace capstan::decide {
namespace {

using Graph = std::map<ResourceId, std::set<ResourceId>>;

// What each resource depends on.
Graph dependencies(const std::vector<Relation>& relations) {
  Graph graph;
  for (const Relation& relation : relations) {
    if (relation.kind != "depends_on" && relation.kind != "runs_on") continue;
    if (relation.source != relation.target) graph[relation.source].insert(relation.target);
  }
  return graph;
}

// The nearest targets below `start`, through whatever lies between.
std::set<ResourceId> nearest_targets(const ResourceId& start, const Graph& graph, const std::set<ResourceId>& targets) {
  std::set<ResourceId> found;
  std::set<ResourceId> seen = {start};
  std::vector<ResourceId> stack = {start};
  while (!stack.empty()) {
    const ResourceId at = std::move(stack.back());
    stack.pop_back();
    const auto next = graph.find(at);
    if (next == graph.end()) continue;
    for (const ResourceId& id : next->second) {
      if (!seen.insert(id).second) continue;
      if (targets.contains(id))
        found.insert(id);
      else
        stack.push_back(id);
    }
  }
  return found;
}

// Whether `to` can be reached from `from` along the links that were accepted so far.
bool reaches(const Graph& graph, const ResourceId& from, const ResourceId& to) {
  std::set<ResourceId> seen = {from};
  std::vector<ResourceId> stack = {from};
  while (!stack.empty()) {
    const ResourceId at = std::move(stack.back());
    stack.pop_back();
    if (at == to) return true;
    const auto next = graph.find(at);
    if (next == graph.end()) continue;
    for (const ResourceId& id : next->second) {
      if (seen.insert(id).second) stack.push_back(id);
    }
  }
  return false;
}

}  // namespace

Order order_by_dependency(const std::set<ResourceId>& targets, const std::vector<Relation>& relations,
                          bool dependents_first) {
  const Graph graph = dependencies(relations);
  Order order;
  for (const ResourceId& target : targets) {
    for (const ResourceId& below : nearest_targets(target, graph, targets)) {
      const ResourceId& first = dependents_first ? target : below;
      const ResourceId& second = dependents_first ? below : target;
      if (reaches(order.after, first, second))
        order.cycles.push_back(second);
      else
        order.after[second].insert(first);
    }
  }
  return order;
}

}  // namespace capstan::decide
