#include "loop/record_reader.h"

#include <gtest/gtest.h>

namespace capstan::loop {
namespace {

constexpr std::string_view kForm = R"(
record_form: account
required: [mail, starts_on, ends_on]
unique: [mail]
defaults: { zone: Asia/Seoul, hours: "Mon-Fri 09:00-18:00" }
formats: { mail: mail, starts_on: date, ends_on: date, zone: zone, hours: window }
instants: { begins_at: { start_of: starts_on }, ends_at: { end_of: ends_on } }
clocks: { starts: { start_of: hours }, stops: { end_of: hours } }
check: [ { that: "ends_on >= starts_on", says: it ends before it begins } ]
)";

std::vector<KindSpec> kinds() {
  KindSpec kind{.name = "account", .title = "", .help = "", .columns = {}};
  for (const char* column :
       {"mail", "starts_on", "ends_on", "zone", "hours", "begins_at", "ends_at", "starts", "stops"})
    kind.columns.push_back({.name = column});
  return {kind};
}

Records read(std::string_view yaml) {
  const std::vector<KindSpec> known = kinds();
  const RecordForms forms = read_record_forms(*parse_yaml(kForm, "form.yaml"), known);
  EXPECT_TRUE(forms.problems.empty());
  return read_records(*parse_yaml(yaml, "accounts.yaml"), forms, known);
}

std::string problem(std::string_view yaml) {
  const Records records = read(yaml);
  return records.problems.empty() ? "" : records.problems.front().to_string();
}

TEST(Records, OneLineIsFortyFiveAccounts) {
  const Records records = read(R"(
records: account
defaults: { starts_on: 2026-03-02, ends_on: 2026-05-29 }
items: [ { name: "trial_user{01..45}", mail: "{{name}}@example.com", labels: { plan: trial } } ]
)");
  ASSERT_TRUE(records.problems.empty()) << records.problems.front().to_string();
  ASSERT_EQ(records.resources.size(), 45u);
  const Resource& seventh = records.resources[6];
  EXPECT_EQ(seventh.id, "account/trial_user07");
  EXPECT_EQ(seventh.fields["mail"], Json("trial_user07@example.com"));
  EXPECT_EQ(seventh.labels.at("plan"), "trial");
  // Its days are days in Seoul.
  EXPECT_EQ(seventh.fields["begins_at"], Json("2026-03-01T15:00:00.000Z"));
  EXPECT_EQ(seventh.fields["ends_at"], Json("2026-05-29T15:00:00.000Z"));
  EXPECT_EQ(seventh.fields["starts"], Json("0 9 * * 1-5"));
  EXPECT_EQ(seventh.fields["stops"], Json("0 18 * * 1-5"));
}

TEST(Records, SaysWhatIsWrongAndWhere) {
  const auto one = [](std::string_view item) {
    return problem("records: account\nitems:\n  - " + std::string(item) + "\n");
  };
  const std::string days = "starts_on: 2026-03-02, ends_on: 2026-03-05";
  EXPECT_NE(one("{ name: a, mail: a@b, starts_on: 2026-03-05, ends_on: 2026-03-02 }")
                .find("accounts.yaml:3:5: 'a': it ends before it begins"),
            std::string::npos);
  EXPECT_NE(one("{ name: a, mail: a@b, zone: Asia/Soul, " + days + " }").find("Asia/Seoul"), std::string::npos);
  EXPECT_NE(one("{ name: a, mail: nobody, " + days + " }").find("no mail address"), std::string::npos);
  EXPECT_NE(one("{ name: a, mail: a@b, hours: nine to five, " + days + " }").find("no "), std::string::npos);
  EXPECT_NE(one("{ name: a, mail: a@b, starts_on: 2026-02-30, ends_on: 2026-03-05 }").find("no date"),
            std::string::npos);
  EXPECT_NE(one("{ name: a, " + days + " }").find("needs 'mail'"), std::string::npos);
  EXPECT_NE(one("{ name: a, mial: a@b, " + days + " }").find("did you mean 'mail'"), std::string::npos);
  EXPECT_NE(one("{ name: \"a{5..1}\", mail: a@b, " + days + " }").find("no range of names"), std::string::npos);
  EXPECT_NE(one("{ mail: a@b, " + days + " }").find("needs a 'name'"), std::string::npos);
}

TEST(Records, NobodyIsListedTwice) {
  const std::string days = "starts_on: 2026-03-02, ends_on: 2026-03-05";
  EXPECT_NE(problem("records: account\nitems:\n  - { name: a, mail: a@b, " + days + " }\n  - { name: a, mail: c@d, " +
                    days + " }\n")
                .find("accounts.yaml:4:5: 'a' is listed twice; the first is at line 3"),
            std::string::npos);
  EXPECT_NE(problem("records: account\nitems:\n  - { name: a, mail: a@b, " + days + " }\n  - { name: b, mail: a@b, " +
                    days + " }\n")
                .find("is that of 'a', too"),
            std::string::npos);
}

constexpr std::string_view kDays = "starts_on: 2026-03-02, ends_on: 2026-03-05";

std::string two(std::string_view first, std::string_view second) {
  return problem("records: account\nitems:\n  - { " + std::string(first) + ", " + std::string(kDays) + " }\n  - { " +
                 std::string(second) + ", " + std::string(kDays) + " }\n");
}

TEST(Records, WhatIsOneToAServiceIsListedOnce) {
  EXPECT_NE(
      two("name: trial_user01, mail: a@b", "name: Trial-User01, mail: c@d").find("one with 'trial_user01' at line 3"),
      std::string::npos);
  EXPECT_NE(two("name: a, mail: kim@example.com", "name: b, mail: Kim@Example.com").find("is that of 'a', too"),
            std::string::npos);
  EXPECT_EQ(two("name: a, mail: k-im@example.com", "name: b, mail: k_im@example.com"), "");
}

TEST(Records, NamesAreWhatTheyLookLike) {
  const auto named = [](std::string_view name) {
    return problem("records: account\nitems: [ { name: \"" + std::string(name) + "\", mail: a@b, " +
                   std::string(kDays) + " } ]\n");
  };
  EXPECT_EQ(named("김철수"), "");
  EXPECT_NE(named("..").find("dots alone"), std::string::npos);
  EXPECT_NE(named("a/b").find("neither blanks nor '/'"), std::string::npos);
  // The same name in parts, as some systems write files.
  EXPECT_NE(named("\u1100\u1175\u11b7").find("letters in parts"), std::string::npos);
  EXPECT_NE(named("jose\u0301").find("letters in parts"), std::string::npos);
  EXPECT_NE(named("us\u200ber").find("nobody sees"), std::string::npos);
  EXPECT_NE(named("user\u00a0x").find("blank"), std::string::npos);
  EXPECT_NE(named("us\\u0007er").find("control character"), std::string::npos);
  EXPECT_NE(two("name: a, mail: a@b", "name: b, mail: \"c@d\u200b\"").find("'mail' of 'b' has a character that nobody"),
            std::string::npos);
}

TEST(Records, AFileOfAnotherSystemIsReadTheSame) {
  const Records records =
      read("\xEF\xBB\xBFrecords: account\r\nitems:\r\n  - { name: a, mail: a@b, " + std::string(kDays) + " }\r\n");
  ASSERT_TRUE(records.problems.empty()) << records.problems.front().to_string();
  ASSERT_EQ(records.resources.size(), 1u);
  EXPECT_EQ(records.resources[0].fields["ends_on"], Json("2026-03-05"));
}

TEST(Records, AMistakeInADefaultIsToldOnceWhereItStands) {
  const Records records = read(R"(
records: account
defaults:
  starts_on: 2026-03-02
  ends_on: 2026-05-29
  hours: "Mon-Fri 0900-1800"
items:
  - { name: "trial_user{01..45}", mail: "{{name}}@example.com" }
  - { name: guest, mail: guest@example.com, hours: "Mon-Fri 09:00-18:00" }
)");
  ASSERT_EQ(records.problems.size(), 1u);
  EXPECT_EQ(records.problems.front().to_string(),
            "accounts.yaml:6:10: 'hours' of 'trial_user01': '0900-1800' is no time of day; expected like "
            "'09:00-18:00' (45 records have it)");
}

TEST(Records, AMistakeOfManyNamesInOneLineIsToldOnce) {
  const auto count = [](std::string_view item) {
    return read("records: account\nitems: [ { name: \"a{1..45}\", " + std::string(item) + " } ]\n").problems.size();
  };
  EXPECT_EQ(count("mail: nobody, starts_on: 2026-03-02, ends_on: 2026-03-05"), 1u + 1u)
      << "no address, and the same one";
  EXPECT_EQ(count("mail: \"{{name}}@b\", starts_on: 2026-03-05, ends_on: 2026-03-02"), 1u);
  EXPECT_EQ(count("mail: \"{{name}}@b\", starts_on: 2026-03-05"), 1u) << "each needs an end";
}

TEST(Records, AMistakeInManyIsToldInSomeOfThem) {
  const Records records =
      read("records: account\nitems: [ { name: \"a{00001..90000}\", mail: x, " + std::string(kDays) + " } ]\n");
  EXPECT_LE(records.problems.size(), 200u);
  EXPECT_NE(problem("records: account\nitems: [ { name: \"a{1..999999}\", mail: x, " + std::string(kDays) + " } ]\n")
                .find("more than 100000 names"),
            std::string::npos);
  EXPECT_NE(two("name: \"a{1..2}b{1..2}\", mail: a@b", "name: b, mail: c@d").find("no range of names"),
            std::string::npos);
  EXPECT_NE(two("name: \"a}\", mail: a@b", "name: b, mail: c@d").find("no range of names"), std::string::npos);
  EXPECT_NE(two("name: a, mail: a@b, labels: trial", "name: b, mail: c@d").find("'labels' must be a map"),
            std::string::npos);
}

TEST(Records, TwoFilesShareNoNameAndNoMail) {
  const auto file = [](std::string_view name, std::string_view mail) {
    return read("records: account\nitems: [ { name: " + std::string(name) + ", mail: " + std::string(mail) + ", " +
                std::string(kDays) + " } ]\n");
  };
  TakenValues taken;
  EXPECT_TRUE(merge_taken(taken, file("a", "a@b").taken).empty());
  EXPECT_TRUE(merge_taken(taken, file("c", "c@d").taken).empty());
  EXPECT_EQ(merge_taken(taken, file("A", "e@f").taken).front().message, "'A' is listed in accounts.yaml, too");
  EXPECT_EQ(merge_taken(taken, file("g", "C@D").taken).front().message,
            "'mail' of 'g' is that of 'c' in accounts.yaml, too");
}

TEST(RecordForms, SayWhatNoKindHas) {
  const auto wrong = [](std::string_view yaml) {
    const RecordForms forms = read_record_forms(*parse_yaml(yaml, "form.yaml"), kinds());
    return forms.problems.empty() ? "" : forms.problems.front().message;
  };
  EXPECT_NE(wrong("record_form: acount\n").find("did you mean 'account'"), std::string::npos);
  EXPECT_NE(wrong("record_form: account\nrequired: [phone]\n").find("has no column 'phone'"), std::string::npos);
  EXPECT_NE(wrong("record_form: account\ncheck: [ { that: \"ends_at >\", says: x } ]\n").find("check 'ends_at >'"),
            std::string::npos);
  EXPECT_NE(wrong("record_form: account\nformats: { mail: letter }\n").find("no format"), std::string::npos);
}

}  // namespace
}  // namespace capstan::loop
