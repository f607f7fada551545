#include "model/resource.h"

namespace capstan {

Json to_json(const ResourceLabels& labels) { return Json::Object(labels.begin(), labels.end()); }

ResourceLabels resource_labels(const Json& json) {
  ResourceLabels labels;
  for (const auto& [name, value] : json.members()) labels.emplace(name, value.string_or_empty());
  return labels;
}

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::kDeclared: return "declared";
    case Origin::kDerived: return "derived";
    case Origin::kLearned: return "learned";
  }
  return "declared";
}

std::optional<Origin> parse_origin(std::string_view text) {
  for (Origin origin : {Origin::kDeclared, Origin::kDerived, Origin::kLearned}) {
    if (to_string(origin) == text) return origin;
  }
  return std::nullopt;
}

std::string_view to_string(ColumnType type) {
  switch (type) {
    case ColumnType::kText: return "text";
    case ColumnType::kInteger: return "integer";
    case ColumnType::kReal: return "real";
    case ColumnType::kBoolean: return "boolean";
    case ColumnType::kTime: return "time";
    case ColumnType::kJson: return "json";
  }
  return "text";
}

std::optional<ColumnType> parse_column_type(std::string_view text) {
  for (ColumnType type : {ColumnType::kText, ColumnType::kInteger, ColumnType::kReal, ColumnType::kBoolean,
                          ColumnType::kTime, ColumnType::kJson}) {
    if (to_string(type) == text) return type;
  }
  return std::nullopt;
}

std::string_view to_string(Measure measure) {
  switch (measure) {
    case Measure::kPlain: return "plain";
    case Measure::kQuantity: return "quantity";
    case Measure::kCount: return "count";
    case Measure::kKeys: return "keys";
  }
  return "plain";
}

std::optional<Measure> parse_measure(std::string_view text) {
  for (Measure measure : {Measure::kPlain, Measure::kQuantity, Measure::kCount, Measure::kKeys}) {
    if (to_string(measure) == text) return measure;
  }
  return std::nullopt;
}

}  // namespace capstan
