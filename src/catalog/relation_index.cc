#include "catalog/relation_index.h"

#include <algorithm>
#include <utility>

namespace capstan::catalog {

std::optional<RelationIndex::Handle> RelationIndex::handle_of(std::string_view id) const {
  const auto found = handles_.find(id);
  return found == handles_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<RelationIndex::Kind> RelationIndex::kind_named(std::string_view name) const {
  const auto found = std::ranges::find(kinds_, name);
  return found == kinds_.end() ? std::nullopt : std::optional(static_cast<Kind>(found - kinds_.begin()));
}

RelationIndex::Handle RelationIndex::take_handle(std::string_view id) {
  if (const auto known = handle_of(id)) return *known;
  Handle handle = handles();
  if (free_.empty()) {
    nodes_.emplace_back();
  } else {
    handle = free_.back();
    free_.pop_back();
  }
  nodes_[handle].id = id;
  handles_.emplace(nodes_[handle].id, handle);
  return handle;
}

void RelationIndex::drop_if_bare(Handle handle) {
  Node& node = nodes_[handle];
  if (!node.out.empty() || !node.in.empty() || node.id.empty()) return;
  handles_.erase(node.id);
  node = {};
  free_.push_back(handle);
}

RelationIndex::Kind RelationIndex::take_kind(std::string_view name) {
  if (const auto known = kind_named(name)) return *known;
  kinds_.emplace_back(name);
  return static_cast<Kind>(kinds_.size() - 1);
}

std::vector<RelationIndex::Edge>::const_iterator RelationIndex::place_of(const std::vector<Edge>& edges,
                                                                         std::string_view kind,
                                                                         std::string_view other) const {
  return std::ranges::lower_bound(edges, std::pair(kind, other), {}, [this](const Edge& edge) {
    return std::pair<std::string_view, std::string_view>(kinds_[edge.kind], nodes_[edge.other].id);
  });
}

bool RelationIndex::insert(std::string_view source, std::string_view kind, std::string_view target, Tag tag) {
  if (find(source, kind, target)) return false;
  const Handle from = take_handle(source);
  const Handle to = take_handle(target);
  const Kind number = take_kind(kind);
  std::vector<Edge>& out = nodes_[from].out;
  out.insert(place_of(out, kind, target), {.other = to, .kind = number, .tag = tag});
  std::vector<Edge>& in = nodes_[to].in;
  in.insert(place_of(in, kind, source), {.other = from, .kind = number, .tag = tag});
  ++size_;
  return true;
}

bool RelationIndex::erase(std::string_view source, std::string_view kind, std::string_view target) {
  if (!find(source, kind, target)) return false;
  const Handle from = *handle_of(source);
  const Handle to = *handle_of(target);
  std::vector<Edge>& out = nodes_[from].out;
  out.erase(place_of(out, kind, target));
  std::vector<Edge>& in = nodes_[to].in;
  in.erase(place_of(in, kind, source));
  --size_;
  drop_if_bare(from);
  drop_if_bare(to);
  return true;
}

std::optional<RelationIndex::Tag> RelationIndex::find(std::string_view source, std::string_view kind,
                                                      std::string_view target) const {
  const auto from = handle_of(source);
  const auto to = handle_of(target);
  const auto number = kind_named(kind);
  if (!from || !to || !number) return std::nullopt;
  const std::vector<Edge>& out = nodes_[*from].out;
  const auto place = place_of(out, kind, target);
  if (place == out.end() || place->kind != *number || place->other != *to) return std::nullopt;
  return place->tag;
}

std::span<const RelationIndex::Edge> RelationIndex::of_kind(std::span<const Edge> edges, Kind kind) const {
  const auto range = std::ranges::equal_range(
      edges, kinds_[kind], {}, [this](const Edge& edge) -> const std::string& { return kinds_[edge.kind]; });
  return {range.begin(), range.end()};
}

}  // namespace capstan::catalog
