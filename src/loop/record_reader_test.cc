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
check: [ { that: "ends_on >= starts_on", says: it ends before it begins } ]
)";

std::vector<KindSpec> kinds() {
  KindSpec kind{.name = "account", .title = "", .help = "", .columns = {}};
  for (const char* column : {"mail", "starts_on", "ends_on", "zone", "hours", "begins_at", "ends_at"})
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
