#include "loop/versions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_changes.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostPlaces = 20;     // Of one version in a list; all of them are in the difference.
constexpr size_t kLongestValue = 400;  // In a list, in bytes.
constexpr size_t kMostDifferences = 5'000;

const KindSpec* spec_of(const catalog::CatalogReader& catalog, std::string_view kind) {
  const auto spec = std::ranges::find(catalog.kinds(), kind, &KindSpec::name);
  return spec == catalog.kinds().end() ? nullptr : &*spec;
}

Json shortened(Json value) {
  const size_t size = value.dump().size();
  return size <= kLongestValue ? std::move(value) : Json::object({{"$omitted", size}});
}

// Labels are told as the ledger tells them: "label:team".
std::vector<JsonChange> changes_of(const Resource& before, const Resource& after) {
  std::vector<JsonChange> changes = json_changes(before.fields, after.fields, kMostDifferences);
  for (JsonChange& change : json_changes(to_json(before.labels), to_json(after.labels), kMostDifferences)) {
    change.path = "label:" + change.path;
    changes.push_back(std::move(change));
  }
  if (before.name != after.name) changes.push_back({"name", before.name, after.name});
  return changes;
}

// What the counterpart reports of an object, other than what people ask of it.
bool is_status(std::string_view path) {
  return path == "status" || path.starts_with("status.") || path.starts_with("status[");
}

Json history_entry(const catalog::ResourceVersion& version, const catalog::ResourceVersion* before) {
  Json changes = Json::object();
  size_t places = 0, status_places = 0;
  if (before != nullptr) {
    for (JsonChange& change : changes_of(before->resource, version.resource)) {
      status_places += is_status(change.path);
      if (++places > kMostPlaces) continue;
      changes.set(change.path, Json::array({shortened(std::move(change.before)), shortened(std::move(change.after))}));
    }
  }
  return Json::object({{"at", format_time(version.from)},
                       {"kind", before ? "changed" : "appeared"},
                       {"seq", version.seq},
                       {"places", places},
                       {"status_places", status_places},
                       {"changes", std::move(changes)}});
}

Json version_json(const catalog::CatalogReader& catalog, const catalog::ResourceVersion& version) {
  const KindSpec* kind = spec_of(catalog, version.resource.kind);
  const bool is_object = kind != nullptr && kind->objects;
  return Json::object({{"seq", version.seq},
                       {"from", format_time(version.from)},
                       {"to", version.to ? Json(format_time(*version.to)) : Json()},
                       {"labels", to_json(version.resource.labels)},
                       {"object", is_object ? manifest_of(*kind, version.resource) : version.resource.fields}});
}

Result<catalog::ResourceVersion> version_of(const catalog::CatalogReader& catalog, std::string_view id, Seq seq) {
  std::optional<catalog::ResourceVersion> version = TRY(catalog.version(id, seq));
  if (version) return *std::move(version);
  return fail(ErrorCode::kNotFound, fmt::format("no version {} of '{}' is kept", seq, id));
}

}  // namespace

Json manifest_of(const KindSpec& kind, const Resource& resource) {
  Json object = resource.fields;
  if (!kind.objects || !object.is_object()) return object;
  for (const std::string& part : kind.objects->identity) {
    const auto column = std::ranges::find(kind.columns, part, &KindSpec::Column::name);
    if (column != kind.columns.end() && column->from.empty() && part != "name")
      std::erase_if(object.mutable_members(), [&](const auto& member) { return member.first == part; });
  }
  if (!resource.labels.empty()) kind.objects->labels.write(object, to_json(resource.labels));
  return object;
}

Json history_json(const std::vector<catalog::ResourceVersion>& versions) {
  Json entries = Json::array();
  if (!versions.empty() && versions.front().to) {
    entries.push_back(Json::object({{"at", format_time(*versions.front().to)},
                                    {"kind", "gone"},
                                    {"seq", nullptr},
                                    {"places", 0},
                                    {"status_places", 0},
                                    {"changes", Json::object()}}));
  }
  for (size_t i = 0; i < versions.size(); ++i) {
    // What is older than the oldest version we were given is not known, so that one counts as the appearance.
    const bool continues = i + 1 < versions.size() && versions[i + 1].to == versions[i].from;
    entries.push_back(history_entry(versions[i], continues ? &versions[i + 1] : nullptr));
  }
  return entries;
}

Result<Json> version_difference(const catalog::CatalogReader& catalog, std::string_view id, Seq before, Seq after) {
  const catalog::ResourceVersion newer = TRY(version_of(catalog, id, after));
  std::optional<catalog::ResourceVersion> older;
  if (before != 0) older = TRY(version_of(catalog, id, before));
  Json changes = Json::array();
  if (older) {
    for (JsonChange& change : changes_of(older->resource, newer.resource)) {
      changes.push_back(Json::object(
          {{"place", change.path}, {"before", std::move(change.before)}, {"after", std::move(change.after)}}));
    }
  }
  return Json::object({{"id", id},
                       {"before", older ? version_json(catalog, *older) : Json()},
                       {"after", version_json(catalog, newer)},
                       {"changes", std::move(changes)}});
}

}  // namespace capstan::loop
