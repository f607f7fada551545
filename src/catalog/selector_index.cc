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

bool SelectorIndex::matches_any(const Entry& source, const Entry& target) {
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

std::vector<SelectorIndex::Handle> SelectorIndex::selected_by(const Entry& source) const {
  Handles found;
  const auto place = places_.find(source.place);
  if (place == places_.end()) return found;
  for (const Selector& selector : source.selectors) {
    const auto consider = [&](const Handles& handles) {
      for (Handle handle : handles) {
        if (matches(selector, targets_[handle].labels)) found.push_back(handle);
      }
    };
    const Requirement* requirement = narrowest(place->second, selector);
    if (requirement == nullptr) {
      consider(place->second.all_targets);
      continue;
    }
    for (Word pair : requirement->pairs) {
      if (const auto at = place->second.targets.find(pair); at != place->second.targets.end()) consider(at->second);
    }
  }
  return found;
}

std::vector<SelectorIndex::Handle> SelectorIndex::selecting(const Entry& target) const {
  Handles found;
  const auto place = places_.find(target.place);
  if (place == places_.end()) return found;
  const auto consider = [&](const Handles& handles) {
    for (Handle handle : handles) {
      if (matches_any(sources_[handle], target)) found.push_back(handle);
    }
  };
  for (const Label& label : target.labels) {
    if (const auto at = place->second.sources.find(label.pair); at != place->second.sources.end()) consider(at->second);
  }
  consider(place->second.other_sources);
  return found;
}

void SelectorIndex::list_source(Handle handle, bool add) {
  const Entry& entry = sources_[handle];
  if (entry.selectors.empty()) return;
  Place& place = places_[entry.place];
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
  const Entry& entry = targets_[handle];
  Place& place = places_[entry.place];
  for (const Label& label : entry.labels) list(place.targets, label.pair, handle, add);
  if (add) {
    place.all_targets.push_back(handle);
  } else {
    take_out(place.all_targets, handle);
  }
}

SelectorIndex::Handle SelectorIndex::entry_of(std::unordered_map<ResourceId, Handle>& handles,
                                              std::vector<Entry>& entries, const ResourceId& id) {
  std::vector<Handle>& free = &entries == &sources_ ? free_sources_ : free_targets_;
  const auto [found, is_new] = handles.try_emplace(id, static_cast<Handle>(entries.size()));
  if (!is_new) return found->second;
  if (free.empty()) {
    entries.push_back({.id = id, .place = "", .labels = {}, .selectors = {}});
  } else {
    found->second = free.back();
    free.pop_back();
    entries[found->second].id = id;
  }
  return found->second;
}

void SelectorIndex::set_source(const ResourceId& id, std::string_view place,
                               const std::vector<LabelSelector>& selectors, std::vector<Pair>& changes) {
  const bool known = source_handles_.contains(id);
  if (!known && selectors.empty()) return;
  const Handle handle = entry_of(source_handles_, sources_, id);
  Entry& entry = sources_[handle];
  const Handles before = known ? selected_by(entry) : Handles();
  if (known) list_source(handle, false);
  entry.place = place;
  entry.selectors.clear();
  for (const LabelSelector& selector : selectors) entry.selectors.push_back(read(selector));
  list_source(handle, true);
  compare(before, selected_by(entry),
          [&](Handle target, bool is_new) { changes.push_back({id, targets_[target].id, is_new}); });
  if (!selectors.empty()) return;
  source_handles_.erase(id);
  free_sources_.push_back(handle);
}

void SelectorIndex::set_target(const ResourceId& id, std::string_view place, const ResourceLabels& labels,
                               std::vector<Pair>& changes) {
  const bool known = target_handles_.contains(id);
  const Handle handle = entry_of(target_handles_, targets_, id);
  Entry& entry = targets_[handle];
  const Handles before = known ? selecting(entry) : Handles();
  if (known) list_target(handle, false);
  entry.place = place;
  entry.labels = read(labels);
  list_target(handle, true);
  compare(before, selecting(entry),
          [&](Handle source, bool is_new) { changes.push_back({sources_[source].id, id, is_new}); });
}

void SelectorIndex::remove_target(const ResourceId& id, std::vector<Pair>& changes) {
  const auto found = target_handles_.find(id);
  if (found == target_handles_.end()) return;
  const Handle handle = found->second;
  compare(selecting(targets_[handle]), {},
          [&](Handle source, bool is_new) { changes.push_back({sources_[source].id, id, is_new}); });
  list_target(handle, false);
  targets_[handle] = {};
  target_handles_.erase(found);
  free_targets_.push_back(handle);
}

}  // namespace capstan::catalog
