// What packs tell people, they tell in Korean, too: every text of a rule, a step of a diagnosis and an alert has its
// twin `…_ko`, which is made of the same columns and labels. A column that is itself a sentence may have a twin as well
// ({{why}} and {{why_ko}}): then the query gives it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/config.h"
#include "base/file.h"

namespace capstan {
namespace {

const std::filesystem::path kPacks = std::filesystem::path(CAPSTAN_SOURCE_DIR) / "packs";
constexpr std::string_view kTwin = "_ko";

std::string text_at(const ConfigNode& node, const std::string& key) {
  const ConfigNode* value = node.find(key);
  return value == nullptr ? "" : value->scalar;
}

std::string place_of(const ConfigNode& node) { return node.where.file + ":" + std::to_string(node.where.line); }

// What stands in double braces, in an order of its own: Korean puts things elsewhere in a sentence.
std::multiset<std::string> placeholders(std::string_view text) {
  std::multiset<std::string> found;
  for (size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", open)) {
    const size_t close = text.find("}}", open);
    if (close == std::string_view::npos) break;
    found.emplace(text.substr(open + 2, close - open - 2));
    open = close + 2;
  }
  return found;
}

std::multiset<std::string> without_twins(const std::multiset<std::string>& names) {
  std::multiset<std::string> bare;
  for (const std::string& name : names) {
    bare.insert(name.ends_with(kTwin) ? name.substr(0, name.size() - kTwin.size()) : name);
  }
  return bare;
}

// Whether anything is said beside what stands in braces.
bool has_words_of_its_own(std::string_view text) {
  bool is_within = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("{{")) is_within = true;
    if (!is_within && (isalpha(static_cast<unsigned char>(text[i])) != 0)) return true;
    if (text.substr(i).starts_with("}}")) is_within = false;
  }
  return false;
}

// Hangul syllables are U+AC00 to U+D7A3: three bytes, the first of them EA to ED.
bool is_korean(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0xEA && byte <= 0xED;
  });
}

class PackTexts : public testing::Test {
 protected:
  // What is wrong with the twins of a text is told with the place of the text.
  void expect_twin(const ConfigNode& node, const std::string& key) {
    const ConfigNode* english = node.find(key);
    if (english == nullptr) {
      EXPECT_EQ(node.find(key + "_ko"), nullptr) << place_of(node) << ": " << key << "_ko without " << key;
      return;
    }
    ++texts_;
    const std::string at = place_of(*english) + ": " + key + ": " + english->scalar;
    const std::string korean = text_at(node, key + "_ko");
    ASSERT_FALSE(korean.empty()) << at << " is not said in Korean";
    EXPECT_TRUE(is_korean(korean) || !has_words_of_its_own(english->scalar)) << at << " is no Korean: " << korean;
    const std::multiset<std::string> names = placeholders(korean);
    EXPECT_EQ(without_twins(names), placeholders(english->scalar)) << at << "\n  in Korean: " << korean;
    for (const std::string& name : names) {
      if (name.ends_with(kTwin)) expect_column(node, name, at);
    }
  }

  // A rule of allowed values gets `fault_ko` and `advice_ko` without a query.
  static void expect_column(const ConfigNode& node, const std::string& column, const std::string& at) {
    if (node.find("allows") != nullptr && (column == "fault_ko" || column == "advice_ko")) return;
    EXPECT_TRUE(text_at(node, "find").contains(" AS " + column)) << at << ": no column " << column;
  }

  void look_at(const ConfigNode& document) {
    if (document.is_sequence()) {
      for (const ConfigNode& item : document.items) look_at(item);
    } else if (document.find("rule") != nullptr) {
      ++rules_;
      for (const char* key : {"says", "remedy", "why"}) expect_twin(document, key);
    } else if (document.find("step") != nullptr) {
      ++steps_;
      expect_twin(document, "title");
      for (const ConfigNode& check : document.find("checks")->items) {
        for (const char* key : {"says", "remedy"}) expect_twin(check, key);
      }
    } else if (const ConfigNode* groups = document.find("groups")) {
      for (const ConfigNode& group : groups->items) look_at_alerts(group);
    }
  }

  void look_at_alerts(const ConfigNode& group) {
    const ConfigNode* rules = group.find("rules");
    if (rules == nullptr) return;
    for (const ConfigNode& rule : rules->items) {
      if (rule.find("alert") == nullptr) continue;
      ++alerts_;
      const ConfigNode* annotations = rule.find("annotations");
      ASSERT_NE(annotations, nullptr) << place_of(rule);
      for (const char* key : {"summary", "description", "remedy"}) expect_twin(*annotations, key);
    }
  }

  size_t rules_ = 0, steps_ = 0, alerts_ = 0, texts_ = 0;
};

TEST_F(PackTexts, EveryTextIsSaidInKoreanWithTheSamePlaceholders) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kPacks)) {
    if (entry.path().extension() != ".yaml") continue;
    const auto documents = parse_yaml(read_file(entry.path()).value(), entry.path().string());
    ASSERT_TRUE(documents) << documents.error().to_string();
    for (const ConfigNode& document : *documents) look_at(document);
  }
  // Were a file not understood, nothing would be wrong with it.
  EXPECT_GE(rules_, 160U);
  EXPECT_GE(steps_, 20U);
  EXPECT_GE(alerts_, 7U);
  EXPECT_GE(texts_, 400U);
}

}  // namespace
}  // namespace capstan
