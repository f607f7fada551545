#include "telemetry/logs/log_table_function.h"

#include <gtest/gtest.h>

namespace capstan::telemetry {
namespace {

class FakeLogs final : public LogSource {
 public:
  Result<std::vector<LogLine>> lines(const LogQuery& query) const override {
    asked = query;
    std::vector<LogLine> found = {{query.to, Labels({{"level", "error"}, {"filename", "/x"}}), "boom"},
                                  {query.from, Labels({{"text", "odd"}}), "quiet"}};
    if (found.size() > query.limit) found.resize(query.limit);
    return found;
  }
  Result<std::vector<LogTemplate>> templates(const LogQuery&) const override { return std::vector<LogTemplate>(); }

  mutable LogQuery asked;
};

const Time kNow = from_unix_ms(1'800'000'000'000);

TEST(LogTableFunction, GivesAColumnForEveryLabel) {
  const FakeLogs logs;
  const Table table = LogTableFunction(logs, 10).fetch({std::string("{}"), std::string("5m")}, kNow).value();
  EXPECT_EQ(table.columns, (std::vector<std::string>{"at", "text", "filename", "level", "label_text"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0][1], SqlValue(std::string("boom")));
  EXPECT_EQ(table.rows[0][4], SqlValue());
  EXPECT_EQ(logs.asked.from, kNow - std::chrono::minutes(5));
}

TEST(LogTableFunction, SaysWhenItCuts) {
  const FakeLogs logs;
  const Table table = LogTableFunction(logs, 1).fetch({std::string("{}")}, kNow).value();
  EXPECT_TRUE(table.truncated);
  EXPECT_EQ(table.rows.size(), 1u);
}

TEST(LogTableFunction, ShowsHowItIsCalled) {
  const FakeLogs logs;
  EXPECT_FALSE(LogTableFunction(logs, 1).fetch({}, kNow));
  EXPECT_FALSE(LogTableFunction(logs, 1).fetch({int64_t{5}}, kNow));
  EXPECT_FALSE(LogTableFunction(logs, 1).fetch({std::string("{}"), std::string("soon")}, kNow));
}

}  // namespace
}  // namespace capstan::telemetry
