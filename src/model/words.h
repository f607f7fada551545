// What people read: a sentence with how it is said in each language. Whoever makes a sentence writes it in English, as
// a phrase of the catalog (model/phrases.h) with what stands at its places; facts keep both, and who reads it says in
// which language. What has no phrase (titles of users, errors of counterparts) is said as it was written.
#pragma once

#include <fmt/core.h>

#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace capstan {

enum class Language { kEnglish, kKorean };
std::string_view to_string(Language language);  // "en", "ko"
std::optional<Language> parse_language(std::string_view text);

// A value: copies share what they are made of.
struct Words {
  using Place = std::pair<std::string, Words>;
  using Places = std::vector<Place>;
  struct Making;

  Words() = default;
  Words(std::string as_it_is) : text(std::move(as_it_is)) {}
  Words(std::string_view as_it_is) : text(as_it_is) {}
  Words(const char* as_it_is) : text(as_it_is) {}
  // A phrase that the catalog does not have is said by its key: a newer version's message is still told.
  static Words phrase(std::string_view key, std::initializer_list<Place> places = {});
  static Words phrase(std::string_view key, Places places);
  // The phrase where the catalog has it, else the text: for names that Capstan may know ("stop", "process").
  static Words known(const std::string& key, std::string_view otherwise);
  // What a user wrote in both languages; in one where `korean` is "".
  static Words in_both(std::string english, std::string korean);
  // One after the other.
  static Words joined(const std::vector<Words>& all, std::string_view between);

  std::string text;                    // In English, or as it was written.
  std::shared_ptr<const Making> made;  // Null where `text` is said in every language.

  bool empty() const { return text.empty(); }
  // Of the phrase; "" where it is none.
  std::string_view key() const;
  void clear() { *this = Words(); }
  // What stands at a place of the phrase; nothing where it has no such.
  const Words& place(std::string_view name) const;
  // The same phrase with one place more.
  Words with(std::string_view place, Words words) const;

  // A text is a JSON string, a phrase {"phrase": key, "with": {place: words}}, a text in both languages
  // {"text": …, "ko": …}. What is none of them reads as nothing.
  Json to_json() const;
  static Words from_json(const Json& json);

  operator const std::string&() const { return text; }
  bool operator==(const Words& other) const;
  bool operator==(const std::string& other) const { return text == other; }
  bool operator==(const char* other) const { return text == other; }
};

// What a sentence is made of: a phrase of the catalog, or what somebody has written in both languages.
struct Words::Making {
  std::string key;     // Of the phrase; "" where `korean` is said.
  Places places;       // Sorted by name.
  std::string korean;  // As it was written.
  bool operator==(const Making&) const = default;
};

std::string say(const Words& words, Language language);

// What somebody else says, in its own language: an error of a counterpart. In Korean it stands in quotes.
Words quoted(const Error& error);

// A sentence as a member of an object: {"says": "paused by ann", "words": {"says": {"phrase": …}}}. Who knows nothing
// of languages reads the text; who does finds under `words` what it is made of.
void set_words(Json& object, std::string_view member, const Words& words);
Words words_of(const Json& object, std::string_view member);
// Says all such members of a value, at any depth, in a language; `words` goes. English stays as it was written.
void localize(Json& json, Language language);

std::ostream& operator<<(std::ostream& out, const Words& words);

}  // namespace capstan

template <>
struct fmt::formatter<capstan::Words> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(const capstan::Words& words, Context& context) const {
    return fmt::formatter<std::string_view>::format(words.text, context);
  }
};
