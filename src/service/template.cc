#include "service/template.h"

#include <fmt/format.h>

#include <optional>

#include "base/trim.h"

namespace capstan::service {
namespace {

// Nothing for what is no single value.
std::optional<std::string> plain_text(const Json& value) {
  if (value.is_string()) return value.string_or_empty();
  if (value.is_number() || value.is_bool()) return value.dump();
  return std::nullopt;
}

std::string dns_label(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!fits) c = '-';
  }
  return text;
}

std::unexpected<Error> unfit(const JsonPath& place, std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("{{{{{}}}}} in '{}' {}", place.text(), text, why));
}

// Nothing: an optional place without a value.
Result<std::optional<Json>> fill_one(const Json& value, const Scope& scope, Template::Encode encode) {
  if (value.is_string()) {
    const Template text = TRY(Template::parse(value.string_or_empty()));
    Json filled = TRY(text.fill(scope, encode));
    if (filled.is_null() && text.has_places()) return std::optional<Json>();
    return std::optional(std::move(filled));
  }
  if (value.is_array()) {
    Json::Array items;
    for (const Json& item : value.items()) {
      if (auto filled = TRY(fill_one(item, scope, encode))) items.push_back(std::move(*filled));
    }
    return std::optional<Json>(std::move(items));
  }
  if (value.is_object()) {
    Json::Object members;
    for (const auto& [key, member] : value.members()) {
      if (auto filled = TRY(fill_one(member, scope, encode))) members.emplace(key, std::move(*filled));
    }
    return std::optional<Json>(std::move(members));
  }
  return std::optional(value);
}

}  // namespace

Json Scope::read(const JsonPath& path, bool with_secrets) const {
  if (with_secrets) {
    Json secret = path.read(secrets);
    if (!secret.is_null()) return secret;
  }
  return path.read(values);
}

Result<Template> Template::parse(std::string_view text) {
  Template result;
  result.text_ = std::string(text);
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = text.find("{{", at);
    if (open == std::string_view::npos) break;
    const size_t close = text.find("}}", open);
    if (close == std::string_view::npos)
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' has '{{{{' without '}}}}'", text));
    std::string_view place = trim(text.substr(open + 2, close - open - 2));
    Piece piece{.text = std::string(text.substr(at, open - at)), .place = {}, .is_place = true};
    if (const size_t bar = place.rfind('|'); bar != std::string_view::npos) {
      const std::string_view filter = trim(place.substr(bar + 1));
      if (filter != "dns" && filter != "count")
        return fail(ErrorCode::kInvalidArgument, fmt::format("'{}': '|{}' is neither |dns nor |count", text, filter));
      piece.filter = filter == "dns" ? Piece::Filter::kDns : Piece::Filter::kCount;
      place = trim(place.substr(0, bar));
    }
    if (place.ends_with('?')) {
      piece.optional = true;
      place.remove_suffix(1);
    }
    if (place.empty()) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' has a place without a name", text));
    piece.place = TRY(during(fmt::format("'{}'", text), JsonPath::parse(place)));
    result.pieces_.push_back(std::move(piece));
    at = close + 2;
  }
  if (at < text.size() || result.pieces_.empty())
    result.pieces_.push_back({.text = std::string(text.substr(at)), .place = {}});
  return result;
}

bool Template::has_places() const {
  for (const Piece& piece : pieces_) {
    if (piece.is_place) return true;
  }
  return false;
}

bool Template::names(std::string_view name) const {
  for (const Piece& piece : pieces_) {
    std::string_view place = piece.place.text();
    if (place.starts_with("$.")) place.remove_prefix(2);
    if (!piece.is_place || !place.starts_with(name)) continue;
    if (place.size() == name.size() || place[name.size()] == '.' || place[name.size()] == '[') return true;
  }
  return false;
}

Result<Json> Template::value_of(const Piece& piece, const Scope& scope) const {
  Json value = scope.read(piece.place, true);
  if (value.is_null() && !piece.optional) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("there is no value for {{{{{}}}}} in '{}'", piece.place.text(), text_));
  }
  if (piece.filter == Piece::Filter::kDns) return Json(dns_label(plain_text(value).value_or("")));
  if (piece.filter == Piece::Filter::kNone) return value;
  if (!value.is_array() && !value.is_null()) return unfit(piece.place, text_, "cannot be counted; expected a list");
  return Json(static_cast<int64_t>(value.items().size()));
}

Result<Json> Template::fill(const Scope& scope, Encode encode) const {
  std::string filled;
  for (const Piece& piece : pieces_) {
    filled += piece.text;
    if (!piece.is_place) continue;
    Json value = TRY(value_of(piece, scope));
    const bool alone = pieces_.size() == 1 && piece.text.empty() && encode == nullptr;
    if (alone) return value;
    if (value.is_null()) continue;
    const std::optional<std::string> text = plain_text(value);
    if (!text) return unfit(piece.place, text_, "is a list or an object; expected a text");
    // A counterpart's nonsense must not turn "this cluster" into "all clusters".
    if (encode && (text->empty() || *text == "." || *text == ".."))
      return unfit(piece.place, text_, "is empty or made of dots: the path would be another one");
    filled += encode ? encode(*text) : *text;
  }
  return Json(std::move(filled));
}

std::string Template::tell(const Scope& scope) const {
  std::string told;
  for (const Piece& piece : pieces_) {
    told += piece.text;
    if (!piece.is_place) continue;
    Json value = scope.read(piece.place, false);
    if (piece.filter == Piece::Filter::kDns && value.is_string()) value = dns_label(value.string_or_empty());
    if (piece.filter == Piece::Filter::kCount && value.is_array()) value = static_cast<int64_t>(value.items().size());
    if (value.is_null())
      told += fmt::format("{{{{{}}}}}", piece.place.text());
    else
      told += plain_text(value).value_or(value.dump());
  }
  return told;
}

Status check_templates(const Json& value) {
  if (value.is_string()) {
    TRY(Template::parse(value.string_or_empty()));
    return {};
  }
  for (const Json& item : value.items()) TRY(check_templates(item));
  for (const auto& [key, member] : value.members()) TRY(check_templates(member));
  return {};
}

Result<Json> fill_templates(const Json& value, const Scope& scope, Template::Encode encode) {
  return TRY(fill_one(value, scope, encode)).value_or(Json());
}

}  // namespace capstan::service
