#include "foresee/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "foresee/merge_object.h"
#include "foresee/object_edit.h"
#include "foresee/schema_check.h"

namespace capstan::foresee {
namespace {

constexpr std::string_view kSystem = "kubernetes";
constexpr size_t kMostConsequences = 1'000;

std::string group_of(const Json& object) {
  const std::string& version = object["apiVersion"].string_or_empty();
  const size_t slash = version.find('/');
  return slash == std::string::npos ? "" : version.substr(0, slash);
}

std::string kind_of(const ResourceId& id) { return id.substr(0, id.find('/')); }

const KindSpec* kind_named(const std::vector<KindSpec>& kinds, std::string_view name) {
  const auto found = std::ranges::find(kinds, name, &KindSpec::name);
  return found == kinds.end() ? nullptr : &*found;
}

bool has_column(const KindSpec& kind, std::string_view name) {
  return std::ranges::find(kind.columns, name, &KindSpec::Column::name) != kind.columns.end();
}

// What a counterpart has added to an object and a manifest does not hold stays.
Json over_existing(const Json& existing, Json manifest) {
  if (!manifest.contains("status") && existing.contains("status")) manifest.set("status", existing["status"]);
  Json metadata = existing["metadata"];
  for (const auto& [name, value] : manifest["metadata"].members()) metadata.set(name, value);
  manifest.set("metadata", std::move(metadata));
  return manifest;
}

bool is_definition(const Json& object) { return object["kind"].string_or_empty() == "CustomResourceDefinition"; }

bool makes_the_same(const KindSpec::Makes& makes, const Resource& before, const Resource& after) {
  return makes.metadata.read(before.fields) == makes.metadata.read(after.fields) &&
         makes.spec.read(before.fields) == makes.spec.read(after.fields) &&
         makes.count.read(before.fields) == makes.count.read(after.fields);
}

void take_out(std::vector<Finding>& findings, const std::vector<Finding>& others) {
  std::set<std::string_view> ids;
  for (const Finding& finding : others) ids.insert(finding.id);
  std::erase_if(findings, [&](const Finding& finding) { return ids.contains(finding.id); });
}

// The report speaks of assumed objects and change together: what the assumed ones did alone is not the change's doing,
// and what it takes back of that is.
void leave_out(detect::VerdictChange before, CheckReport& report) {
  const std::vector<Finding> broken = report.broken;
  const std::vector<Finding> mended = report.mended;
  take_out(report.broken, before.broken);
  take_out(report.mended, before.mended);
  take_out(before.broken, broken);
  take_out(before.mended, mended);
  std::ranges::move(before.broken, std::back_inserter(report.mended));
  std::ranges::move(before.mended, std::back_inserter(report.broken));
}

}  // namespace

Checker::Checker(catalog::Picture& picture, detect::PictureRules& rules)
    : picture_(picture), rules_(rules), mapping_(picture.kinds(), kSystem) {}

Result<Checker::Stated> Checker::stated(const ObjectDocument& document, const CheckOptions& options) {
  Json object = document.object;
  if (object.contains(kOnMember)) object = TRY(named_object(object[kOnMember].string_or_empty(), document.where));
  const std::string group = group_of(object);
  const std::string type = object["kind"].string_or_empty();
  const KindSpec* kind = mapping_.by_type(group, type);
  if (kind == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("no pack declares {} of the group '{}'", type, group),
                document.where);
  }
  const bool is_gone = object["$patch"].string_or_empty() == "delete";
  object.mutable_members().erase("$patch");
  const bool in_space = std::ranges::find(kind->objects->identity, "namespace") != kind->objects->identity.end();
  if (in_space && !object["metadata"]["namespace"].is_string() && kind->objects->group != "*") {
    Json metadata = object["metadata"];
    metadata.set("namespace", options.space);
    object.set("metadata", std::move(metadata));
  }
  Json given = Json::object({{"cluster", options.cluster}});
  if (kind->objects->group == "*") {
    given.set("api_group", group);
    given.set("object_kind", type);
  }
  Result<Resource> resource = ObjectMapping::to_resource(*kind, object, given);
  if (!resource) return fail(resource.error().code, resource.error().message, document.where);
  return Stated{.kind = kind,
                .given = std::move(given),
                .object = std::move(object),
                .resource = *std::move(resource),
                .is_gone = is_gone};
}

