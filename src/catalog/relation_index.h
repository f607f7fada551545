// Relations in memory, found from either end: each resource's name is kept once, and a relation takes some bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/resource.h"

namespace capstan::catalog {

// Not thread-safe.
class RelationIndex {
 public:
  using Handle = uint32_t;  // Of a resource that a relation has as an end, for as long as it has.
  using Kind = uint16_t;
  using Tag = uint16_t;  // What the owner of the index knows of a relation beside its ends and kind.

  struct Edge {
    Handle other = 0;  // The end that it is not found from.
    Kind kind = 0;
    Tag tag = 0;
  };

  // False where the relation is there already, whatever its tag; it stays as it is.
  bool insert(std::string_view source, std::string_view kind, std::string_view target, Tag tag = 0);
  // False where it is not there.
  bool erase(std::string_view source, std::string_view kind, std::string_view target);
  std::optional<Tag> find(std::string_view source, std::string_view kind, std::string_view target) const;
  // Of relations.
  size_t size() const { return size_; }

  std::optional<Handle> handle_of(std::string_view id) const;
  std::optional<Kind> kind_named(std::string_view name) const;
  // Valid as long as the handle.
  const ResourceId& id(Handle handle) const { return nodes_[handle].id; }
  const std::string& name(Kind kind) const { return kinds_[kind]; }
  // In the order of kind and other end, by their texts. Valid until the next change.
  std::span<const Edge> from(Handle source) const { return nodes_[source].out; }
  std::span<const Edge> to(Handle target) const { return nodes_[target].in; }
  std::span<const Edge> of_kind(std::span<const Edge> edges, Kind kind) const;
  // All handles are smaller; those of no resource have no edges.
  Handle handles() const { return static_cast<Handle>(nodes_.size()); }

 private:
  struct Node {
    ResourceId id;
    std::vector<Edge> out;
    std::vector<Edge> in;
  };

  Handle take_handle(std::string_view id);
  void drop_if_bare(Handle handle);
  Kind take_kind(std::string_view name);
  std::vector<Edge>::const_iterator place_of(const std::vector<Edge>& edges, std::string_view kind,
                                             std::string_view other) const;

  std::deque<Node> nodes_;
  std::vector<Handle> free_;
  std::unordered_map<std::string_view, Handle> handles_;  // By the ids in the nodes, which do not move.
  std::vector<std::string> kinds_;                        // Few.
  size_t size_ = 0;
};

}  // namespace capstan::catalog
