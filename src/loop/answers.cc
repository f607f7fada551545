#include "loop/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "loop/versions.h"
#include "model/object_mapping.h"
#include "model/phrases.h"
#include "model/words.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostNodes = 2'000;
constexpr size_t kMostVersions = 100;

class Names {
 public:
  explicit Names(const catalog::CatalogReader& catalog) : catalog_(catalog) {}
  const Resource& of(const ResourceId& id) {
    const auto known = names_.find(id);
    if (known != names_.end()) return known->second;
    Resource resource{.id = id, .kind = id.substr(0, id.find('/')), .name = id, .labels = {}, .fields = {}};
    if (auto found = catalog_.resource(id); found && *found) resource = std::move((*found)->resource);
    return names_[id] = std::move(resource);
  }

 private:
  const catalog::CatalogReader& catalog_;
  std::map<ResourceId, Resource> names_;
};

Result<Json> relations_json(const catalog::CatalogReader& catalog, std::string_view id, std::optional<Time> at) {
  Names names(catalog);
  Json relations = Json::array();
  for (const catalog::KnownRelation& known : TRY(at ? catalog.relations_at(id, *at) : catalog.relations_of(id))) {
    const Relation& relation = known.relation;
    relations.push_back(Json::object({{"source", relation.source},
                                      {"kind", relation.kind},
                                      {"target", relation.target},
                                      {"origin", to_string(relation.origin)},
                                      {"since", format_time(known.since)},
                                      {"source_name", names.of(relation.source).name},
                                      {"source_kind", names.of(relation.source).kind},
                                      {"target_name", names.of(relation.target).name},
                                      {"target_kind", names.of(relation.target).kind}}));
  }
  return relations;
}

std::map<ResourceId, Severity> severities(const catalog::CatalogReader& catalog) {
  std::map<ResourceId, Severity> worst;
  const auto findings = catalog.open_findings();
  if (!findings) return worst;
  for (const catalog::KnownFinding& known : *findings) {
    auto [entry, added] = worst.emplace(known.finding.resource, known.finding.severity);
    if (!added) entry->second = std::max(entry->second, known.finding.severity);
  }
  return worst;
}

// The columns of an object, as its kind's table shows them.
Json columns_of(const KindSpec& kind, const Json& object) {
  Json columns = Json::object();
  for (const KindSpec::Column& column : kind.columns) {
    if (Json value = column_value(column, object); !value.is_null()) columns.set(column.name, std::move(value));
  }
  return columns;
}

}  // namespace

Json labels_json(const Labels& labels) { return Json::Object(labels.begin(), labels.end()); }

Json fact_json(const Fact& fact) {
  return Json::object({{"seq", fact.seq},
                       {"at", format_time(fact.at)},
                       {"kind", fact.kind},
                       {"subject", fact.subject},
                       {"body", fact.body},
                       {"cause", fact.cause},
                       {"actor", fact.actor},
                       {"redacted", fact.redacted}});
}

Json resource_json(const catalog::KnownResource& known) {
  return Json::object({{"id", known.resource.id},
                       {"kind", known.resource.kind},
                       {"name", known.resource.name},
                       {"labels", to_json(known.resource.labels)},
                       {"fields", known.resource.fields},
                       {"since", format_time(known.since)}});
}

Json verification_json(const ledger::Verification& found) {
  Json broken;
  if (found.broken) broken = Json::object({{"seq", found.broken->seq}, {"reason", found.broken->reason}});
  return Json::object(
      {{"first", found.first}, {"last", found.last}, {"redacted", found.redacted}, {"broken", std::move(broken)}});
}

namespace {

// Where its pack does not say it, what Capstan calls a verb's last part in Korean ("stop_service") is its title there.
Words title_of(const VerbSpec& spec) {
  if (!spec.title_ko.empty()) return Words::in_both(spec.title, spec.title_ko);
  const Phrase* phrase = find_phrase("do." + spec.name.substr(spec.name.rfind('.') + 1));
  return Words::in_both(spec.title, phrase ? std::string(phrase->korean) : "");
}

}  // namespace

