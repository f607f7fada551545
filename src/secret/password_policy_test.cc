#include "secret/password_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>

namespace capstan::secret {
namespace {

PasswordPolicy rules(std::string_view text) { return parse_password_policy(text, "p.hcl").value(); }
std::string problem(std::string_view text) { return parse_password_policy(text, "p.hcl").error().to_string(); }
Result<PasswordPolicy> yaml(std::string_view text) {
  return read_password_policy(parse_yaml(text, "p.yaml").value()[0]);
}

TEST(PasswordPolicy, ReadsTheWordsOfVault) {
  const PasswordPolicy policy = rules(R"(
# As documented.
length = 20
rule "charset" { charset = "cba\"\\a" }  // once each
rule "charset" {
  charset   = "0123456789"
  min-chars = 2 /* at least */
}
)");
  EXPECT_EQ(policy.length, 20);
  ASSERT_EQ(policy.rules.size(), 2u);
  EXPECT_EQ(policy.rules[0].charset, "\"\\abc");
  EXPECT_EQ(policy.rules[0].least, 0);
  EXPECT_EQ(policy.rules[1].least, 2);
}

TEST(PasswordPolicy, SaysWhereAMistakeIsAndWhatWasExpected) {
  EXPECT_EQ(problem("length = 3"), "p.hcl:1:10: expected a number from 4 to 1000 for 'length', found '3'");
  EXPECT_EQ(problem("length 20"), "p.hcl:1:8: expected '=', found '20'");
  EXPECT_EQ(problem("length = 20\nlength = 21"), "p.hcl:2:1: 'length' is set twice");
  EXPECT_EQ(problem("lenght = 20"), "p.hcl:1:1: expected 'length' or 'rule', found 'lenght'");
  EXPECT_EQ(problem("length = 20"), "p.hcl:1:12: expected 'rule \"charset\" { charset = \"…\" }', found the end");
  EXPECT_EQ(problem("rule \"charset\" { charset = \"a\" }"), "p.hcl:1:33: expected 'length = NUMBER', found the end");
  EXPECT_EQ(problem("rule \"other\" {}"),
            "p.hcl:1:6: expected \"charset\", the only kind of rule there is, found a text");
  EXPECT_EQ(problem("rule \"charset\" {\n  min-chars = 1\n}"), "p.hcl:1:1: this rule has no 'charset'");
  EXPECT_EQ(problem("rule \"charset\" { charset = \"ab"), "p.hcl:1:28: this text has no end");
  EXPECT_EQ(problem("rule \"charset\" { charset = \"a\xc3\x9f\" }").substr(0, 20), "p.hcl:1:28: a set of");
  EXPECT_EQ(problem("/* x"), "p.hcl:1:1: this comment has no end");
  EXPECT_EQ(problem("length = 20;"), "p.hcl:1:12: a character that belongs in no policy");
}

TEST(PasswordPolicy, GeneratesWhatFitsTheRules) {
  const PasswordPolicy policy = rules(R"(length = 12
    rule "charset" { charset = "abcdefgh" min-chars = 2 }
    rule "charset" { charset = "0123456789" min-chars = 3 }
    rule "charset" { charset = "!@" min-chars = 1 })");
  SystemRandom random;
  for (int i = 0; i < 200; ++i) {
    const std::string password = generate_password(policy, random)->reveal();
    EXPECT_EQ(password.size(), 12u);
    EXPECT_GE(std::ranges::count_if(password, ::isdigit), 3) << password;
    EXPECT_NE(password.find_first_of("!@"), std::string::npos) << password;
  }
}

// All 14 passwords of four letters of which at least one is 'a' and one is 'b', each as often as the others.
TEST(PasswordPolicy, MakesAllThatFitEquallyLikely) {
  const PasswordPolicy policy = rules(R"(length = 4
    rule "charset" { charset = "a" min-chars = 1 } rule "charset" { charset = "b" min-chars = 1 })");
  SeededRandom random(7);
  std::map<std::string, int> seen;
  constexpr int kEach = 2'000;
  for (int i = 0; i < 14 * kEach; ++i) ++seen[generate_password(policy, random)->reveal()];
  ASSERT_EQ(seen.size(), 14u);
  double chi_squared = 0;
  for (const auto& [password, times] : seen) chi_squared += (times - kEach) * (times - kEach) / double(kEach);
  EXPECT_LT(chi_squared, 34.5);  // 13 degrees of freedom, p = 0.001.
}

TEST(PasswordPolicy, SaysThatItsRulesAreTooStrict) {
  SystemRandom random;
  const PasswordPolicy impossible = rules(R"(length = 4 rule "charset" { charset = "ab" min-chars = 5 })");
  EXPECT_EQ(generate_password(impossible, random).error().code, ErrorCode::kFailedPrecondition);
}

TEST(PasswordPolicy, MakesPartsInTheirOrderWithoutForbiddenCharacters) {
  const PasswordPolicy policy = yaml(R"(
parts:
  - { charset: letters, length: 6 }
  - { charset: digits, length: 4 }
  - { charset: "!@#", length: 2 }
forbid: "0O1lI@"
)")
                                    .value();
  SystemRandom random;
  const std::regex wanted("[a-km-zA-HJ-NP-Z]{6}[2-9]{4}[!#]{2}");
  for (int i = 0; i < 200; ++i) {
    const std::string password = generate_password(policy, random)->reveal();
    EXPECT_TRUE(std::regex_match(password, wanted)) << password;
  }
}

TEST(PasswordPolicy, ForbidsCharactersOfRulesToo) {
  const PasswordPolicy policy =
      yaml("rules: 'length = 30 rule \"charset\" { charset = \"abc\" }'\nforbid: b\n").value();
  SystemRandom random;
  EXPECT_EQ(generate_password(policy, random)->reveal().find('b'), std::string::npos);
}

TEST(PasswordPolicy, TellsMistakesOfTheSettings) {
  EXPECT_FALSE(yaml("forbid: a"));
  EXPECT_FALSE(yaml("{ parts: [ { charset: digits, length: 4 } ], rules: x }"));
  EXPECT_FALSE(yaml("parts: [ { charset: digits, length: 3 } ]"));
  EXPECT_FALSE(yaml("parts: digits"));
  EXPECT_FALSE(yaml("parts: []"));
  EXPECT_FALSE(yaml("parts: [ { charset: 'a b', length: 8 } ]"));
  EXPECT_EQ(yaml("parts: [ { charset: digits, length: 9 } ]\nforbid: '0123456789'\n").error().where.line, 2);
  EXPECT_NE(yaml("rules: 'length = 3'").error().message.find("line 1:10: expected a number"), std::string::npos);
}

}  // namespace
}  // namespace capstan::secret