// "deploy/web", as an object of that type and name.
Result<Json> Checker::named_object(std::string_view text, const Where& where) const {
  const size_t slash = std::min(text.find('/'), text.size());
  const std::string_view type = text.substr(0, slash);
  for (const KindSpec& kind : picture_.kinds()) {
    if (!kind.objects || kind.objects->group == "*" || !is_called(kind, type) || slash + 1 >= text.size()) continue;
    const std::string& group = kind.objects->group;
    return Json::object({{"apiVersion", group.empty() ? "v1" : group + "/v1"},  // The version does not tell it apart.
                         {"kind", kind.objects->type},
                         {"metadata", Json::object({{"name", std::string(text.substr(slash + 1))}})}});
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}': expected TYPE/NAME, such as deployment/web", text),
              where);
}

Result<Checker::Target> Checker::target_of(const ObjectDocument& document, const CheckOptions& options) {
  Stated stated = TRY(this->stated(document, options));
  const ResourceId id = stated.resource.id;
  if (stated.is_gone) return Target{.id = id, .after = std::nullopt};
  const std::optional<Resource> existing = picture_.find(id);
  if (!existing && is_edit(document.object)) {
    return fail(ErrorCode::kNotFound, fmt::format("{} is not there, so nothing of it can be changed", id),
                document.where);
  }
  if (!existing) return Target{.id = id, .after = std::move(stated.resource)};
  Result<Json> whole = over_existing(existing->fields, stated.object);
  if (is_edit(document.object)) {
    whole = edit(ObjectMapping::to_object(*stated.kind, *existing), document.object);
  } else if (options.documents_are_patches) {
    Json labelled = existing->fields;
    if (!stated.kind->objects->labels.empty()) stated.kind->objects->labels.write(labelled, to_json(existing->labels));
    whole = merge_object(std::move(labelled), stated.object);
  }
  Result<Resource> resource =
      whole ? ObjectMapping::to_resource(*stated.kind, *std::move(whole), stated.given) : fail(whole.error());
  if (!resource) return fail(resource.error().code, resource.error().message, document.where);
  return Target{.id = resource->id, .after = *std::move(resource)};
}

Status Checker::apply(Target target) {
  const std::optional<Resource> before = picture_.find(target.id);
  TRY(target.after ? picture_.put(*target.after) : picture_.remove(target.id));
  const KindSpec& kind = *kind_named(picture_.kinds(), kind_of(target.id));
  return remake(kind, before ? &*before : nullptr, target.after ? &*target.after : nullptr);
}

Status Checker::remake(const KindSpec& kind, const Resource* before, const Resource* after) {
  if (!kind.makes) return {};
  if (before != nullptr && after != nullptr && makes_the_same(*kind.makes, *before, *after)) return {};
  const Resource& maker = after != nullptr ? *after : *before;
  for (const ResourceId& id : TRY(made_by(kind, maker.id))) TRY(picture_.remove(id));
  return after != nullptr ? make(kind, *after) : Status();
}

// Also through others: a deployment's pods are owned by its replica sets.
Result<std::vector<ResourceId>> Checker::made_by(const KindSpec& kind, const ResourceId& maker) {
  std::vector<ResourceId> owned = {maker};
  for (size_t i = 0; i < owned.size(); ++i) {
    for (const Relation& relation : picture_.relations_of(owned[i])) {
      const bool is_new = relation.kind == "owns" && relation.source == owned[i] &&
                          std::ranges::find(owned, relation.target) == owned.end();
      if (is_new) owned.push_back(relation.target);
    }
  }
  std::erase_if(owned, [&](const ResourceId& id) { return kind_of(id) != kind.makes->kind; });
  return owned;
}

