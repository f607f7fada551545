#include "model/resource.h"

namespace capstan {

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

}  // namespace capstan
