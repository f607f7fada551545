#include "base/json_path.h"

#include <fmt/format.h>

#include <charconv>

namespace capstan {
namespace {

constexpr size_t kLongestPath = 1024;

// Reads one path from left to right; positions in errors count characters from 1.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  bool take(char c) {
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }

  Result<std::string> name() {
    const size_t start = at_;
    while (!at_end() && peek() != '.' && peek() != '[' && peek() != ']') ++at_;
    if (at_ == start) return refuse("a name");
    return std::string(text_.substr(start, at_ - start));
  }

  Result<std::string> quoted(char quote) {
    std::string text;
    while (!at_end() && peek() != quote) {
      if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
      text += text_[at_++];
    }
    if (!take(quote)) return refuse(fmt::format("a closing {}", quote));
    return text;
  }

  Result<int64_t> index() {
    int64_t value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) return refuse("an index, [*] or a quoted name");
    at_ += static_cast<size_t>(end - begin);
    return value;
  }

  std::unexpected<Error> refuse(std::string_view expected) const {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the path '{}': expected {} at character {}", text_, expected, at_ + 1));
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

const Json::Array& items_of(const Json& value) { return value.items(); }
Json::Array& items_of(Json& value) { return value.mutable_items(); }
const Json::Object& members_of(const Json& value) { return value.members(); }
Json::Object& members_of(Json& value) { return value.mutable_members(); }

template <class Value>
Value* item_at(Value& value, int64_t index) {
  if (!value.is_array()) return nullptr;
  auto& items = items_of(value);
  const auto count = static_cast<int64_t>(items.size());
  const int64_t at = index < 0 ? count + index : index;
  return at >= 0 && at < count ? &items[static_cast<size_t>(at)] : nullptr;
}

template <class Value>
Value* member_of(Value& value, const std::string& name) {
  if (!value.is_object()) return nullptr;
  auto& members = members_of(value);
  const auto member = members.find(name);
  return member != members.end() ? &member->second : nullptr;
}

template <class Value, class Visit>
void for_each_child(Value& value, const Visit& visit) {
  if (value.is_array()) {
    for (auto& item : items_of(value)) visit(item);
  } else if (value.is_object()) {
    for (auto& [name, member] : members_of(value)) visit(member);
  }
}

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  if (text.size() > kLongestPath) return fail(ErrorCode::kInvalidArgument, "a path is not that long");
  JsonPath path;
  path.text_ = text;
  Scanner scanner(text);
  if (scanner.take('$')) {
    if (scanner.at_end()) return path;
    if (scanner.peek() != '.' && scanner.peek() != '[') return scanner.refuse("'.' or '['");
  } else if (!scanner.at_end() && scanner.peek() != '[') {
    path.steps_.emplace_back(TRY(scanner.name()));
  }
  while (!scanner.at_end()) {
    if (scanner.take('.')) {
      path.steps_.emplace_back(TRY(scanner.name()));
      continue;
    }
    if (!scanner.take('[')) return scanner.refuse("'.' or '['");
    if (scanner.take('*')) {
      path.steps_.emplace_back(Every());
    } else if (scanner.take('"')) {
      path.steps_.emplace_back(TRY(scanner.quoted('"')));
    } else if (scanner.take('\'')) {
      path.steps_.emplace_back(TRY(scanner.quoted('\'')));
    } else {
      path.steps_.emplace_back(TRY(scanner.index()));
    }
    if (!scanner.take(']')) return scanner.refuse("']'");
  }
  return path;
}

JsonPath JsonPath::then(const JsonPath& rest) const {
  if (steps_.empty()) return rest;
  JsonPath whole = *this;
  std::string_view text = rest.text_;
  if (text.starts_with('$')) text.remove_prefix(1);
  const bool needs_dot = !text.empty() && text[0] != '.' && text[0] != '[';
  whole.text_ += (needs_dot ? "." : "") + std::string(text);
  whole.steps_.insert(whole.steps_.end(), rest.steps_.begin(), rest.steps_.end());
  return whole;
}

bool JsonPath::is_wide() const {
  for (const Step& step : steps_) {
    if (std::holds_alternative<Every>(step)) return true;
  }
  return false;
}

template <class Value>
void JsonPath::find(Value& value, std::span<const Step> steps, std::vector<Value*>& found) {
  if (steps.empty()) {
    if (!value.is_null()) found.push_back(&value);
    return;
  }
  const std::span<const Step> rest = steps.subspan(1);
  if (const auto* name = std::get_if<std::string>(&steps[0])) {
    if (Value* member = member_of(value, *name)) find(*member, rest, found);
  } else if (const auto* index = std::get_if<int64_t>(&steps[0])) {
    if (Value* item = item_at(value, *index)) find(*item, rest, found);
  } else {
    for_each_child(value, [&](Value& child) { find(child, rest, found); });
  }
}

std::vector<const Json*> JsonPath::find(const Json& from) const {
  std::vector<const Json*> found;
  find<const Json>(from, steps_, found);
  return found;
}

std::vector<Json*> JsonPath::find(Json& in) const {
  std::vector<Json*> found;
  find<Json>(in, steps_, found);
  return found;
}

void JsonPath::write(Json& into, Json value) const {
  if (is_wide() || steps_.empty()) return;
  Json* at = &into;
  for (const Step& step : steps_) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      Json* member = member_of(*at, *name);
      at = member != nullptr ? member : &at->set(*name, Json());
    } else {
      at = item_at(*at, std::get<int64_t>(step));
      if (at == nullptr) return;
    }
  }
  *at = std::move(value);
}

Json JsonPath::read(const Json& from) const {
  const std::vector<const Json*> found = find(from);
  if (!is_wide()) return found.empty() ? Json() : *found[0];
  Json all = Json::array();
  for (const Json* value : found) all.push_back(*value);
  return all;
}

void JsonPath::remove(Json& value, std::span<const Step> steps) {
  if (steps.empty()) return;
  const std::span<const Step> rest = steps.subspan(1);
  const auto* name = std::get_if<std::string>(&steps[0]);
  const auto* index = std::get_if<int64_t>(&steps[0]);
  if (!rest.empty()) {
    std::vector<Json*> found;
    find<Json>(value, steps.first(1), found);
    for (Json* child : found) remove(*child, rest);
  } else if (name != nullptr && value.is_object()) {
    value.mutable_members().erase(*name);
  } else if (index != nullptr) {
    if (const Json* item = item_at(value, *index)) {
      value.mutable_items().erase(value.items().begin() + (item - value.items().data()));
    }
  } else if (name == nullptr && value.is_array()) {
    value.mutable_items().clear();
  } else if (name == nullptr && value.is_object()) {
    value.mutable_members().clear();
  }
}

void JsonPath::remove(Json& from) const { remove(from, steps_); }

std::string path_step(std::string_view name, bool is_first) {
  const bool plain = !name.empty() && name.find_first_of(".[]'\"\\$*") == std::string_view::npos;
  if (plain) return is_first ? std::string(name) : "." + std::string(name);
  std::string quoted = "[\"";
  for (char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"]";
}

}  // namespace capstan
