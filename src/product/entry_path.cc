#include "product/entry_path.h"

#include <span>

namespace capstan::product {
namespace {

constexpr size_t kMostFound = 1'000;

std::vector<std::string_view> steps_of(std::string_view path) {
  std::vector<std::string_view> steps;
  while (!path.empty()) {
    const size_t end = path.find('/');
    steps.push_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return steps;
}

struct Search {
  std::vector<FoundEntry> found = {};
  std::vector<const ConfigEntry*> within = {};

  void find(const std::vector<ConfigEntry>& entries, std::span<const std::string_view> steps) {
    if (steps.empty() || found.size() >= kMostFound) return;
    const bool any_depth = steps[0] == "**";
    const std::span<const std::string_view> here = any_depth ? steps.subspan(1) : steps;
    if (here.empty()) return;
    for (const ConfigEntry& entry : entries) {
      if (here[0] == "*" || here[0] == entry.name) {
        if (here.size() == 1) {
          if (found.size() < kMostFound) found.push_back({&entry, within});
        } else {
          enter(entry, here.subspan(1));
        }
      }
      if (any_depth) enter(entry, steps);
    }
  }
  void enter(const ConfigEntry& entry, std::span<const std::string_view> steps) {
    within.push_back(&entry);
    find(entry.entries, steps);
    within.pop_back();
  }
};

}  // namespace

std::string FoundEntry::place() const {
  std::string text;
  for (size_t i = 1; i < within.size(); ++i) {
    if (!text.empty()) text += " / ";
    text += within[i]->name;
    for (const std::string& value : within[i]->values) text += " " + value;
  }
  return text;
}

std::vector<FoundEntry> find_entries(const std::vector<ConfigEntry>& entries, std::string_view path) {
  Search search;
  const std::vector<std::string_view> steps = steps_of(path);
  search.find(entries, steps);
  return std::move(search.found);
}

}  // namespace capstan::product
