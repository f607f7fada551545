#include "telemetry/promql/api.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/json.h"
#include "telemetry/promql/fake_series_reader.h"

namespace capstan::telemetry {
namespace {

class PrometheusApi : public testing::Test {
 protected:
  PrometheusApi() {
    reader_.add({{"__name__", "up"}, {"job", "a"}}, {0, 1});
    reader_.add({{"__name__", "up"}, {"job", "b\"\xff"}}, {0, 0.5});
    reader_.add({{"__name__", "odd.name"}, {"l.x", "y"}}, {60'000, INFINITY});
  }
  ApiAnswer ask(std::string_view path, const ApiParameters& parameters = {}) const {
    ApiAnswer answer = answer_api(engine_, path, parameters, from_unix_ms(1500));
    EXPECT_TRUE(Json::parse(answer.body)) << answer.body;
    return answer;
  }
  std::string body(std::string_view path, const ApiParameters& parameters = {}) const {
    return ask(path, parameters).body;
  }

  FakeSeriesReader reader_;
  VirtualClock clock_{from_unix_ms(0)};
  PromqlEngine engine_{reader_, clock_};
};

// Every look takes twenty seconds.
class SlowClock final : public Clock {
 public:
  Time now() const override { return from_unix_ms(0); }
  Duration monotonic() const override { return Duration(20'000 * looks_++); }

 private:
  mutable int looks_ = 0;
};

TEST_F(PrometheusApi, EndsEveryQuestionAfterThirtySeconds) {
  const SlowClock clock;
  const PromqlEngine engine(reader_, clock);
  const auto expect_timeout = [&](std::string_view path, const ApiParameters& parameters) {
    const ApiAnswer answer = answer_api(engine, path, parameters, from_unix_ms(0));
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_NE(answer.body.find("\"timeout\""), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find("after 30 s"), std::string::npos) << answer.body;
  };
  expect_timeout("series", {{"match[]", "up"}});
  expect_timeout("labels", {});
  expect_timeout("label/job/values", {{"match[]", "up"}});
  expect_timeout("query", {{"query", "up + up"}});
  expect_timeout("query", {{"query", "up + up"}, {"timeout", "1h"}});
}

TEST_F(PrometheusApi, AnswersInstantQueries) {
  EXPECT_EQ(
      body("query", {{"query", "up{job=\"a\"}"}, {"time", "1.5"}}),
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a"},"value":[1.500,"1"]}]}})");
  EXPECT_EQ(body("query", {{"query", "1/0"}}),
            R"({"status":"success","data":{"resultType":"scalar","result":[1.500,"+Inf"]}})");
  EXPECT_EQ(body("query", {{"query", "'x'"}, {"time", "1970-01-01T00:00:02Z"}}),
            R"({"status":"success","data":{"resultType":"string","result":[2,"x"]}})");
  EXPECT_EQ(
      body("query", {{"query", "up{job=\"a\"}[1m]"}}),
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},"values":[[0,"1"]]}]}})");
  EXPECT_EQ(body("query", {{"query", "nothing"}}),
            R"({"status":"success","data":{"resultType":"vector","result":[]}})");
}

TEST_F(PrometheusApi, AnswersRangeQueries) {
  EXPECT_EQ(
      body("query_range", {{"query", "up{job=\"a\"} * NaN"}, {"start", "0"}, {"end", "60"}, {"step", "30"}}),
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[0,"NaN"],[30,"NaN"],[60,"NaN"]]}]}})");
  EXPECT_EQ(
      body("query_range", {{"query", "time()"}, {"start", "-1.25"}, {"end", "0"}, {"step", "1m"}}),
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[-1.250,"-1.25"]]}]}})");
}

