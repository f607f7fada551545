#include "foresee/schema_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "detect/alert_finding.h"
#include "schema/fault_text.h"

namespace capstan::foresee {
namespace {

Finding finding_of(std::string_view rule, Severity severity, const ResourceId& id, const std::string& place) {
  Finding finding;
  finding.labels = Labels{{"resource", id}, {"place", place}};
  finding.id = detect::finding_id("schema:" + std::string(rule), finding.labels);
  finding.rule = rule;
  finding.severity = severity;
  finding.resource = id;
  return finding;
}

Finding finding_of(const schema::Fault& fault, const ResourceId& id) {
  const bool is_unknown = fault.kind == schema::Fault::Kind::kUnknownField;
  const bool is_missing = fault.kind == schema::Fault::Kind::kMissingField;
  // An API server that is not told to be strict drops what it does not know, and takes the rest.
  Finding finding = finding_of(is_unknown   ? kFieldUnknown
                               : is_missing ? kFieldMissing
                                            : kFieldInvalid,
                               is_unknown ? Severity::kMedium : Severity::kHigh, id, fault.place);
  finding.says =
      Words::phrase(is_unknown ? "fault.field_dropped" : "fault.refused", {{"says", schema::to_sentence(fault)}});
  finding.remedy = schema::to_advice(fault);
  return finding;
}

std::string group_of(std::string_view api_version) {
  const size_t slash = api_version.find('/');
  return std::string(slash == std::string_view::npos ? "" : api_version.substr(0, slash));
}

}  // namespace

const schema::Schema* SchemaCheck::find(const schema::KindName& name) const {
  for (const schema::ObjectSchemas* schemas : schemas_) {
    if (const schema::Schema* found = schemas->find(name)) return found;
  }
  return nullptr;
}

bool SchemaCheck::may_serve(const std::string& api_version) const {
  return std::ranges::all_of(schemas_, [&](const auto* schemas) { return schemas->may_serve(api_version); });
}

std::string SchemaCheck::version_of(const schema::KindName& name) const {
  std::string of_other_group;
  for (const schema::ObjectSchemas* schemas : schemas_) {
    for (const std::string& version : schemas->versions_of(name.second)) {
      if (group_of(version) == group_of(name.first)) return version;
      if (of_other_group.empty()) of_other_group = version;
    }
  }
  // Types that moved to another group have a kind there: Ingress, once of extensions.
  for (const KindSpec& kind : kinds_) {
    if (!kind.objects || kind.objects->type != name.second || kind.objects->group == "*") continue;
    for (const schema::ObjectSchemas* schemas : schemas_) {
      for (const std::string& version : schemas->served()) {
        if (group_of(version) == kind.objects->group) return version;
      }
    }
  }
  return of_other_group;
}

Finding SchemaCheck::not_served(const schema::KindName& name, const ResourceId& id) const {
  Finding finding = finding_of(kApiVersionNotServed, Severity::kHigh, id, "apiVersion");
  finding.says = fmt::format("the API server has no {}: the {} is refused", name.first, name.second);
  const std::string version = version_of(name);
  finding.remedy = version.empty() ? fmt::format("Install what defines {} first.", name.second)
                                   : fmt::format("Write apiVersion: {}.", version);
  return finding;
}

std::vector<Finding> SchemaCheck::unknown_type(const schema::KindName& name, const ResourceId& id) {
  for (const schema::ObjectSchemas* schemas : schemas_) {
    if (!schemas->knows_all_of(name.first)) continue;
    Finding finding = finding_of(kTypeUnknown, Severity::kHigh, id, "kind");
    finding.says = fmt::format("{} has no type {}: it is refused", name.first, name.second);
    const std::vector<std::string> kinds = schemas->kinds_of(name.first);
    const std::vector<std::string_view> candidates(kinds.begin(), kinds.end());
    const std::string_view meant = nearest(name.second, candidates);
    const std::string version = version_of(name);
    finding.remedy = !meant.empty()     ? fmt::format("Write kind: {}.", meant)
                     : !version.empty() ? fmt::format("Write apiVersion: {}.", version)
                                        : "Write one of its types.";
    return {std::move(finding)};
  }
  if (std::ranges::any_of(schemas_, &schema::ObjectSchemas::is_of_a_server)) {
    without_schema_.insert(name.first + " " + name.second);
  }
  return {};
}

std::vector<Finding> SchemaCheck::check(Json object, const ResourceId& id) {
  const schema::KindName name(object["apiVersion"].string_or_empty(), object["kind"].string_or_empty());
  const schema::Schema* schema = find(name);
  if (schema == nullptr && !may_serve(name.first)) return {not_served(name, id)};
  if (schema == nullptr) return unknown_type(name, id);
  object.mutable_members().erase("status");
  const schema::CheckedValue checked = schema->check(object);
  std::vector<Finding> findings;
  for (const schema::Fault& fault : checked.faults) findings.push_back(finding_of(fault, id));
  const std::string type = name.first + " " + name.second;
  if (checked.has_expressions) with_expressions_.insert(type);
  if (checked.has_unknown_parts) with_open_parts_.insert(type);
  if (!checked.is_complete) with_more_.insert(id);
  return findings;
}

std::vector<std::string> SchemaCheck::notes() const {
  std::vector<std::string> notes;
  const auto note = [&](const std::set<std::string>& about, std::string_view what) {
    if (!about.empty()) notes.push_back(fmt::format("{}: {}", what, fmt::join(about, ", ")));
  };
  note(without_schema_, "no schema is known, so only rules look at the fields of");
  note(with_expressions_, "expressions (x-kubernetes-validations) are not evaluated, of");
  note(with_open_parts_, "by their schemas parts may hold anything and are not checked, of");
  note(with_more_, "more is wrong than is told here with");
  return notes;
}

}  // namespace capstan::foresee
