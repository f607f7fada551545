#include "connect/prometheus/exposition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "connect/prometheus/series_text.h"

namespace capstan::prometheus {
namespace {

struct Page {
  std::vector<RawSample> samples;
  Error error;
  bool ok = true;
};

Page read(std::string_view text, Format format = Format::kText) {
  Page page;
  ExpositionReader reader(text, format);
  RawSample sample;
  while (true) {
    const Result<bool> more = reader.next(sample);
    if (!more) {
      page.ok = false;
      page.error = more.error();
      return page;
    }
    if (!*more) return page;
    page.samples.push_back(sample);
  }
}

TEST(Exposition, ReadsSeriesValuesAndTimestamps) {
  const Page page = read(
      "# HELP a_total Says \\n things.\n# TYPE a_total counter\na_total{b=\"c\",} 1.5e3 1600000000123\n\n  x 4\n"
      "y{q=\"}\\\"#\"}\t-Inf\n# a comment\nz nan");
  ASSERT_TRUE(page.ok) << page.error.to_string();
  ASSERT_EQ(page.samples.size(), 4u);
  EXPECT_EQ(page.samples[0].series, "a_total{b=\"c\",}");
  EXPECT_EQ(page.samples[0].value, 1500);
  EXPECT_EQ(page.samples[0].at_ms, 1600000000123);
  EXPECT_FALSE(page.samples[1].has_timestamp);
  EXPECT_EQ(page.samples[2].series, "y{q=\"}\\\"#\"}");
  EXPECT_EQ(page.samples[2].value, -INFINITY);
  EXPECT_TRUE(std::isnan(page.samples[3].value));
  EXPECT_EQ(page.samples[3].line, 8);
}

TEST(Exposition, SaysWhereABadLineIsBad) {
  const struct {
    std::string_view text;
    int line, column;
  } cases[] = {{"a 1\nb x\n", 2, 3}, {"a{b=\"c\" 1\n", 1, 1},        {"a 1 2 3\n", 1, 7},
               {"a 1 1.5\n", 1, 5},  {"# TYPE a nonsense\n", 1, 10}, {"a\n", 1, 2},
               {"a 1\r\n", 1, 3},    {"{} 1e999\n", 1, 4},           {"a 0x1p3\n", 1, 3},
               {"a 1_000\n", 1, 3},  {"# TYPE 9a counter", 1, 8}};
  for (const auto& one : cases) {
    const Page page = read(one.text);
    EXPECT_FALSE(page.ok) << one.text;
    EXPECT_EQ(page.error.where.line, one.line) << one.text;
    EXPECT_EQ(page.error.where.column, one.column) << one.text;
  }
}

TEST(Exposition, KnowsThatAnOpenMetricsPageIsWholeByItsEnd) {
  EXPECT_TRUE(read("a_total 1 1600000000.5 # {trace_id=\"x\"} 0.67 1600000000\n# EOF\n", Format::kOpenMetrics).ok);
  const Page half = read("a_total 1\n", Format::kOpenMetrics);
  EXPECT_FALSE(half.ok);
  EXPECT_NE(half.error.message.find("EOF"), std::string::npos);
  EXPECT_FALSE(read("a 1\n# EOF\nb 1\n", Format::kOpenMetrics).ok);
  EXPECT_FALSE(read("a 1\n\n# EOF\n", Format::kOpenMetrics).ok);
  EXPECT_FALSE(read("a 1 # {trace_id=\"x\" 1\n# EOF\n", Format::kOpenMetrics).ok);
  EXPECT_FALSE(read("a 1 # {trace_id=\"" + std::string(130, 'x') + "\"} 1\n# EOF\n", Format::kOpenMetrics).ok);
}

TEST(Exposition, ReadsOpenMetricsTimestampsAsSeconds) {
  const Page page = read("a 1 1600000000.5\n# EOF", Format::kOpenMetrics);
  ASSERT_TRUE(page.ok);
  EXPECT_EQ(page.samples[0].at_ms, 1600000000500);
  EXPECT_FALSE(read("a 1 NaN\n# EOF", Format::kOpenMetrics).ok);
}

TEST(Exposition, TakesTheSpellingsOfNumbersThatGoTakes) {
  double value = 0;
  for (std::string_view text :
       {"+Inf", "inf", "INFINITY", "-inf", "NaN", "nan", "1", "+1", "-.5", "1.", "1e5", "1E-400"}) {
    EXPECT_TRUE(parse_value(text, value)) << text;
  }
  EXPECT_EQ(value, 0);  // Too small is zero.
  for (std::string_view text : {"", "+", "-nan", "1e", "0x1", "1e400", "infi", "--1", "1,5"}) {
    EXPECT_FALSE(parse_value(text, value)) << text;
  }
}

TEST(Exposition, ChoosesTheFormatByMediaType) {
  EXPECT_EQ(format_of("application/openmetrics-text; version=1.0.0; charset=utf-8"), Format::kOpenMetrics);
  EXPECT_EQ(format_of("text/plain; version=0.0.4"), Format::kText);
  EXPECT_EQ(format_of(""), Format::kText);
}

TEST(SeriesText, ReadsEscapesAndQuotedNames) {
  EXPECT_EQ(parse_series(R"(a{b="x\ny\"z\\w\q"})")->get("b"), "x\ny\"z\\w\\q");
  const Result<Labels> quoted = parse_series(R"({"http.requests", "label.name"="ü", c="d"})");
  ASSERT_TRUE(quoted.has_value());
  EXPECT_EQ(quoted->get("__name__"), "http.requests");
  EXPECT_EQ(quoted->get("label.name"), "ü");
}

TEST(SeriesText, RefusesWhatIsNoSeries) {
  for (std::string_view text :
       {"9a", "a{b}", "a{b=c}", "a{=\"c\"}", "a{b=\"c\"}x", "a{b=\"c\" d=\"e\"}", "a{b=\"c\",b=\"d\"}", "{a=\"b\"}",
        "a{b=\"\xff\"}", "a-b", "a{\"x\"}", "a{b:c=\"d\"}"}) {
    EXPECT_FALSE(parse_series(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace capstan::prometheus
