#include "model/phrases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "base/file.h"
#include "model/action.h"
#include "model/finding.h"
#include "model/words.h"

namespace capstan {
namespace {

std::set<std::string> places_of(std::string_view pattern) {
  static const std::regex kPlace(R"(\{([a-z_]+)\})");
  const std::string text(pattern);
  std::set<std::string> places;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), kPlace); it != std::sregex_iterator(); ++it)
    places.insert((*it)[1]);
  return places;
}

std::vector<Phrase> all_phrases() {
  std::vector<Phrase> all;
  for (const std::span<const Phrase> table : phrase_tables()) all.insert(all.end(), table.begin(), table.end());
  return all;
}

TEST(Phrases, HaveBothLanguagesWithTheSamePlaces) {
  for (const Phrase& phrase : all_phrases()) {
    EXPECT_FALSE(phrase.english.empty()) << phrase.key;
    EXPECT_FALSE(phrase.korean.empty()) << phrase.key;
    EXPECT_EQ(places_of(phrase.english), places_of(phrase.korean)) << phrase.key;
    EXPECT_EQ(std::ranges::count(phrase.english, '{'), std::ranges::count(phrase.english, '}')) << phrase.key;
    EXPECT_EQ(std::ranges::count(phrase.korean, '{'), std::ranges::count(phrase.korean, '}')) << phrase.key;
  }
}

// A particle such as 을 or 를 depends on the last syllable of what stands before it, which nobody knows here.
TEST(Phrases, PutNoKoreanParticleBehindAPlaceOfAnyText) {
  static const std::regex kParticle("\\}(을|를|이|가|은|는|과|와|으로|로)( |$|\\.|,)");
  for (const Phrase& phrase : all_phrases())
    EXPECT_FALSE(std::regex_search(std::string(phrase.korean), kParticle)) << phrase.key;
}

TEST(Phrases, AreThoseThatTheSourceSays) {
  std::set<std::string> known, used;
  for (const Phrase& phrase : all_phrases()) known.insert(std::string(phrase.key));
  static const std::regex kUse(
      R"re((?:phrase\([^"\n]*|on_target\(|by_person\(|add_field\(draft, |add_link\(draft, )\s*"([a-z_]+\.[a-z_.]*)")re");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(CAPSTAN_SOURCE_DIR "/src")) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".cc") || path.ends_with("_test.cc")) continue;
    const std::string text = read_file(path).value();
    for (auto it = std::sregex_iterator(text.begin(), text.end(), kUse); it != std::sregex_iterator(); ++it)
      used.insert((*it)[1]);
  }
  EXPECT_GE(used.size(), 20u);
  for (const std::string& key : used) {
    // "state." and the like are put together with what follows.
    if (!key.ends_with('.')) EXPECT_TRUE(known.contains(key)) << key;
  }
  for (const auto state : {ActionState::kProposed, ActionState::kApproved, ActionState::kRunning,
                           ActionState::kSucceeded, ActionState::kPartial, ActionState::kFailed, ActionState::kReverted,
                           ActionState::kUnknown, ActionState::kSkipped}) {
    EXPECT_TRUE(known.contains("state." + std::string(to_string(state)))) << to_string(state);
  }
  for (const auto severity : {Severity::kInfo, Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical})
    EXPECT_TRUE(known.contains("severity." + std::string(to_string(severity)))) << to_string(severity);
}

TEST(Phrases, SayWhatUsersWroteAsItIs) {
  const Words title = Words::phrase("incident.closed", {{"title", "disk {full} of 웹1"}});
  EXPECT_EQ(say(title, Language::kEnglish), "[closed] disk {full} of 웹1");
  EXPECT_EQ(say(title, Language::kKorean), "[종료] disk {full} of 웹1");
  EXPECT_EQ(say("as it is {title}", Language::kKorean), "as it is {title}");
  EXPECT_EQ(say(Words::phrase("from.a.newer.version"), Language::kKorean), "from.a.newer.version");
}

}  // namespace
}  // namespace capstan
