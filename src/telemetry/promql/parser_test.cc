#include "telemetry/promql/parser.h"

#include <gtest/gtest.h>

#include <cmath>

#include "telemetry/promql/node_builder.h"
#include "telemetry/promql/printer.h"

namespace capstan::telemetry::promql {
namespace {

std::string printed(std::string_view text) {
  const auto expr = parse_expression(text);
  return expr ? print(**expr) : expr.error().to_string();
}

TEST(PromqlParser, PrintsOneCanonicalForm) {
  EXPECT_EQ(printed("sum(rate(x{a='b',c!~\"d\"}[5m]))by(e , f)"), R"(sum by (e, f) (rate(x{a="b",c!~"d"}[5m])))");
  EXPECT_EQ(printed("SUM WITHOUT () (x)"), "sum without () (x)");
  EXPECT_EQ(printed("x OFFSET 90s @ 3"), "x @ 3.000 offset 1m30s");
  EXPECT_EQ(printed("x[1h:] @ end()"), "x[1h:] @ end()");
  EXPECT_EQ(printed("x[3600:60]"), "x[1h:1m]");
  EXPECT_EQ(printed("a+ON(b)GROUP_LEFT(c)d"), "a + on (b) group_left (c) d");
  EXPECT_EQ(printed("a>bool 1"), "a > bool 1");
  EXPECT_EQ(printed("a and ignoring() b"), "a and ignoring () b");
  EXPECT_EQ(printed("-(a+b)^2"), "-(a + b) ^ 2");
  EXPECT_EQ(printed("topk(5,a)"), "topk(5, a)");
  EXPECT_EQ(printed("quantile by (b) (.5, a)"), "quantile by (b) (0.5, a)");
  EXPECT_EQ(printed("1e21 + 0x10 + 5m"), "1e+21 + 16 + 5m");
  EXPECT_EQ(printed(R"({"my.metric","l.x"=~"y"})"), R"({"my.metric","l.x"=~"y"})");
  EXPECT_EQ(printed(R"({"plain"})"), "plain");
  EXPECT_EQ(printed(R"({"bool"} + {"nan"})"), R"({"bool"} + {"nan"})");
  EXPECT_EQ(printed("{__name__=\"x\"}"), R"({__name__="x"})");
  EXPECT_EQ(printed("# why\nx # because\n+ 1"), "x + 1");
  EXPECT_EQ(printed("'a\\n\\x00'"), R"("a\n\x00")");
  EXPECT_EQ(printed("sum by (sum, by) (avg)"), "sum by (sum, by) (avg)");
}

TEST(PromqlParser, NamesLineAndColumnOfAMistake) {
  const auto error = parse_expression("sum(\n  rate(x[5m])\n  +* 2)").error();
  EXPECT_EQ(error.where.line, 3);
  EXPECT_EQ(error.where.column, 4);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
}

TEST(PromqlParser, BindsOperatorsAsPrometheusDoes) {
  const auto top = [](std::string_view text) {
    return std::string(to_string((*parse_expression(text))->as<Binary>()->op));
  };
  EXPECT_EQ(top("a or b and c"), "or");
  EXPECT_EQ(top("a and b == c"), "and");
  EXPECT_EQ(top("a == b + c"), "==");
  EXPECT_EQ(top("a + b * c"), "+");
  EXPECT_EQ(top("a * b ^ c"), "*");
  EXPECT_EQ(top("-a ^ b * c"), "*");
  EXPECT_EQ(top("a unless b and c"), "and") << "equals bind to the left";
  EXPECT_EQ(print(*(*parse_expression("a ^ b ^ c"))->as<Binary>()->left), "a") << "but powers to the right";
}

TEST(PromqlParser, RefusesWhatIsTooDeepOrTooLong) {
  std::string chain = "a";
  for (int i = 0; i < 10 * kMaxDepth; ++i) chain += "+a";
  const std::string many(10 * kMaxDepth, '(');
  for (const std::string& text : {std::string(many), chain, many + "a", std::string(kMaxExpressionBytes + 1, ' ')}) {
    const auto expr = parse_expression(text);
    ASSERT_FALSE(expr);
    EXPECT_EQ(expr.error().code, ErrorCode::kResourceExhausted) << expr.error().to_string();
  }
  EXPECT_TRUE(parse_expression(std::string(100, '(') + "a" + std::string(100, ')')));
}

TEST(PromqlPrinter, WritesWhatParsesToTheSame) {
  for (const char* text : {"Inf ^ _ ^ _", "-Inf ^ a", "+Inf * a", "1 ^ -Inf", "-1 ^ 2", "NaN ^ a ^ b"}) {
    const std::string printed = print(**parse_expression(text));
    EXPECT_EQ(print(**parse_expression(printed)), printed) << text;
  }
  EXPECT_EQ(print(**parse_expression("inf^_^_")), "Inf ^ _ ^ _");
}

TEST(PromqlParser, KnowsWhatDoesNotDependOnTheStep) {
  const auto invariant = [](std::string_view text) { return (*parse_expression(text))->step_invariant; };
  EXPECT_TRUE(invariant("a @ 10"));
  EXPECT_TRUE(invariant("sum(rate(a[5m] @ end())) * 2"));
  EXPECT_TRUE(invariant("a[5m:1m] @ 3"));
  EXPECT_TRUE(invariant("vector(1)"));
  EXPECT_FALSE(invariant("a"));
  EXPECT_FALSE(invariant("a @ 10 + b"));
  EXPECT_FALSE(invariant("time()"));
  EXPECT_FALSE(invariant("predict_linear(a[5m] @ 10, 60)"));
  EXPECT_FALSE(invariant("timestamp(a @ 10)"));
}

TEST(PromqlParser, TakesSeriesSelectorsForTheApi) {
  const auto matchers = parse_series_selector(R"(up{job!="x"})");
  ASSERT_TRUE(matchers);
  ASSERT_EQ(matchers->size(), 2U);
  EXPECT_EQ(matchers->front().to_string(), R"(job!="x")");
  EXPECT_FALSE(parse_series_selector("up[5m]"));
  EXPECT_FALSE(parse_series_selector("up offset 5m"));
  EXPECT_FALSE(parse_series_selector("1"));
}

TEST(PromqlPrinter, WritesNumbersAsTheApiDoes) {
  EXPECT_EQ(format_value(1), "1");
  EXPECT_EQ(format_value(0.1), "0.1");
  EXPECT_EQ(format_value(-0.0), "-0");
  EXPECT_EQ(format_value(1e20), "100000000000000000000");
  EXPECT_EQ(format_value(1e21), "1e+21");
  EXPECT_EQ(format_value(0.000001), "0.000001");
  EXPECT_EQ(format_value(1e-7), "1e-07");
  EXPECT_EQ(format_value(INFINITY), "+Inf");
  EXPECT_EQ(format_value(-INFINITY), "-Inf");
  EXPECT_EQ(format_value(NAN), "NaN");
  EXPECT_EQ(format_plain(1e22), "10000000000000000000000");
  EXPECT_EQ(format_plain(5e-324).size(), 326U);
}

}  // namespace
}  // namespace capstan::telemetry::promql
