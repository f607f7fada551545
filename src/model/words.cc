#include "model/words.h"

namespace capstan {
namespace {

constexpr int kDeepest = 8;  // Of phrases within phrases; what is read may be anything.

Words read(const Json& json, int depth) {
  if (json.is_string()) return json.string_or_empty();
  Words words;
  words.key = json["phrase"].string_or_empty();
  if (depth == kDeepest) return words;
  for (const auto& [name, value] : json["with"].members()) words.places.emplace(name, read(value, depth + 1));
  return words;
}

}  // namespace

std::string_view to_string(Language language) { return language == Language::kKorean ? "ko" : "en"; }

std::optional<Language> parse_language(std::string_view text) {
  if (text == "en") return Language::kEnglish;
  if (text == "ko") return Language::kKorean;
  return std::nullopt;
}

Words Words::phrase(std::string_view key, std::initializer_list<std::pair<const std::string, Words>> places) {
  Words words;
  words.key = key;
  words.places = places;
  return words;
}

Json Words::to_json() const {
  if (key.empty()) return text;
  Json json = Json::object({{"phrase", key}});
  if (places.empty()) return json;
  Json::Object with;
  for (const auto& [name, words] : places) with.emplace(name, words.to_json());
  json.set("with", std::move(with));
  return json;
}

Words Words::from_json(const Json& json) { return read(json, 0); }

}  // namespace capstan
