#include "loop/checks.h"

#include <algorithm>
#include <array>
#include <map>

#include "loop/mute_list.h"

namespace capstan::loop {
namespace {

constexpr std::string_view kNone = "-";
constexpr size_t kMostCounts = 500;  // Of one facet.

struct Violation {
  catalog::FindingHead head;
  ObjectPlace place;
  std::string owner;
  const Mute* mute = nullptr;
};

// Whose resources are, by their labels or by those of their namespaces.
class Owners {
 public:
  Owners(const catalog::CatalogReader& catalog, const std::vector<std::string>& names)
      : catalog_(catalog), names_(names) {}

  Result<std::string> of(const ResourceId& id, const ObjectPlace& place) {
    std::string owner = TRY(named_by(id));
    if (!owner.empty()) return owner;
    const ResourceId space = namespace_id(catalog_.kinds(), place);
    return space.empty() ? Result<std::string>(std::string()) : named_by(space);
  }

 private:
  Result<std::string> named_by(const ResourceId& id) {
    const auto known = known_.find(id);
    if (known != known_.end()) return known->second;
    const ResourceLabels labels = TRY(catalog_.labels_of(id));
    std::string owner;
    for (const std::string& name : names_) {
      const auto label = labels.find(name);
      if (label == labels.end() || label->second.empty()) continue;
      owner = label->second;
      break;
    }
    return known_[id] = std::move(owner);
  }

  const catalog::CatalogReader& catalog_;
  const std::vector<std::string>& names_;
  std::map<ResourceId, std::string> known_;
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, {}, lower, lower).empty() || part.empty();
}

// One thing by which violations are told apart: counted over those that pass all filters but its own.
struct Facet {
  std::string_view name;
  std::string ChecksQuery::* wanted;
  std::string (*value)(const Violation&);
};
std::string or_none(const std::string& text) { return text.empty() ? std::string(kNone) : text; }
constexpr std::array<Facet, 5> kFacets = {{
    {"severity", &ChecksQuery::severity,
     [](const Violation& one) { return std::string(to_string(one.head.severity)); }},
    {"owner", &ChecksQuery::owner, [](const Violation& one) { return or_none(one.owner); }},
    {"cluster", &ChecksQuery::cluster, [](const Violation& one) { return or_none(one.place.cluster); }},
    {"namespace", &ChecksQuery::space, [](const Violation& one) { return or_none(one.place.space); }},
    {"rule", &ChecksQuery::rule, [](const Violation& one) { return one.head.rule; }},
}};

bool found_by(const Violation& one, const ChecksQuery& query) {
  if (!query.resource.empty() && one.head.resource != query.resource) return false;
  return contains(one.head.rule, query.search) || contains(one.head.resource, query.search) ||
         contains(one.head.says, query.search);
}

// The facet that keeps it out; kFacets.size() for none, nothing where several do.
std::optional<size_t> kept_out_by(const Violation& one, const ChecksQuery& query) {
  size_t by = kFacets.size();
  for (size_t i = 0; i < kFacets.size(); ++i) {
    const std::string& wanted = query.*kFacets[i].wanted;
    if (wanted.empty() || wanted == kFacets[i].value(one)) continue;
    if (by != kFacets.size()) return std::nullopt;
    by = i;
  }
  return by;
}

Json counts_json(const std::map<std::string, int64_t>& counts) {
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted, std::greater(), &std::pair<std::string, int64_t>::second);
  if (sorted.size() > kMostCounts) sorted.resize(kMostCounts);
  Json list = Json::array();
  for (const auto& [value, count] : sorted) list.push_back(Json::object({{"value", value}, {"count", count}}));
  return list;
}

Result<Json> violation_json(const catalog::CatalogReader& catalog, const ChecksContext& context, const Violation& one) {
  const std::optional<catalog::KnownFinding> known = TRY(catalog.finding(one.head.id));
  if (!known) return Json();
  Json json = known->finding.to_json();
  json.set("opened", format_time(known->opened));
  json.set("definition", context.rules.at(one.head.rule));
  json.set("owner", one.owner);
  json.set("cluster", one.place.cluster);
  json.set("namespace", one.place.space);
  json.set("muted", one.mute == nullptr ? Json() : one.mute->to_json());
  return json;
}

}  // namespace

Result<Json> checks_answer(const catalog::CatalogReader& catalog, const ChecksContext& context,
                           const ChecksQuery& query) {
  const MuteList mutes = TRY(MuteList::read(catalog, context.now));
  Owners owners(catalog, context.owner_labels);
  std::array<std::map<std::string, int64_t>, kFacets.size()> counts;
  std::vector<Violation> shown;
  int64_t all = 0;
  int64_t muted = 0;
  for (catalog::FindingHead& head : TRY(catalog.open_finding_heads())) {
    if (!context.rules.contains(head.rule)) continue;
    Violation one{.head = std::move(head), .place = {}, .owner = {}};
    one.place = place_of(catalog.kinds(), one.head.resource);
    one.owner = TRY(owners.of(one.head.resource, one.place));
    one.mute = mutes.of(one.head.id, one.head.rule, one.head.resource);
    ++all;
    if (!found_by(one, query)) continue;
    const std::optional<size_t> kept_out = kept_out_by(one, query);
    if (!kept_out) continue;
    const bool passes = *kept_out == kFacets.size();
    if (passes && one.mute != nullptr) ++muted;
    if (query.muted != "all" && (one.mute != nullptr) != (query.muted == "only")) continue;
    for (size_t i = 0; i < kFacets.size(); ++i) {
      if (passes || *kept_out == i) ++counts[i][kFacets[i].value(one)];
    }
    if (passes) shown.push_back(std::move(one));
  }
  std::ranges::stable_sort(shown, [](const Violation& a, const Violation& b) {
    if (a.head.severity != b.head.severity) return a.head.severity > b.head.severity;
    return std::tie(a.head.rule, a.head.resource) < std::tie(b.head.rule, b.head.resource);
  });
  Json list = Json::array();
  for (size_t i = query.offset; i < shown.size() && i - query.offset < query.limit; ++i) {
    Json json = TRY(violation_json(catalog, context, shown[i]));
    if (!json.is_null()) list.push_back(std::move(json));
  }
  Json facets = Json::object();
  for (size_t i = 0; i < kFacets.size(); ++i) facets.set(std::string(kFacets[i].name), counts_json(counts[i]));
  return Json::object({{"total", shown.size()},
                       {"all", all},
                       {"muted", muted},
                       {"rules", context.rules.size()},
                       {"counts", std::move(facets)},
                       {"findings", std::move(list)}});
}

}  // namespace capstan::loop
