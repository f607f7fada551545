#include "catalog/sql_fragment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/random.h"
#include "catalog/sql_fragment_property.h"

namespace capstan::catalog {
namespace {

using testing::HasSubstr;

TEST(SqlFragment, TakesConditionsAsPeopleWriteThem) {
  for (const char* sql :
       {"state = 'running'", "ends_on < now", "(a OR b) AND NOT (c)", "name LIKE '%)%'", "note = 'it''s -- not ; this'",
        "id IN (SELECT source FROM relation WHERE kind = 'belongs_to')", "a -- why\nAND b", "a /* why */ AND b",
        "json_extract(fields, '$.a') ->> 'b' = 1", "\"odd) name\" = 1 AND [other(] = `2)`", "1 -- so\n", "x'ab' = a"})
    EXPECT_TRUE(check_fragment(sql)) << sql;
}

TEST(SqlFragment, RefusesWhatReachesBeyondItsEndAndSaysWhere) {
  const auto refusal = [](std::string_view sql) {
    const Status checked = check_fragment(sql);
    EXPECT_FALSE(checked) << sql;
    return checked ? "" : checked.error().message;
  };
  EXPECT_THAT(refusal("1) OR (1"), HasSubstr("this ) closes a bracket that is not in the text (line 1, column 2"));
  EXPECT_THAT(refusal("a = 1\nAND (b"), HasSubstr("this ( is never closed (line 2, column 5"));
  EXPECT_THAT(refusal("a = 1 -- why"), HasSubstr("goes on behind the text"));
  EXPECT_THAT(refusal("a = 1 /* why"), HasSubstr("/* is never closed"));
  EXPECT_THAT(refusal("a = 1; DROP TABLE b"), HasSubstr("would end the statement"));
  EXPECT_THAT(refusal("a = 'b"), HasSubstr("never closed"));
  EXPECT_THAT(refusal("a = :b"), HasSubstr("the parameter :b has no value here"));
  EXPECT_THAT(refusal("$a(') OR (') = 1"), HasSubstr("parameter"));
  EXPECT_THAT(refusal("#a(') OR (') = 1"), HasSubstr("parameter"));
  EXPECT_THAT(refusal(" -- nothing\n"), HasSubstr("no SQL"));
  EXPECT_THAT(refusal(std::string_view("1\0)", 3)), HasSubstr("value 0"));
}

TEST(SqlFragment, NoAcceptedTextChangesTheMeaningOfWhatWrapsIt) {
  constexpr auto kPieces = std::to_array<std::string_view>({"(",        ")",
                                                            "'",        "''",
                                                            "\"",       "`",
                                                            "[",        "]",
                                                            "--",       "/*",
                                                            "*/",       "*",
                                                            "/",        "-",
                                                            ";",        ",",
                                                            "\n",       " ",
                                                            "1",        "0",
                                                            "a",        "b",
                                                            " OR ",     " AND ",
                                                            " NOT ",    "=",
                                                            "x'",       "X'00'",
                                                            "1e",       "1e-",
                                                            ".5",       ":",
                                                            ":a",       "$a(",
                                                            "@",        "#a(",
                                                            "?",        "?1",
                                                            "SELECT 1", " UNION SELECT ",
                                                            " FROM ",   " WHERE ",
                                                            " IN (",    " AS kept",
                                                            " LIMIT 1", "\xef\xbb\xbf",
                                                            "\\",       "{",
                                                            "::",       "->",
                                                            "||",       "CASE WHEN 1 THEN ",
                                                            " END",     "count(",
                                                            "\f",       "\r",
                                                            "\v"});
  sqlite::Database database = *sqlite::Database::open_memory();
  for (const char* text : {"1) OR (1", "1), (2"})
    EXPECT_NE(changes_what_wraps_it(database, text), "") << "the property sees what it is about: " << text;
  SeededRandom random(7);
  int accepted = 0;
  int prepared = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    for (uint64_t left = 1 + random.below(9); left > 0; --left) text += kPieces[random.below(kPieces.size())];
    if (!check_fragment(text)) continue;
    ++accepted;
    if (database.prepare("SELECT (" + text + ") FROM (SELECT 1 AS a, 2 AS b)")) ++prepared;
    ASSERT_EQ(changes_what_wraps_it(database, text), "") << text;
  }
  EXPECT_GT(accepted, 2'000);
  EXPECT_GT(prepared, 200) << "or nothing was tried";
}

}  // namespace
}  // namespace capstan::catalog