Status Checker::make(const KindSpec& kind, const Resource& maker) {
  const KindSpec* made_kind = kind_named(picture_.kinds(), kind.makes->kind);
  const bool none = kind.makes->count.read(maker.fields) == Json(0);
  if (made_kind == nullptr || !made_kind->objects || none) return {};
  Json metadata = kind.makes->metadata.read(maker.fields);
  metadata.set("name", maker.name + "-…");  // Its counterpart would name it.
  metadata.set("namespace", maker.fields["metadata"]["namespace"]);
  metadata.set("ownerReferences", Json::array({Json::object({{"apiVersion", maker.fields["apiVersion"]},
                                                             {"kind", kind.objects->type},
                                                             {"name", maker.name},
                                                             {"controller", true}})}));
  const Json object = Json::object({{"apiVersion", "v1"},
                                    {"kind", made_kind->objects->type},
                                    {"metadata", std::move(metadata)},
                                    {"spec", kind.makes->spec.read(maker.fields)}});
  const Json given = Json::object({{"cluster", maker.fields["cluster"]}});
  return picture_.put(TRY(ObjectMapping::to_resource(*made_kind, object, given)));
}

std::vector<Error> Checker::assume(std::span<const ObjectDocument> documents, const CheckOptions& options) {
  std::vector<Error> problems;
  std::vector<std::pair<ResourceId, const Where*>> taken;
  const auto keep = [&](const Status& done, const Where& where) {
    if (!done) problems.push_back({done.error().code, done.error().message, where});
  };
  keep(picture_.begin_batch(), {});
  for (const ObjectDocument& document : documents) {
    if (is_definition(document.object)) definitions_.define(document.object);  // Whole: the picture cuts it.
    Result<Target> target = target_of(document, options);
    if (target && target->after) taken.emplace_back(target->id, &document.where);
    keep(!target         ? fail(target.error())
         : target->after ? picture_.put(*target->after)
                         : picture_.remove(target->id),
         document.where);
  }
  // What a dump of a cluster holds was made already.
  for (const auto& [id, where] : taken) {
    const KindSpec& kind = *kind_named(picture_.kinds(), kind_of(id));
    const std::optional<Resource> maker = kind.makes ? picture_.find(id) : std::nullopt;
    if (!maker) continue;
    const Result<std::vector<ResourceId>> made = made_by(kind, id);
    keep(!made ? fail(made.error()) : made->empty() ? make(kind, *maker) : Status(), *where);
  }
  keep(picture_.end_batch(), {});
  (void)picture_.take_changes();
  detect::VerdictChange verdicts = rules_.ask_all();
  problems.insert(problems.end(), verdicts.problems.begin(), verdicts.problems.end());
  return problems;
}

// Only of what is there before and after, or was there before: what comes with a new object is no consequence.
std::vector<Consequence> Checker::consequences(const std::vector<catalog::RelationChange>& changes) {
  std::vector<Consequence> found;
  for (const catalog::RelationChange& change : changes) {
    if (change.is_new || found.size() >= kMostConsequences) continue;
    Consequence consequence{.change = change, .counted_on_by = {}};
    for (const Relation& relation : picture_.relations_of(change.relation.source)) {
      if (relation.target == change.relation.source) consequence.counted_on_by.push_back(relation);
    }
    found.push_back(std::move(consequence));
  }
  return found;
}

std::vector<std::string> Checker::clusters() {
  std::set<std::string> names;
  for (const KindSpec& kind : picture_.kinds()) {
    if (!kind.objects || kind.objects->system != kSystem || !has_column(kind, "cluster")) continue;
    auto rows = picture_.database().prepare(fmt::format("SELECT DISTINCT cluster FROM {}", kind.name));
    while (rows && rows->step().value_or(false)) names.emplace(rows->text(0));
  }
  return {names.begin(), names.end()};
}

// Of patches, which are a part only, what becomes of the object is looked at.
void Checker::check_forms(std::span<const ObjectDocument> documents, const CheckOptions& options, CheckReport& report) {
  schema::ObjectSchemas of_the_change;
  for (const ObjectDocument& document : documents) {
    if (is_definition(document.object)) of_the_change.define(document.object);
  }
  SchemaCheck forms({of_the_change.empty() ? nullptr : &of_the_change, options.schemas.get(),
                     definitions_.empty() ? nullptr : &definitions_},
                    picture_.kinds());
  std::map<ResourceId, size_t> changed;
  for (size_t i = 0; i < documents.size(); ++i) {
    const Result<Stated> stated = this->stated(documents[i], options);
    if (!stated) continue;
    const ResourceId& id = stated->resource.id;
    changed[id] = i;
    const bool is_part = options.documents_are_patches || is_edit(documents[i].object);
    const std::optional<Resource> after = picture_.find(id);
    if (!after) continue;
    const Json object = is_part ? ObjectMapping::to_object(*stated->kind, *after) : documents[i].object;
    for (Finding& finding : forms.check(object, id)) {
      // A rule says more of the same place.
      const bool is_told = std::ranges::any_of(report.broken, [&](const Finding& other) {
        return other.resource == finding.resource && other.labels.get("place") == finding.labels.get("place");
      });
      if (!is_told) report.broken.push_back(std::move(finding));
    }
  }
  report.notes = forms.notes();
  for (const Finding& finding : report.broken) {
    const auto document = changed.find(finding.resource);
    if (document == changed.end()) continue;
    report.spots[finding.id] = {
        .document = document->second, .place = std::string(finding.labels.get("place")), .where = {}};
  }
  locate(report, documents);
}

