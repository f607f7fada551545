#include "product/setting_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace capstan::product {
namespace {

using testing::HasSubstr;

class WrittenSignals final : public SignalSource {
 public:
  Result<std::vector<SeriesSample>> query(std::string_view promql, Time) const override {
    const auto found = answers.find(promql);
    if (found == answers.end()) return fail(ErrorCode::kInvalidArgument, "no such series");
    return found->second;
  }
  Result<std::vector<Series>> query_range(std::string_view, Time, Time, Duration) const override {
    return std::vector<Series>();
  }
  Status check(std::string_view promql) const override {
    return promql.find("!!") == std::string_view::npos ? Status()
                                                       : fail(ErrorCode::kInvalidArgument, "unexpected '!!'");
  }

  std::map<std::string, std::vector<SeriesSample>, std::less<>> answers;
};

ProductSpec database(std::string usage, std::string value) {
  ProductSpec product;
  product.name = "db";
  product.settings.push_back(
      {.name = "sessions", .metric = std::move(usage), .metric_limit_times = "workers", .runtime_metric = value});
  product.where = {"products.yaml", 3, 1};
  return product;
}

std::string row_text(const std::vector<SqlValue>& row) {
  std::string text;
  for (const SqlValue& value : row) text += (text.empty() ? "" : " ") + to_text(value);
  return text;
}

TEST(SettingMetrics, ASeriesIsToldForEachAddressInItsLabels) {
  WrittenSignals signals;
  signals.answers["used"] = {{Labels{{"instance", "localhost:9187"}, {"server", "127.0.0.1:5432"}}, {0, 57}},
                             {Labels{{"job", "db"}, {"pool", "http-nio-8080"}}, {0, 1}},
                             {Labels{{"instance", "other:9187"}}, {0, std::nan("")}}};
  signals.answers["most"] = {{Labels{{"instance", "localhost:9187"}}, {0, 60}}};
  ProductShelf shelf;
  shelf.set({database("used", "most")});
  const Table table = SettingMetricsTable(signals, shelf).fetch({}, Time()).value();
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(row_text(table.rows[0]), "db sessions usage 57 workers 127.0.0.1 5432");
  EXPECT_EQ(row_text(table.rows[1]), "db sessions usage 57 workers localhost 9187");
  EXPECT_EQ(row_text(table.rows[2]), "db sessions value 60 workers localhost 9187");
}

TEST(SettingMetrics, AnExpressionThatCannotBeEvaluatedLosesNoOther) {
  WrittenSignals signals;
  signals.answers["most"] = {{Labels{{"instance", "localhost:9187"}}, {0, 60}}};
  ProductShelf shelf;
  shelf.set({database("nonsense", "most")});
  EXPECT_EQ(SettingMetricsTable(signals, shelf).fetch({}, Time()).value().rows.size(), 1u);
}

TEST(SettingMetrics, SaysWhichExpressionIsWrongWhere) {
  const std::vector<Error> problems = check_metrics({database("used", "a !! b")}, WrittenSignals());
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_THAT(problems[0].to_string(), HasSubstr("products.yaml:3:1: the setting 'sessions' of db: in the PromQL"));
  EXPECT_THAT(problems[0].to_string(), HasSubstr("unexpected '!!'"));
}

}  // namespace
}  // namespace capstan::product
