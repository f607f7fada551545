// Which resources a label selector selects, kept up to date from both sides by posting lists: what a join in SQL does
// in a second takes it a millisecond.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/label_selector.h"
#include "model/resource.h"

namespace capstan::catalog {

// Not thread-safe. Sources of several sorts select from the same targets; a resource may be a source of some sorts and
// a target. What happens to one is told as pairs that are new or no more.
class SelectorIndex {
 public:
  using Sort = uint32_t;  // Of a source, as its owner counts them.
  struct Pair {
    Sort sort = 0;
    ResourceId source;
    ResourceId target;
    bool is_new = true;
  };

  // Takes the selectors of a source: within a place (a namespace of a cluster) each selects the targets of that place.
  // Replaces what it selected before; none takes the source away.
  void set_source(Sort sort, const ResourceId& id, std::string_view place, const std::vector<LabelSelector>& selectors,
                  std::vector<Pair>& changes);
  // Takes the labels of a target.
  void set_target(const ResourceId& id, std::string_view place, const ResourceLabels& labels,
                  std::vector<Pair>& changes);
  void remove_target(const ResourceId& id, std::vector<Pair>& changes);

 private:
  using Handle = uint32_t;
  using Word = uint32_t;  // An interned text; a label's name, or its name and value.

  struct Label {
    Word name = 0;
    Word pair = 0;
  };
  struct Requirement {
    LabelSelector::Operator op = LabelSelector::Operator::kIn;
    Word name = 0;
    std::vector<Word> pairs;
  };
  using Selector = std::vector<Requirement>;
  struct Place {
    std::unordered_map<Word, std::vector<Handle>> targets;  // By each pair of theirs.
    std::vector<Handle> all_targets;
    std::unordered_map<Word, std::vector<Handle>> sources;  // By a pair that their targets must have.
    std::vector<Handle> other_sources;                      // Those that name none.
  };
  struct Source {
    Sort sort = 0;
    ResourceId id;
    Place* place = nullptr;
    std::vector<Selector> selectors;
  };
  struct Target {
    ResourceId id;
    Place* place = nullptr;
    std::vector<Label> labels;
  };
  struct SourceKey {
    Sort sort;
    std::string_view id;
    bool operator==(const SourceKey&) const = default;
  };
  struct SourceHash {
    size_t operator()(const SourceKey& key) const { return std::hash<std::string_view>()(key.id) * 31 + key.sort; }
  };

  Word intern(std::string text);
  std::vector<Label> read(const ResourceLabels& labels);
  Selector read(const LabelSelector& selector);
  static bool matches(const Selector& selector, const std::vector<Label>& labels);
  static bool matches_any(const Source& source, const Target& target);
  // The requirement whose targets are fewest to look at; nullptr where all have to be.
  static const Requirement* narrowest(const Place& place, const Selector& selector);
  std::vector<Handle> selected_by(const Source& source) const;
  std::vector<Handle> selecting(const Target& target) const;
  void list_source(Handle handle, bool add);
  void list_target(Handle handle, bool add);
  Place& place_named(std::string_view name);
  Handle source_of(Sort sort, const ResourceId& id);
  Handle target_of(const ResourceId& id);

  std::unordered_map<std::string, Word> words_;
  std::map<std::string, Place, std::less<>> places_;
  // The keys lie in the entries, which do not move.
  std::unordered_map<SourceKey, Handle, SourceHash> source_handles_;
  std::unordered_map<std::string_view, Handle> target_handles_;
  std::deque<Source> sources_;
  std::deque<Target> targets_;
  std::vector<Handle> free_sources_;
  std::vector<Handle> free_targets_;
};

}  // namespace capstan::catalog
