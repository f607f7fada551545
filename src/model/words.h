// Texts that get their words when it is known who reads them: facts and messages keep what is said, not how.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace capstan {

enum class Language { kEnglish, kKorean };
std::string_view to_string(Language language);  // "en", "ko"
std::optional<Language> parse_language(std::string_view text);

// Either a text that is said as it is, or a phrase of the catalog (src/tell/phrases.h) with what stands at its places.
struct Words {
  using Places = std::map<std::string, Words, std::less<>>;

  Words() = default;
  Words(std::string as_it_is) : text(std::move(as_it_is)) {}
  Words(std::string_view as_it_is) : text(as_it_is) {}
  Words(const char* as_it_is) : text(as_it_is) {}
  static Words phrase(std::string_view key, std::initializer_list<std::pair<const std::string, Words>> places = {});

  std::string text;
  std::string key;  // Of the phrase; "" where `text` is said.
  Places places;

  bool empty() const { return text.empty() && key.empty(); }

  // A text is a JSON string, a phrase {"phrase": key, "with": {place: words}}. What is neither reads as nothing.
  Json to_json() const;
  static Words from_json(const Json& json);

  bool operator==(const Words&) const = default;
};

}  // namespace capstan
