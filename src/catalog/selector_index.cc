#include "catalog/selector_index.h"

#include <algorithm>

namespace capstan::catalog {
namespace {

using Handles = std::vector<uint32_t>;

void take_out(Handles& handles, uint32_t handle) {
  const auto found = std::ranges::find(handles, handle);
  if (found == handles.end()) return;
  *found = handles.back();
  handles.pop_back();
}

template <class Postings, class Key>
void list(Postings& postings, const Key& key, uint32_t handle, bool add) {
  if (add) {
    Handles& handles = postings[key];
    if (handles.empty() || handles.back() != handle) handles.push_back(handle);  // Two selectors may name one pair.
    return;
  }
  const auto found = postings.find(key);
  if (found == postings.end()) return;
  take_out(found->second, handle);
  if (found->second.empty()) postings.erase(found);
}

// What was selected and what is, as pairs that differ.
template <class Tell>
void compare(Handles before, Handles after, const Tell& tell) {
  for (Handles* handles : {&before, &after}) {
    std::ranges::sort(*handles);
    handles->erase(std::unique(handles->begin(), handles->end()), handles->end());
  }
  Handles only;
  std::ranges::set_difference(before, after, std::back_inserter(only));
  for (uint32_t handle : only) tell(handle, false);
  only.clear();
  std::ranges::set_difference(after, before, std::back_inserter(only));
  for (uint32_t handle : only) tell(handle, true);
}

// The handle of a new entry, which may have been another's.
template <class Entries>
uint32_t new_entry(Entries& entries, Handles& free) {
  if (free.empty()) {
    entries.emplace_back();
    return static_cast<uint32_t>(entries.size() - 1);
  }
  const uint32_t handle = free.back();
  free.pop_back();
  return handle;
}

}  // namespace

// Words of labels that are no longer used stay; there are few beside the resources themselves.
SelectorIndex::Word SelectorIndex::intern(std::string text) {
  return words_.try_emplace(std::move(text), static_cast<Word>(words_.size() + 1)).first->second;
}

std::vector<SelectorIndex::Label> SelectorIndex::read(const ResourceLabels& labels) {
  std::vector<Label> read;
  read.reserve(labels.size());
  for (const auto& [name, value] : labels) read.push_back({intern(name), intern(name + '\n' + value)});
  return read;
}

SelectorIndex::Selector SelectorIndex::read(const LabelSelector& selector) {
  Selector read;
  for (const LabelSelector::Requirement& each : selector.requirements()) {
    Requirement requirement{.op = each.op, .name = intern(each.key), .pairs = {}};
    for (const std::string& value : each.values) requirement.pairs.push_back(intern(each.key + '\n' + value));
    read.push_back(std::move(requirement));
  }
  return read;
}

bool SelectorIndex::matches(const Selector& selector, const std::vector<Label>& labels) {
  return std::ranges::all_of(selector, [&](const Requirement& requirement) {
    const auto label = std::ranges::find(labels, requirement.name, &Label::name);
    const bool has = label != labels.end();
    const auto among = [&] { return std::ranges::find(requirement.pairs, label->pair) != requirement.pairs.end(); };
    switch (requirement.op) {
      case LabelSelector::Operator::kExists: return has;
      case LabelSelector::Operator::kAbsent: return !has;
      case LabelSelector::Operator::kIn: return has && among();
      case LabelSelector::Operator::kNotIn: return !has || !among();
    }
    return false;
  });
}

bool SelectorIndex::matches_any(const Source& source, const Target& target) {
  return std::ranges::any_of(source.selectors,
                             [&](const Selector& selector) { return matches(selector, target.labels); });
}

const SelectorIndex::Requirement* SelectorIndex::narrowest(const Place& place, const Selector& selector) {
  const Requirement* best = nullptr;
  size_t fewest = place.all_targets.size();
  for (const Requirement& requirement : selector) {
    if (requirement.op != LabelSelector::Operator::kIn) continue;
    size_t count = 0;
    for (Word pair : requirement.pairs) {
      if (const auto found = place.targets.find(pair); found != place.targets.end()) count += found->second.size();
    }
    if (best != nullptr && count >= fewest) continue;
    best = &requirement;
    fewest = count;
  }
  return best;
}

std::vector<SelectorIndex::Handle> SelectorIndex::selected_by(const Source& source) const {
  Handles found;
  for (const Selector& selector : source.selectors) {
    const auto consider = [&](const Handles& handles) {
      for (Handle handle : handles) {
        if (matches(selector, targets_[handle].labels)) found.push_back(handle);
      }
    };
    const Requirement* requirement = narrowest(*source.place, selector);
    if (requirement == nullptr) {
      consider(source.place->all_targets);
      continue;
    }
    for (Word pair : requirement->pairs) {
      if (const auto at = source.place->targets.find(pair); at != source.place->targets.end()) consider(at->second);
    }
  }
  return found;
}

std::vector<SelectorIndex::Handle> SelectorIndex::selecting(const Target& target) const {
  Handles found;
  const Place& place = *target.place;
  const auto consider = [&](const Handles& handles) {
    for (Handle handle : handles) {
      if (matches_any(sources_[handle], target)) found.push_back(handle);
    }
  };
  for (const Label& label : target.labels) {
    if (const auto at = place.sources.find(label.pair); at != place.sources.end()) consider(at->second);
  }
  consider(place.other_sources);
  return found;
}

void SelectorIndex::list_source(Handle handle, bool add) {
  const Source& entry = sources_[handle];
  if (entry.selectors.empty()) return;
  Place& place = *entry.place;
  bool is_other = false;
  for (const Selector& selector : entry.selectors) {
    const auto in = std::ranges::find(selector, LabelSelector::Operator::kIn, &Requirement::op);
    if (in == selector.end()) {
      is_other = true;
      continue;
    }
    for (Word pair : in->pairs) list(place.sources, pair, handle, add);
  }
  if (!is_other) return;
  if (add) {
    place.other_sources.push_back(handle);
  } else {
    take_out(place.other_sources, handle);
  }
}

void SelectorIndex::list_target(Handle handle, bool add) {
  const Target& entry = targets_[handle];
  Place& place = *entry.place;
  for (const Label& label : entry.labels) list(place.targets, label.pair, handle, add);
  if (add) {
    place.all_targets.push_back(handle);
  } else {
    take_out(place.all_targets, handle);
  }
}

SelectorIndex::Place& SelectorIndex::place_named(std::string_view name) {
  const auto found = places_.find(name);
  return found != places_.end() ? found->second : places_.try_emplace(std::string(name)).first->second;
}

SelectorIndex::Handle SelectorIndex::source_of(Sort sort, const ResourceId& id) {
  if (const auto found = source_handles_.find({sort, id}); found != source_handles_.end()) return found->second;
  const Handle handle = new_entry(sources_, free_sources_);
  sources_[handle] = {.sort = sort, .id = id, .place = nullptr, .selectors = {}};
  source_handles_.emplace(SourceKey{sort, sources_[handle].id}, handle);
  return handle;
}

SelectorIndex::Handle SelectorIndex::target_of(const ResourceId& id) {
  if (const auto found = target_handles_.find(id); found != target_handles_.end()) return found->second;
  const Handle handle = new_entry(targets_, free_targets_);
  targets_[handle] = {.id = id, .place = nullptr, .labels = {}};
  target_handles_.emplace(targets_[handle].id, handle);
  return handle;
}

void SelectorIndex::set_source(Sort sort, const ResourceId& id, std::string_view place,
                               const std::vector<LabelSelector>& selectors, std::vector<Pair>& changes) {
  if (selectors.empty() && !source_handles_.contains({sort, id})) return;
  const Handle handle = source_of(sort, id);
  Source& entry = sources_[handle];
  const bool known = entry.place != nullptr;
  const Handles before = known ? selected_by(entry) : Handles();
  if (known) list_source(handle, false);
  entry.place = &place_named(place);
  entry.selectors.clear();
  for (const LabelSelector& selector : selectors) entry.selectors.push_back(read(selector));
  list_source(handle, true);
  compare(before, selected_by(entry),
          [&](Handle target, bool is_new) { changes.push_back({sort, id, targets_[target].id, is_new}); });
  if (!selectors.empty()) return;
  source_handles_.erase({sort, id});
  entry = {};
  free_sources_.push_back(handle);
}

void SelectorIndex::set_target(const ResourceId& id, std::string_view place, const ResourceLabels& labels,
                               std::vector<Pair>& changes) {
  const Handle handle = target_of(id);
  Target& entry = targets_[handle];
  const bool known = entry.place != nullptr;
  const Handles before = known ? selecting(entry) : Handles();
  if (known) list_target(handle, false);
  entry.place = &place_named(place);
  entry.labels = read(labels);
  list_target(handle, true);
  compare(before, selecting(entry), [&](Handle source, bool is_new) {
    changes.push_back({sources_[source].sort, sources_[source].id, id, is_new});
  });
}

void SelectorIndex::remove_target(const ResourceId& id, std::vector<Pair>& changes) {
  const auto found = target_handles_.find(id);
  if (found == target_handles_.end()) return;
  const Handle handle = found->second;
  compare(selecting(targets_[handle]), {}, [&](Handle source, bool is_new) {
    changes.push_back({sources_[source].sort, sources_[source].id, id, is_new});
  });
  list_target(handle, false);
  target_handles_.erase(found);
  targets_[handle] = {};
  free_targets_.push_back(handle);
}

}  // namespace capstan::catalog