void locate(CheckReport& report, std::span<const ObjectDocument> documents) {
  for (auto& [id, spot] : report.spots) {
    if (spot.document < documents.size()) spot.where = where_of(documents[spot.document], spot.place);
  }
}

void Checker::apply(std::span<const ObjectDocument> documents, const CheckOptions& options, CheckReport& report) {
  for (const ObjectDocument& document : documents) {
    Result<Target> target = target_of(document, options);
    if (target) report.changed.push_back(target->id);
    Status done = target ? apply(*std::move(target)) : fail(target.error());
    if (!done) report.problems.push_back({done.error().code, done.error().message, document.where});
  }
}

void Checker::judge(std::span<const ObjectDocument> documents, const CheckOptions& options, CheckReport& report) {
  CheckReport ignored;  // What is wrong with objects that are there already was told when they came.
  CheckOptions whole = options;
  whole.documents_are_patches = false;
  apply(options.assumed, whole, ignored);
  catalog::PictureChanges changes = picture_.take_changes();
  detect::VerdictChange before;
  if (!options.assumed.empty()) before = rules_.foresee(changes);

  apply(documents, options, report);
  report.objects = report.changed.size();
  catalog::PictureChanges own = picture_.take_changes();
  report.consequences = consequences(own.relations);
  changes.resources.insert(changes.resources.end(), own.resources.begin(), own.resources.end());
  std::ranges::move(own.relations, std::back_inserter(changes.relations));
  changes.tables.merge(own.tables);
  detect::VerdictChange verdicts = options.ask_everything ? rules_.foresee_all() : rules_.foresee(changes);
  report.broken = std::move(verdicts.broken);
  report.mended = std::move(verdicts.mended);
  report.problems.insert(report.problems.end(), verdicts.problems.begin(), verdicts.problems.end());
  leave_out(std::move(before), report);
}

bool Checker::is_so(const ObjectDocument& document, const CheckOptions& options) {
  ObjectDocument stated = document;
  if (stated.object.is_object()) stated.object.mutable_members().erase("status");
  const Result<Target> target = target_of(stated, options);
  if (!target) return false;
  const std::optional<Resource> existing = picture_.find(target->id);
  if (!target->after || !existing) return !target->after && !existing;
  return target->after->fields == existing->fields && target->after->labels == existing->labels;
}

CheckReport Checker::check(std::span<const ObjectDocument> documents, const CheckOptions& given) {
  CheckReport report;
  report.rules = rules_.size();
  CheckOptions options = given;
  if (options.cluster.empty()) {
    const std::vector<std::string> known = clusters();
    if (known.size() != 1) {
      report.problems.push_back(
          {ErrorCode::kInvalidArgument,
           known.empty() ? "no cluster is known" : fmt::format("which cluster? known are {}", fmt::join(known, ", ")),
           {}});
      return report;
    }
    options.cluster = known[0];
  }
  if (Status begun = picture_.begin_trial(); !begun) {
    report.problems.push_back(begun.error());
    return report;
  }
  judge(documents, options, report);
  check_forms(documents, options, report);
  if (Status ended = picture_.end_trial(); !ended) report.problems.push_back(ended.error());
  const auto worst_first = [](const Finding& finding) { return -static_cast<int>(finding.severity); };
  std::ranges::stable_sort(report.broken, {}, worst_first);
  std::ranges::stable_sort(report.mended, {}, worst_first);
  return report;
}

}  // namespace capstan::foresee
