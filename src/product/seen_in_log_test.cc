#include "product/seen_in_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::product {
namespace {

using testing::HasSubstr;

// Gives what it was told, whatever is asked for, and remembers the question.
class SaidBefore final : public LogSource {
 public:
  Result<std::vector<LogLine>> lines(const LogQuery& query) const override {
    asked = query;
    return said;
  }
  Result<std::vector<LogTemplate>> templates(const LogQuery&) const override { return std::vector<LogTemplate>(); }

  std::vector<LogLine> said;
  mutable LogQuery asked;
};

class SeenInLog : public testing::Test {
 protected:
  SeenInLog() {
    ProductSpec product;
    product.settings.push_back({.name = "threads", .seen_in_log = {"%no free thread%"}});
    product.endpoints.push_back({.name = "upstream", .seen_in_log = {"%connect() failed (111: %) while`%"}});
    shelf.set({product});
  }
  void says(std::string text, std::string resource = "host_log_file/a") {
    logs.said.push_back({.at = now, .labels = {{"resource", std::move(resource)}}, .text = std::move(text)});
  }
  Table ask() {
    const Result<Table> table = function.fetch({std::string("{level!=\"info\"}"), std::string("30s")}, now);
    EXPECT_TRUE(table) << table.error().to_string();
    return table.value_or(Table());
  }

  const Time now = from_unix_ms(1'700'000'000'000);
  SaidBefore logs;
  ProductShelf shelf;
  SeenInLogTable function{logs, shelf};
};

TEST_F(SeenInLog, ALineThatAPatternFitsNamesThePattern) {
  says("request 7: no free thread");
  says("all is well");
  const Table table = ask();
  EXPECT_EQ(table.columns, (std::vector<std::string>{"pattern", "line", "text", "at", "resource"}));
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(to_text(table.rows[0][0]), "%no free thread%");
  EXPECT_EQ(to_text(table.rows[0][4]), "host_log_file/a");
}

TEST_F(SeenInLog, OfAStackTraceTheLineThatFitsIsShown) {
  says("SEVERE servlet threw exception\n\tat a.b.c\n\tCaused by: no free thread in pool\n\tat d.e.f");
  const Table table = ask();
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(to_text(table.rows[0][1]), "Caused by: no free thread in pool");
}

TEST_F(SeenInLog, TheStoreIsAskedForLinesThatCanFitAPattern) {
  ask();
  EXPECT_EQ(logs.asked.selector, "{level!=\"info\"} |~ `(?i)connect\\(\\)\\ failed\\ \\(111\\:\\ |no\\ free\\ thread`");
  EXPECT_EQ(logs.asked.to - logs.asked.from, std::chrono::seconds(30));
}

TEST_F(SeenInLog, ALogThatRepeatsItselfGivesFewRows) {
  for (int i = 0; i < 100; ++i) says("no free thread for " + std::to_string(i));
  says("no free thread", "host_log_file/b");
  EXPECT_EQ(ask().rows.size(), 6u);
}

TEST_F(SeenInLog, WithoutPatternsNothingIsAskedOfTheLogs) {
  shelf.set({});
  EXPECT_TRUE(ask().rows.empty());
  EXPECT_EQ(logs.asked.selector, "");
}

TEST_F(SeenInLog, SaysWhatIsExpectedOfItsArguments) {
  EXPECT_THAT(function.fetch({}, now).error().message, HasSubstr("takes two arguments"));
  EXPECT_THAT(function.fetch({std::string(""), std::string("soon")}, now).error().to_string(),
              HasSubstr("seen_in_log()"));
}

}  // namespace
}  // namespace capstan::product
