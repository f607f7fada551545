#include "telemetry/logs/template_miner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "telemetry/logs/line_tokens.h"

namespace capstan::telemetry {
namespace {

std::string masked(std::string_view line) {
  std::string text;
  for (const LineToken& token : split_line(line)) text += (text.empty() ? "" : " ") + token.masked;
  return text;
}

TEST(LineTokens, MaskWhatVaries) {
  EXPECT_EQ(masked("took 17 ms"), "took <*> ms");
  EXPECT_EQ(masked("took 3.5s, -12 left"), "took <*>, -<*> left");
  EXPECT_EQ(masked("2026-01-08T18:00:00.123Z start"), "<*> start");
  EXPECT_EQ(masked("from 10.0.0.1:5353 to [10.0.0.2]"), "from <*> to [<*>]");
  EXPECT_EQ(masked("id=550e8400-e29b-41d4-a716-446655440000;"), "id=<*>;");
  EXPECT_EQ(masked("commit deadbeef01 defaced"), "commit <*> defaced");
  EXPECT_EQ(masked("at 0x7ffe12ab"), "at <*>");
  EXPECT_EQ(masked("open(\"/var/log/nginx/error.log\") failed"), "open(\"<*>\") failed");
  EXPECT_EQ(masked("GET /api/users/17 HTTP/1.1"), "GET <*> HTTP/<*>");
  EXPECT_EQ(masked("worker-3 of eth0"), "worker-<*> of eth<*>");
  EXPECT_EQ(masked("no variables here"), "no variables here");
}

TEST(TemplateMiner, BringsLinesTogetherThatDifferInNames) {
  TemplateMiner miner({});
  const uint64_t first = miner.add("session opened for user alice by root").text->id;
  const auto second = miner.add("session opened for user bob by root");
  EXPECT_EQ(second.text->id, first);
  EXPECT_EQ(second.text->text, "session opened for user <*> by root");
  EXPECT_THAT(second.variables, testing::ElementsAre("bob"));
  EXPECT_NE(miner.add("session closed because of an idle timeout").text->id, first);
  EXPECT_NE(miner.add("disk sda is full").text->id, first);
}

TEST(TemplateMiner, GivesEveryLineBackFromItsTemplateAndVariables) {
  TemplateMiner miner({});
  SeededRandom random(3);
  const std::vector<std::string> words = {"",      "user", "17",       "<*>", "a<*>b", "/x/y", "<",  "*>", "<<*>>",
                                          "\tabs", "=",    "10.0.0.1", "ÄÖÜ", "a1b2",  "\xff", "ok", "<*", "-1"};
  for (int i = 0; i < 5000; ++i) {
    std::string line;
    for (uint64_t count = random.below(8); count > 0; --count) line += words[random.below(words.size())] + " ";
    const TemplateMiner::Match match = miner.add(line);
    ASSERT_EQ(fill_template(match.text->text, match.variables), line);
    ASSERT_EQ(count_placeholders(match.text->text), match.variables.size());
  }
}

TEST(TemplateMiner, GivesALineOfAnyLengthBack) {
  TemplateMiner miner({});
  std::string line;
  for (int i = 0; i < 10'000; ++i) line += "word ";
  const TemplateMiner::Match match = miner.add(line);
  EXPECT_EQ(fill_template(match.text->text, match.variables), line);
}

TEST(TemplateMiner, HoldsItsLimitsWithOneTemplateForTheRest) {
  TemplateMiner miner({.templates = 3});
  for (const char* line : {"a", "b", "c", "d", "e"}) miner.add(line);
  EXPECT_EQ(miner.size(), 3U);
  const TemplateMiner::Match rest = miner.add("some other line");
  EXPECT_EQ(rest.text->id, 0U);
  EXPECT_EQ(fill_template(rest.text->text, rest.variables), "some other line");
  EXPECT_NE(miner.add("a").text->id, 0U);
}

TEST(TemplateMiner, KnowsRestoredTemplatesByTheirNumber) {
  TemplateMiner before({});
  before.add("user alice logged in");
  const uint64_t id = before.add("user bob logged in").text->id;
  TemplateMiner after({});
  for (const auto& text : before.templates()) after.restore(*text);
  EXPECT_EQ(after.add("user carol logged in").text->id, id);
  EXPECT_GT(after.add("something new").text->id, id);
}

}  // namespace
}  // namespace capstan::telemetry
