#include "drift/drift_report.h"

#include <algorithm>

namespace capstan::drift {

std::string_view to_string(ObjectState state) {
  switch (state) {
    case ObjectState::kMissing: return "missing";
    case ObjectState::kDiffers: return "differs";
    case ObjectState::kExtra: return "extra";
    case ObjectState::kNotCompared: return "not_compared";
  }
  return "not_compared";
}

std::string_view to_string(Source source) {
  switch (source) {
    case Source::kServer: return "server";
    case Source::kObject: return "object";
    case Source::kCatalog: return "catalog";
  }
  return "catalog";
}

bool ObjectDrift::counts() const {
  if (state == ObjectState::kNotCompared) return false;
  return state != ObjectState::kDiffers ||
         std::ranges::any_of(fields, [](const FieldDrift& field) { return field.by_right.empty(); });
}

bool DriftReport::has_drift() const { return std::ranges::any_of(drifts, &ObjectDrift::counts); }

bool DriftReport::is_complete() const {
  return problems.empty() &&
         std::ranges::none_of(drifts, [](const ObjectDrift& one) { return one.state == ObjectState::kNotCompared; });
}

namespace {

Json time_json(const std::optional<Time>& time) { return time ? Json(format_time(*time)) : Json(); }

std::optional<Time> time_from(const Json& json) {
  const Result<Time> time = parse_time(json.string_or_empty());
  return time ? std::optional(*time) : std::nullopt;
}

Json where_json(const Where& where) {
  if (where.file.empty()) return {};
  return Json::object({{"file", where.file}, {"line", where.line}, {"column", where.column}});
}

Where where_from(const Json& json) {
  return {json["file"].string_or_empty(), static_cast<int>(json["line"].int_or(0)),
          static_cast<int>(json["column"].int_or(0))};
}

Json owner_json(const std::optional<FieldOwner>& owner) {
  if (!owner) return {};
  return Json::object({{"manager", owner->manager},
                       {"operation", owner->operation},
                       {"subresource", owner->subresource},
                       {"at", time_json(owner->at)}});
}

Json field_json(const FieldDrift& field) {
  return Json::object({{"path", to_string(field.difference.path)},
                       {"steps", to_json(field.difference.path)},
                       {"should", field.difference.should},
                       {"is", field.difference.is},
                       {"hidden", field.is_hidden},
                       {"by_right", field.by_right},
                       {"owner", owner_json(field.owner)},
                       {"seen", time_json(field.seen)},
                       {"where", where_json(field.where)}});
}

FieldDrift field_from(const Json& json) {
  FieldDrift field{.difference = {.path = field_path_from_json(json["steps"]).value_or(FieldPath()),
                                  .should = json["should"],
                                  .is = json["is"]},
                   .is_hidden = json["hidden"].bool_or(false),
                   .by_right = json["by_right"].string_or_empty(),
                   .owner = {},
                   .seen = time_from(json["seen"]),
                   .where = where_from(json["where"])};
  if (const Json& owner = json["owner"]; owner.is_object()) {
    field.owner = FieldOwner{.manager = owner["manager"].string_or_empty(),
                             .operation = owner["operation"].string_or_empty(),
                             .subresource = owner["subresource"].string_or_empty(),
                             .at = time_from(owner["at"])};
  }
  return field;
}

Json object_json(const ObjectDrift& object) {
  Json fields = Json::array();
  for (const FieldDrift& field : object.fields) fields.push_back(field_json(field));
  return Json::object({{"document", uint64_t{object.document}},
                       {"id", object.id},
                       {"api_version", object.api_version},
                       {"kind", object.kind},
                       {"namespace", object.name_space},
                       {"name", object.name},
                       {"where", where_json(object.where)},
                       {"state", to_string(object.state)},
                       {"source", to_string(object.source)},
                       {"drift", object.counts()},
                       {"says", object.says},
                       {"defined_by", object.defined_by},
                       {"gone", time_json(object.gone)},
                       {"fields", std::move(fields)}});
}

ObjectDrift object_from(const Json& json) {
  ObjectDrift object{.document = static_cast<size_t>(json["document"].int_or(0)),
                     .id = json["id"].string_or_empty(),
                     .api_version = json["api_version"].string_or_empty(),
                     .kind = json["kind"].string_or_empty(),
                     .name_space = json["namespace"].string_or_empty(),
                     .name = json["name"].string_or_empty(),
                     .where = where_from(json["where"]),
                     .state = ObjectState::kNotCompared,
                     .source = Source::kCatalog,
                     .says = json["says"].string_or_empty(),
                     .defined_by = json["defined_by"].string_or_empty(),
                     .gone = time_from(json["gone"]),
                     .fields = {}};
  for (const ObjectState state : {ObjectState::kMissing, ObjectState::kDiffers, ObjectState::kExtra}) {
    if (json["state"] == Json(to_string(state))) object.state = state;
  }
  for (const Source source : {Source::kServer, Source::kObject}) {
    if (json["source"] == Json(to_string(source))) object.source = source;
  }
  for (const Json& field : json["fields"].items()) object.fields.push_back(field_from(field));
  return object;
}

}  // namespace

Json to_json(const DriftReport& report) {
  Json drifts = Json::array();
  for (const ObjectDrift& object : report.drifts) drifts.push_back(object_json(object));
  Json problems = Json::array();
  for (const Error& problem : report.problems) {
    problems.push_back(Json::object({{"message", problem.message}, {"where", where_json(problem.where)}}));
  }
  return Json::object({{"cluster", report.cluster},
                       {"drift", report.has_drift()},
                       {"complete", report.is_complete()},
                       {"objects", uint64_t{report.objects}},
                       {"compared_by", Json::object({{"server", uint64_t{report.by_server}},
                                                     {"object", uint64_t{report.by_object}},
                                                     {"catalog", uint64_t{report.by_catalog}}})},
                       {"drifts", std::move(drifts)},
                       {"problems", std::move(problems)},
                       {"check", report.check}});
}

DriftReport drift_report_from_json(const Json& json) {
  const Json& by = json["compared_by"];
  DriftReport report{.cluster = json["cluster"].string_or_empty(),
                     .objects = static_cast<size_t>(json["objects"].int_or(0)),
                     .by_server = static_cast<size_t>(by["server"].int_or(0)),
                     .by_object = static_cast<size_t>(by["object"].int_or(0)),
                     .by_catalog = static_cast<size_t>(by["catalog"].int_or(0)),
                     .drifts = {},
                     .problems = {},
                     .check = json["check"]};
  for (const Json& object : json["drifts"].items()) report.drifts.push_back(object_from(object));
  for (const Json& problem : json["problems"].items()) {
    report.problems.push_back(
        {ErrorCode::kInvalidArgument, problem["message"].string_or_empty(), where_from(problem["where"])});
  }
  return report;
}

}  // namespace capstan::drift