Json verb_json(const VerbSpec& spec) {
  Json::Array parameters;
  for (const VerbSpec::Parameter& parameter : spec.parameters) {
    parameters.push_back(Json::object({{"name", parameter.name},
                                       {"type", to_string(parameter.type)},
                                       {"required", parameter.required},
                                       {"help", parameter.help}}));
  }
  Json json = Json::object({{"name", spec.name},
                            {"help", spec.help},
                            {"danger", to_string(spec.danger)},
                            {"idempotent", spec.idempotent},
                            {"undoable", spec.undoable},
                            {"stoppable", spec.stoppable},
                            {"target_kinds", Json::Array(spec.target_kinds.begin(), spec.target_kinds.end())},
                            {"parameters", std::move(parameters)}});
  set_words(json, "title", title_of(spec));
  return json;
}

Result<Json> resource_answer(const catalog::CatalogReader& catalog, std::string_view id, std::optional<Time> at) {
  const std::optional<catalog::KnownResource> present = TRY(catalog.resource(id));
  const std::vector<catalog::ResourceVersion> versions = TRY(catalog.history(id, kMostVersions));
  if (!present && versions.empty())
    return fail(ErrorCode::kNotFound, fmt::format("no resource '{}' was ever seen", id));
  catalog::KnownResource shown;
  if (at) {
    const std::optional<Resource> then = TRY(catalog.resource_at(id, *at));
    if (!then) return fail(ErrorCode::kNotFound, fmt::format("there was no resource '{}' at {}", id, format_time(*at)));
    shown.resource = *then;
    shown.since = versions.empty() ? *at : versions.back().from;
  } else if (present) {
    shown = *present;
  } else {
    shown.resource = versions.front().resource;
    shown.since = versions.back().from;
  }
  Json findings = Json::array();
  for (const catalog::KnownFinding& known : TRY(catalog.open_findings())) {
    if (known.finding.resource == id) findings.push_back(known.finding.to_json());
  }
  const auto kind = std::ranges::find(catalog.kinds(), shown.resource.kind, &KindSpec::name);
  Json object;
  if (kind != catalog.kinds().end() && kind->objects) {
    // What was is the object itself; of what is, the fields are columns.
    const bool is_present = !at && present;
    if (is_present) shown.resource.fields = std::exchange(shown.object, shown.resource.fields);
    object = manifest_of(*kind, shown.resource);
    shown.resource.fields = is_present ? std::move(shown.object) : columns_of(*kind, shown.resource.fields);
  }
  return Json::object({{"resource", resource_json(shown)},
                       {"object", std::move(object)},
                       {"gone", !present},
                       {"relations", TRY(relations_json(catalog, id, at))},
                       {"history", history_json(versions)},
                       {"findings", std::move(findings)}});
}

Result<Json> graph_answer(const catalog::CatalogReader& catalog, const std::vector<KindSpec>& kinds,
                          std::string_view id, int depth) {
  std::vector<Relation> relations;
  std::set<ResourceId> nodes;
  bool truncated = false;
  if (!id.empty()) {
    nodes.insert(ResourceId(id));
    relations = TRY(catalog.neighbours(id, depth, kMostNodes));
  } else {
    for (const KindSpec& kind : kinds) {
      if (kind.is_part()) continue;
      for (const catalog::KnownResource& known : TRY(catalog.resources(kind.name, kMostNodes))) {
        if (nodes.size() >= kMostNodes) {
          truncated = true;
          break;
        }
        nodes.insert(known.resource.id);
        for (const catalog::KnownRelation& one : TRY(catalog.relations_of(known.resource.id))) {
          if (one.relation.source == known.resource.id) relations.push_back(one.relation);
        }
      }
    }
    std::erase_if(relations, [&](const Relation& one) { return !nodes.contains(one.target); });
  }
  for (const Relation& relation : relations) {
    nodes.insert(relation.source);
    nodes.insert(relation.target);
  }
  truncated = truncated || relations.size() >= kMostNodes;
  Names names(catalog);
  const std::map<ResourceId, Severity> worst = severities(catalog);
  Json node_list = Json::array();
  for (const ResourceId& node : nodes) {
    const Resource& resource = names.of(node);
    const auto severity = worst.find(node);
    node_list.push_back(
        Json::object({{"id", node},
                      {"kind", resource.kind},
                      {"name", resource.name},
                      {"severity", severity == worst.end() ? Json() : Json(to_string(severity->second))}}));
  }
  Json edges = Json::array();
  for (const Relation& relation : relations) {
    edges.push_back(Json::object({{"source", relation.source},
                                  {"kind", relation.kind},
                                  {"target", relation.target},
                                  {"origin", to_string(relation.origin)}}));
  }
  return Json::object({{"nodes", std::move(node_list)}, {"edges", std::move(edges)}, {"truncated", truncated}});
}

}  // namespace capstan::loop