TEST_F(PrometheusApi, TellsWhatIsWrongWithARequest) {
  const auto wrong = [&](std::string_view path, const ApiParameters& parameters, std::string_view message) {
    const ApiAnswer answer = ask(path, parameters);
    EXPECT_EQ(answer.status, 400) << answer.body;
    const Json json = *Json::parse(answer.body);
    EXPECT_EQ(json["status"].string_or_empty(), "error");
    EXPECT_EQ(json["errorType"].string_or_empty(), "bad_data");
    EXPECT_EQ(json["error"].string_or_empty(), message);
  };
  wrong("query", {{"query", "up +"}},
        "invalid parameter \"query\": 1:5: parse error: unexpected end of input : expected an expression");
  wrong("query", {}, "invalid parameter \"query\": 1:1: parse error: no expression found in input");
  wrong("query", {{"query", "up"}, {"time", "x"}},
        "invalid parameter \"time\": cannot parse \"x\" to a valid timestamp");
  wrong("query", {{"query", "up"}, {"timeout", "x"}},
        "invalid parameter \"timeout\": cannot parse \"x\" to a valid duration");
  wrong("query", {{"query", "up"}, {"limit", "-1"}},
        "invalid parameter \"limit\": cannot parse \"-1\": expected a number of at least 0");
  wrong("query", {{"query", "up"}, {"lookback_delta", "0"}},
        "invalid parameter \"lookback_delta\": expected a duration greater than 0");
  wrong("query_range", {{"query", "up"}, {"end", "1"}, {"step", "1"}},
        "invalid parameter \"start\": cannot parse \"\" to a valid timestamp");
  wrong("query_range", {{"query", "up"}, {"start", "0"}, {"end", "1"}},
        "invalid parameter \"step\": cannot parse \"\" to a valid duration");
  wrong("query_range", {{"query", "up"}, {"start", "2"}, {"end", "1"}, {"step", "1"}},
        "end timestamp must not be before start time");
  wrong("query_range", {{"query", "up"}, {"start", "0"}, {"end", "1"}, {"step", "0"}},
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  wrong("query_range", {{"query", "up"}, {"start", "0"}, {"end", "99999"}, {"step", "1"}},
        "exceeded maximum resolution of 11000 points per timeseries. Try decreasing the query resolution (?step=XX)");
  wrong("query_range", {{"query", "up[5m]"}, {"start", "0"}, {"end", "1"}, {"step", "1"}},
        "invalid parameter \"query\": invalid expression type \"range vector\" for range query, must be Scalar or "
        "instant Vector");
  wrong("series", {}, "no match[] parameter provided");
  wrong("series", {{"match[]", "{}"}},
        "invalid parameter \"match[]\": 1:1: parse error: vector selector must contain at least one non-empty matcher");
}

TEST_F(PrometheusApi, TellsExecutionErrorsApart) {
  const ApiAnswer matching = ask("query", {{"query", "up * on() up"}});
  EXPECT_EQ(matching.status, 422);
  EXPECT_EQ((*Json::parse(matching.body))["errorType"].string_or_empty(), "execution");
  const ApiAnswer late = ask("query", {{"query", "up"}, {"timeout", "0"}});
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ((*Json::parse(late.body))["errorType"].string_or_empty(), "timeout");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(answer_api(engine_, "query", {{"query", "up"}}, from_unix_ms(0), stop.get_token()).status, 503);
}

TEST_F(PrometheusApi, ListsSeriesAndLabels) {
  EXPECT_EQ(body("series", {{"match[]", "{job=~\"a\"}"}, {"match[]", "{\"odd.name\"}"}, {"match[]", "up{job=\"a\"}"}}),
            R"({"status":"success","data":[{"__name__":"odd.name","l.x":"y"},{"__name__":"up","job":"a"}]})");
  EXPECT_EQ(body("series", {{"match[]", "{\"odd.name\"}"}, {"end", "30"}}), R"({"status":"success","data":[]})");
  EXPECT_EQ(body("labels"), R"({"status":"success","data":["__name__","job","l.x"]})");
  EXPECT_EQ(body("labels", {{"match[]", "up"}}), R"({"status":"success","data":["__name__","job"]})");
  EXPECT_EQ(body("label/__name__/values"), R"({"status":"success","data":["odd.name","up"]})");
  EXPECT_EQ(body("label/l.x/values"), R"({"status":"success","data":["y"]})");
  EXPECT_EQ(body("label/U__l_2e_x/values"), R"({"status":"success","data":["y"]})")
      << "names that are escaped for URLs";
  EXPECT_EQ(body("label/__name__/values", {{"limit", "1"}}),
            R"({"status":"success","data":["odd.name"],"warnings":["results truncated due to limit"]})");
  EXPECT_EQ(body("label/job/values", {{"match[]", "up"}}),
            "{\"status\":\"success\",\"data\":[\"a\",\"b\\\"\xef\xbf\xbd\"]}");
}

TEST_F(PrometheusApi, AnswersWhatGrafanaAsksBesides) {
  EXPECT_EQ(body("format_query", {{"query", "sum(up)by(job)"}}),
            R"json({"status":"success","data":"sum by (job) (up)"})json");
  EXPECT_EQ(body("metadata"), R"({"status":"success","data":{}})");
  EXPECT_EQ(body("query_exemplars", {{"query", "up"}}), R"({"status":"success","data":[]})");
  EXPECT_EQ((*Json::parse(body("status/buildinfo")))["data"]["version"].string_or_empty().substr(0, 2), "3.");
  EXPECT_EQ(ask("nothing").status, 404);
  EXPECT_EQ(ask("label//values").status, 404);
}

}  // namespace
}  // namespace capstan::telemetry
