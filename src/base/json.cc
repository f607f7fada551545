#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text_place.h"
#include "base/utf8.h"

namespace capstan {
namespace {

constexpr size_t kMaxDepth = 200;

// Builds our value from nlohmann's parse events, so that no second tree is made.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Json root;
  std::string error;
  size_t error_position = 0;

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override { return add(uint64_t{value}); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Json::Object()); }
  bool key(string_t& name) override {
    key_.back() = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(Json::Array()); }
  bool end_array() override { return close(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    if (error.empty()) error = e.what();
    error_position = position;
    return false;
  }

 private:
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  Json* place(Json value) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    Json& parent = *open_.back();
    if (parent.is_object()) return &parent.set(key_.back(), std::move(value));
    return &parent.push_back(std::move(value));
  }
  bool open(Json value) {
    if (open_.size() >= kMaxDepth) {
      error = fmt::format("nested deeper than {} levels", kMaxDepth);
      return false;
    }
    open_.push_back(place(std::move(value)));
    key_.emplace_back();
    return true;
  }
  bool close() {
    open_.pop_back();
    key_.pop_back();
    return true;
  }

  std::vector<Json*> open_;  // A parent never grows while a child is open, so the pointers stay valid.
  std::vector<std::string> key_;
};

// nlohmann's text is "[json.exception.parse_error.101] parse error at line 1, column 2: reason".
std::string plain_reason(const std::string& what) {
  const size_t colon = what.find(": ");
  return colon == std::string::npos ? what : what.substr(colon + 2);
}

void print_string(std::string_view text, std::string& out) {
  out += '"';
  for (size_t i = 0; i < text.size();) {
    // Most text is plain and is taken over in one piece.
    size_t plain = i;
    while (plain < text.size() && text[plain] >= 0x20 && text[plain] < 0x7f && text[plain] != '"' &&
           text[plain] != '\\')
      ++plain;
    out.append(text, i, plain - i);
    i = plain;
    if (i == text.size()) break;
    const char c = text[i];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
      ++i;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      switch (c) {
        case '\n': out += "\\n"; break;
        case '\t': out += "\\t"; break;
        case '\r': out += "\\r"; break;
        default: out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
      }
      ++i;
    } else if (const size_t length = utf8_length(text.substr(i)); length > 0) {
      out.append(text.substr(i, length));
      i += length;
    } else {
      out += "\xef\xbf\xbd";  // U+FFFD for what is not UTF-8.
      ++i;
    }
  }
  out += '"';
}

void print(const Json& value, std::string& out, int indent) {
  const auto line = [&](int depth) {
    if (depth >= 0) out += '\n' + std::string(static_cast<size_t>(depth) * 2, ' ');
  };
  const int inner = indent < 0 ? -1 : indent + 1;
  if (value.is_null()) {
    out += "null";
  } else if (value.is_bool()) {
    out += value.bool_or(false) ? "true" : "false";
  } else if (value.is_int()) {
    out += std::to_string(value.int_or(0));
  } else if (value.is_number()) {
    const double number = value.number_or(0);
    if (!std::isfinite(number)) {
      out += "null";
    } else {
      const std::string text = fmt::format("{}", number);
      out += text;
      // Keeps a double a double when it is read back.
      if (text.find_first_of(".e") == std::string::npos) out += ".0";
    }
  } else if (value.is_string()) {
    print_string(value.string_or_empty(), out);
  } else if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const Json& item : value.items()) {
      if (!first) out += ',';
      first = false;
      line(inner);
      print(item, out, inner);
    }
    if (!first) line(indent);
    out += ']';
  } else {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : value.members()) {
      if (!first) out += ',';
      first = false;
      line(inner);
      print_string(key, out);
      out += indent < 0 ? ":" : ": ";
      print(member, out, inner);
    }
    if (!first) line(indent);
    out += '}';
  }
}

}  // namespace

Json::Json(uint64_t value) {
  if (value <= static_cast<uint64_t>(INT64_MAX)) {
    value_ = static_cast<int64_t>(value);
  } else {
    value_ = static_cast<double>(value);
  }
}

bool Json::bool_or(bool otherwise) const {
  const bool* value = std::get_if<bool>(&value_);
  return value ? *value : otherwise;
}

int64_t Json::int_or(int64_t otherwise) const {
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return *value;
  if (const double* value = std::get_if<double>(&value_)) {
    if (std::trunc(*value) == *value && std::abs(*value) < 9.2e18) return static_cast<int64_t>(*value);
  }
  return otherwise;
}

double Json::number_or(double otherwise) const {
  if (const double* value = std::get_if<double>(&value_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  return otherwise;
}

const std::string& Json::string_or_empty() const {
  static const std::string empty;
  const std::string* value = std::get_if<std::string>(&value_);
  return value ? *value : empty;
}

const Json::Array& Json::items() const {
  static const Array empty;
  const Array* value = std::get_if<Array>(&value_);
  return value ? *value : empty;
}

const Json::Object& Json::members() const {
  static const Object empty;
  const Object* value = std::get_if<Object>(&value_);
  return value ? *value : empty;
}

const Json& Json::operator[](std::string_view key) const {
  static const Json null;
  const Object& object = members();
  const auto found = object.find(key);
  return found == object.end() ? null : found->second;
}

Json& Json::set(std::string_view key, Json value) {
  return mutable_members().insert_or_assign(std::string(key), std::move(value)).first->second;
}

Json& Json::push_back(Json value) {
  Array& array = mutable_items();
  array.push_back(std::move(value));
  return array.back();
}

Json::Array& Json::mutable_items() {
  if (!is_array()) value_ = Array();
  return std::get<Array>(value_);
}

Json::Object& Json::mutable_members() {
  if (!is_object()) value_ = Object();
  return std::get<Object>(value_);
}

std::string Json::dump() const {
  std::string out;
  print(*this, out, -1);
  return out;
}

std::string Json::pretty() const {
  std::string out;
  print(*this, out, 0);
  return out;
}

Result<Json> Json::parse(std::string_view text, std::string_view file) {
  Builder builder;
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  return fail(ErrorCode::kInvalidArgument, "not valid JSON: " + plain_reason(builder.error),
              place_in(text, std::max<size_t>(builder.error_position, 1) - 1, file));  // It counts from 1.
}

}  // namespace capstan
