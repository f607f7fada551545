#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manual/manual_book.h"
#include "manual/manual_shelf.h"
#include "manual/manual_table.h"

namespace capstan::manual {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kTibero = R"yaml(
manual: tibero
title: Tibero
see: https://example.com/tibero
codes: '\b(TBR-[0-9]{4,5})\b'
entries:
  - code: TBR-2139
    pattern: 'user (?P<user>\w+) is locked'
    severity: high
    means: "the account {{user}} is locked ({{code}})"
    causes: [too many wrong passwords]
    remedies: ["ALTER USER {{user}} ACCOUNT UNLOCK"]
  - code: TBR-7001..TBR-7099
    means: "a syntax error ({{code}})"
  - code: TBR-12*
    means: the disk
  - pattern: 'listener .* refused'
    means: nobody listens
    see: https://example.com/listener
)yaml";

std::shared_ptr<const ManualBook> book(std::string_view text) {
  ReadManuals read = read_manuals(text, "manual.yaml");
  for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
  return ManualBook::create(std::move(read.manuals)).value();
}

std::vector<std::string> meanings(const Manual& manual, std::string_view text, std::string_view product = "") {
  std::vector<std::string> found;
  for (const ManualEntry& entry : manual.look_up(text, product)) found.push_back(entry.means);
  return found;
}

std::string problem_of(std::string_view text) {
  const ReadManuals read = read_manuals(text, "manual.yaml");
  return read.problems.empty() ? "" : read.problems[0].to_string();
}

TEST(Manual, KnowsACodeThatIsTheWholeText) {
  EXPECT_THAT(meanings(*book(kTibero), " TBR-7042\n"), ElementsAre("a syntax error (TBR-7042)"));
  EXPECT_THAT(meanings(*book(kTibero), "TBR-7100"), IsEmpty());
  EXPECT_THAT(meanings(*book(kTibero), "TBR-1200"), ElementsAre("the disk"));
}

TEST(Manual, KnowsACodeWithinALine) {
  EXPECT_THAT(meanings(*book(kTibero), "2026-01-08 SQLException: TBR-7001 near WHERE"),
              ElementsAre("a syntax error (TBR-7001)"));
}

TEST(Manual, FillsInWhatThePatternCaptured) {
  const auto found = book(kTibero)->look_up("login failed: user scott is locked");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].means, "the account scott is locked (TBR-2139)");
  EXPECT_THAT(found[0].remedies, ElementsAre("ALTER USER scott ACCOUNT UNLOCK"));
  EXPECT_EQ(found[0].see, "https://example.com/tibero");
  EXPECT_EQ(found[0].severity, Severity::kHigh);
}

TEST(Manual, KnowsAPatternWhateverStandsAroundIt) {
  EXPECT_THAT(meanings(*book(kTibero), "ERROR: the listener on 8629 refused us"), ElementsAre("nobody listens"));
  EXPECT_THAT(meanings(*book(kTibero), "the listener is fine"), IsEmpty());
}

TEST(Manual, LooksOnlyAtTheProductThatIsAskedFor) {
  EXPECT_THAT(meanings(*book(kTibero), "TBR-7001", "oracle"), IsEmpty());
  EXPECT_THAT(meanings(*book(kTibero), "TBR-7001", "tibero").size(), 1U);
}

TEST(Manual, PrefersTheEntryOfACodeToThoseOfItsRange) {
  const auto one = book(R"(
manual: x
entries:
  - { code: 10..19, means: some number }
  - { code: 13, means: thirteen }
)");
  EXPECT_THAT(meanings(*one, "13"), ElementsAre("thirteen"));
  EXPECT_THAT(meanings(*one, "14"), ElementsAre("some number"));
}

TEST(Manual, SaysWhereAMistakeIs) {
  EXPECT_THAT(problem_of("manual: x\nentries:\n  - { code: 1, menas: one }\n"), HasSubstr("manual.yaml:3:"));
  EXPECT_THAT(problem_of("manual: x\nentries:\n  - { means: one }\n"),
              HasSubstr("needs a 'code', a 'pattern' or both"));
  EXPECT_THAT(problem_of("manual: x\nentries:\n  - { pattern: 'a(', means: one }\n"), HasSubstr("cannot be read"));
  EXPECT_THAT(problem_of("manual: x\nentries:\n  - { pattern: 'a*', means: one }\n"), HasSubstr("matches everything"));
  EXPECT_THAT(problem_of("manual: x\nentries:\n  - { code: 9..1, means: one }\n"), HasSubstr("is no range"));
  EXPECT_THAT(problem_of("manual: x\nentries:\n  - { pattern: abc, means: '{{what}}' }\n"), HasSubstr("'{{what}}'"));
  EXPECT_THAT(problem_of("manual: x\ncodes: abc\nentries: []\n"), HasSubstr("a group that is the code"));
  EXPECT_THAT(problem_of("manual: x\n"), HasSubstr("entries"));
}

TEST(Manual, KeepsTheLastGoodVersionOfAFileWithAMistake) {
  ManualShelf shelf;
  EXPECT_THAT(shelf.load({{"a.yaml", std::string(kTibero)}}), IsEmpty());
  const std::vector<Error> problems = shelf.load({{"a.yaml", "manual: x\nentries: 3\n"}});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].where.file, "a.yaml");
  EXPECT_THAT(meanings(shelf, "TBR-1200"), ElementsAre("the disk"));
  EXPECT_EQ(shelf.load({{"a.yaml", "manual: x\nentries: 3\n"}}).size(), 1U);  // Still wrong.
  EXPECT_THAT(shelf.load({}), IsEmpty());
  EXPECT_THAT(meanings(shelf, "TBR-1200"), IsEmpty());
}

TEST(Manual, IsATableInSql) {
  const auto one = book(kTibero);
  const Table table = ManualTable(*one).fetch({std::string("user eve is locked")}, Time()).value();
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(to_text(table.rows[0][3]), "the account eve is locked (TBR-2139)");
  EXPECT_EQ(to_text(table.rows[0][5]), R"(["ALTER USER eve ACCOUNT UNLOCK"])");
  EXPECT_FALSE(ManualTable(*one).fetch({}, Time()));
}

TEST(Manual, SurvivesJson) {
  const ManualEntry entry = book(kTibero)->look_up("user eve is locked").at(0);
  EXPECT_EQ(manual_entry_from_json(to_json(entry)), entry);
  EXPECT_THAT(evidence_of(entry).lines,
              ElementsAre("cause: too many wrong passwords", "remedy: ALTER USER eve ACCOUNT UNLOCK",
                          "see https://example.com/tibero"));
}

TEST(Manual, TakesBytesThatAreNoText) {
  EXPECT_THAT(meanings(*book(kTibero), std::string("\xff\x00user \xfe is", 12)), IsEmpty());
  EXPECT_THAT(meanings(*book(kTibero), std::string(100'000, 'x') + " user eve is locked"), IsEmpty());
}

}  // namespace
}  // namespace capstan::manual
