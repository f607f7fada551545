// A JSON value: small to include, canonical to print. Parsing and printing live in json.cc.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace capstan {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;  // Sorted, so that equal values print alike.

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<int64_t>(value)) {}
  Json(unsigned value) : value_(static_cast<int64_t>(value)) {}
  Json(int64_t value) : value_(value) {}
  // Values above INT64_MAX become doubles, as JSON readers expect.
  Json(uint64_t value);
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  // Json::object({{"id", 1}, {"name", "x"}})
  static Json object(std::initializer_list<std::pair<const std::string, Json>> members = {}) { return Object(members); }
  static Json array(std::initializer_list<Json> items = {}) { return Array(items); }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // These return the given default (or an empty value) when the value has another type.
  bool bool_or(bool otherwise) const;
  int64_t int_or(int64_t otherwise) const;  // A double without fraction counts.
  double number_or(double otherwise) const;
  const std::string& string_or_empty() const;
  const Array& items() const;
  const Object& members() const;

  // The member of an object, or null when this is no object or has no such member.
  const Json& operator[](std::string_view key) const;
  bool contains(std::string_view key) const { return members().contains(key); }

  // Makes this an object (dropping any other value) and returns the member, added where missing.
  Json& set(std::string_view key, Json value);
  // Makes this an array (dropping any other value) and appends.
  Json& push_back(Json value);
  Array& mutable_items();
  Object& mutable_members();

  // Compact canonical text: members sorted, UTF-8 kept, invalid UTF-8 replaced, NaN and infinities as null.
  std::string dump() const;
  // Indented by two spaces, for people.
  std::string pretty() const;
  // RFC 8259. Errors carry line and column. Nesting beyond 200 levels is refused.
  static Result<Json> parse(std::string_view text, std::string_view file = "");

  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

}  // namespace capstan
