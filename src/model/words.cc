#include "model/words.h"

#include <algorithm>
#include <ostream>

#include "model/phrases.h"

namespace capstan {
namespace {

constexpr int kDeepest = 16;  // Of phrases within phrases; what is read may be anything.
constexpr std::string_view kMember = "words";

// Puts what stands at each "{place}"; a place that nothing was given for stays empty.
std::string fill(std::string_view pattern, const Words::Places& places, Language language) {
  std::string out;
  while (true) {
    const size_t open = pattern.find('{');
    out += pattern.substr(0, open);
    if (open == std::string_view::npos) return out;
    const size_t close = pattern.find('}', open);
    const std::string_view name = pattern.substr(open + 1, close - open - 1);
    const auto found = std::ranges::find(places, name, &Words::Place::first);
    if (found != places.end()) out += say(found->second, language);
    pattern.remove_prefix(close + 1);
  }
}

Words read(const Json& json, int depth);

Words::Places read_places(const Json& json, int depth) {
  Words::Places places;
  if (depth == kDeepest) return places;
  for (const auto& [name, value] : json.members()) places.emplace_back(name, read(value, depth + 1));
  return places;
}

Words read(const Json& json, int depth) {
  if (json.is_string()) return json.string_or_empty();
  if (json.contains("ko")) return Words::in_both(json["text"].string_or_empty(), json["ko"].string_or_empty());
  const std::string& key = json["phrase"].string_or_empty();
  return key.empty() ? Words() : Words::phrase(key, read_places(json["with"], depth));
}

}  // namespace

std::string_view to_string(Language language) { return language == Language::kKorean ? "ko" : "en"; }

std::optional<Language> parse_language(std::string_view text) {
  if (text == "en") return Language::kEnglish;
  if (text == "ko") return Language::kKorean;
  return std::nullopt;
}

Words Words::phrase(std::string_view key, std::initializer_list<Place> places) { return phrase(key, Places(places)); }

Words Words::phrase(std::string_view key, Places places) {
  std::ranges::sort(places, {}, &Place::first);
  const Phrase* known = find_phrase(key);
  Words words(known ? fill(known->english, places, Language::kEnglish) : std::string(key));
  words.made = std::make_shared<const Making>(Making{std::string(key), std::move(places), ""});
  return words;
}

Words Words::known(const std::string& key, std::string_view otherwise) {
  return find_phrase(key) ? phrase(key) : Words(otherwise);
}

Words Words::in_both(std::string english, std::string korean) {
  Words words(std::move(english));
  if (!korean.empty()) words.made = std::make_shared<const Making>(Making{"", {}, std::move(korean)});
  return words;
}

Words Words::joined(const std::vector<Words>& all, std::string_view between) {
  Words joined;
  for (const Words& each : all) {
    joined = joined.empty()
                 ? each
                 : phrase("list.joined", {{"first", std::move(joined)}, {"between", between}, {"next", each}});
  }
  return joined;
}

std::string_view Words::key() const { return made ? std::string_view(made->key) : std::string_view(); }

const Words& Words::place(std::string_view name) const {
  static const Words kNone;
  if (!made) return kNone;
  const auto found = std::ranges::find(made->places, name, &Place::first);
  return found == made->places.end() ? kNone : found->second;
}

Words Words::with(std::string_view place, Words words) const {
  if (!made || made->key.empty()) return *this;
  Places places = made->places;
  std::erase_if(places, [&](const auto& each) { return each.first == place; });
  places.emplace_back(place, std::move(words));
  return phrase(made->key, std::move(places));
}

Json Words::to_json() const {
  if (!made) return text;
  if (made->key.empty()) return Json::object({{"text", text}, {"ko", made->korean}});
  Json json = Json::object({{"phrase", made->key}});
  if (made->places.empty()) return json;
  Json::Object with;
  for (const auto& [name, words] : made->places) with.emplace(name, words.to_json());
  json.set("with", std::move(with));
  return json;
}

Words Words::from_json(const Json& json) { return read(json, 0); }

bool Words::operator==(const Words& other) const {
  if (text != other.text || (made == nullptr) != (other.made == nullptr)) return false;
  return made == other.made || *made == *other.made;
}

std::string say(const Words& words, Language language) {
  if (!words.made || language == Language::kEnglish) return words.text;
  if (words.made->key.empty()) return words.made->korean;
  const Phrase* phrase = find_phrase(words.made->key);
  return phrase ? fill(phrase->korean, words.made->places, language) : words.text;
}

Words quoted(const Error& error) { return Words::phrase("quoted", {{"text", error.message}}); }

void set_words(Json& object, std::string_view member, const Words& words) {
  object.set(member, words.text);
  if (words.made) {
    Json::Object& members = object.mutable_members();
    const auto made = members.find(kMember);
    (made == members.end() ? object.set(kMember, Json::object()) : made->second).set(member, words.to_json());
  } else if (const auto made = object.mutable_members().find(kMember); made != object.mutable_members().end()) {
    made->second.mutable_members().erase(std::string(member));
  }
}

Words words_of(const Json& object, std::string_view member) {
  // What was written down is what was said then, even where the phrase has been worded otherwise since.
  Words words = object[member].string_or_empty();
  const Json& made = object[kMember][member];
  if (!made.is_null()) words.made = Words::from_json(made).made;
  return words;
}

void localize(Json& json, Language language) {
  if (json.is_array()) {
    for (Json& item : json.mutable_items()) localize(item, language);
    return;
  }
  if (!json.is_object()) return;
  if (language != Language::kEnglish && json[kMember].is_object()) {
    const Json made = json[kMember];
    for (const auto& [member, words] : made.members()) {
      // A phrase of a newer version has no words here: then the text stands.
      if (json[member].is_string()) json.set(member, say(words_of(json, member), language));
    }
  }
  Json::Object& members = json.mutable_members();
  if (const auto made = members.find(kMember); made != members.end() && made->second.is_object()) members.erase(made);
  for (auto& [name, value] : members) localize(value, language);
}

std::ostream& operator<<(std::ostream& out, const Words& words) { return out << words.text; }

}  // namespace capstan
