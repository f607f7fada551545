#include "questions.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

namespace capstan::peers {
namespace {

std::string_view pick(SeededRandom& random, std::initializer_list<std::string_view> choices) {
  return choices.begin()[random.below(choices.size())];
}

std::string selector(SeededRandom& random) {
  return std::string(pick(random, {"requests_total", "requests_total{job=\"api\"}", "requests_total{code=~\"4..|5..\"}",
                                   "requests_total{job!=\"db\",code=\"200\"}", "temperature",
                                   "temperature{room!~\"h.*\"}", "up", "up{job=\"web\"}", "quota", "sparse",
                                   "build_info", "latency_bucket", "latency_bucket{le=\"1\"}", "nothing"}));
}

std::string duration(SeededRandom& random) {
  return std::string(pick(random, {"17s", "1m", "90s", "5m", "13m", "30m"}));
}

std::string modifiers(SeededRandom& random) {
  switch (random.below(8)) {
    case 0: return " offset " + duration(random);
    case 1: return " offset -2m";
    case 2: return " @ 1672534807.25";
    case 3: return fmt::format(" @ {}() offset {}", pick(random, {"start", "end"}), duration(random));
    default: return "";
  }
}

std::string range_function(SeededRandom& random, const std::string& range) {
  const std::string_view function = pick(random, {"rate",
                                                  "increase",
                                                  "delta",
                                                  "irate",
                                                  "idelta",
                                                  "deriv",
                                                  "changes",
                                                  "resets",
                                                  "avg_over_time",
                                                  "min_over_time",
                                                  "max_over_time",
                                                  "sum_over_time",
                                                  "count_over_time",
                                                  "last_over_time",
                                                  "present_over_time",
                                                  "stddev_over_time",
                                                  "stdvar_over_time",
                                                  "absent_over_time",
                                                  "quantile_over_time",
                                                  "predict_linear",
                                                  "holt_winters"});
  if (function == "quantile_over_time")
    return fmt::format("quantile_over_time({}, {})", pick(random, {"0", "0.3", "0.5", "0.99", "1", "2"}), range);
  if (function == "predict_linear" && range.find('@') != std::string::npos) return fmt::format("deriv({})", range);
  if (function == "predict_linear")
    return fmt::format("predict_linear({}, {})", range, pick(random, {"60", "-600", "3600"}));
  if (function == "holt_winters") return fmt::format("holt_winters({}, 0.3, 0.6)", range);
  return fmt::format("{}({})", function, range);
}

// Subqueries take what is there at every step, so that no slope needs extrapolation into a gap.
std::string over_subquery(SeededRandom& random, int depth) {
  const std::string inner =
      depth > 1 ? range_function(random, selector(random) + "[" + duration(random) + "]" + modifiers(random))
                : selector(random);
  return fmt::format("{}_over_time({}[{}:{}]{})", pick(random, {"min", "max", "sum", "avg", "count", "last", "stddev"}),
                     inner, pick(random, {"5m", "10m", "29m"}), pick(random, {"", "30s", "1m", "47s"}),
                     modifiers(random));
}

std::string aggregation(SeededRandom& random, int depth) {
  const std::string grouping(pick(random, {"", " by (job)", " by (job, code)", " without (instance)", " by (room)",
                                           " without (code, job)", " by ()"}));
  const std::string inner = random_question(random, depth - 1);
  const std::string_view op = pick(random, {"sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk",
                                            "bottomk", "quantile", "count_values"});
  const std::string stored = selector(random) + modifiers(random);
  // Which of equal values are chosen depends on the order of the input, which is only defined for stored series.
  if (op == "topk" || op == "bottomk") {
    return fmt::format("{}{} ({}, {})", op, grouping, pick(random, {"1", "3", "0", "100"}), stored);
  }
  if (op == "stddev" || op == "stdvar") return fmt::format("{}{} ({})", op, grouping, stored);
  if (op == "quantile") return fmt::format("quantile{} ({}, {})", grouping, pick(random, {"0.1", "0.5", "0.9"}), inner);
  if (op == "count_values") return fmt::format("count_values{} (\"v\", round({}))", grouping, selector(random));
  return fmt::format("{}{} ({})", op, grouping, inner);
}

std::string binary(SeededRandom& random, int depth) {
  if (random.below(3) == 0) {
    const std::string number(
        pick(random, {"0", "1", "2.5", "-3", "1e6", "60", "scalar(quota{job=\"api\"})", "time()"}));
    const std::string_view op =
        pick(random, {"+", "-", "*", "/", "%", "^", ">", "<", ">=", "<=", "==", "!=", "> bool", "== bool"});
    const std::string vector = random_question(random, depth - 1);
    return random.below(2) == 0 ? fmt::format("({} {} {})", vector, op, number)
                                : fmt::format("({} {} {})", number, op, vector);
  }
  const std::string_view matching =
      pick(random, {"", "on (job)", "ignoring (code)", "on (job, instance)", "on (job) group_left ()",
                    "on (job, instance) group_left (version)", "ignoring (code, version) group_left (version)",
                    "on (job) group_right ()", "on ()"});
  const bool grouped = matching.find("group") != std::string_view::npos;
  const std::string_view op = grouped || random.below(2) == 0 ? pick(random, {"+", "-", "*", "/", ">", "<= bool"})
                                                              : pick(random, {"and", "or", "unless"});
  return fmt::format("({} {} {} {})", random_question(random, depth - 1), op, matching,
                     random_question(random, depth - 1));
}

std::string function(SeededRandom& random, int depth) {
  const std::string inner = random_question(random, depth - 1);
  switch (random.below(8)) {
    case 0:
      return fmt::format("{}({})",
                         pick(random, {"abs", "ceil", "floor", "round", "sgn", "sqrt", "ln", "exp", "log2", "log10",
                                       "sort", "sort_desc", "absent", "-"}),
                         inner);
    case 1: return fmt::format("clamp({}, 0, {})", inner, pick(random, {"10", "-1", "1000"}));
    case 2:
      return fmt::format("label_replace({}, \"{}\", \"$1-x\", \"{}\", \"(.).*\")", inner, pick(random, {"new", "job"}),
                         pick(random, {"job", "room", "code"}));
    case 3: return fmt::format("label_join({}, \"new\", \"-\", \"job\", \"instance\", \"room\")", inner);
    case 4:
      return fmt::format("{}({})", pick(random, {"hour", "minute", "day_of_week", "month"}),
                         selector(random) + modifiers(random));
    case 5: return fmt::format("timestamp({} offset {})", selector(random), duration(random));
    case 6:
      return fmt::format("histogram_quantile({}, {})", pick(random, {"0.5", "0.9", "0.99", "0", "1"}),
                         pick(random, {"rate(latency_bucket[5m])", "sum by (le) (rate(latency_bucket[10m]))",
                                       "latency_bucket", "sum by (job, le) (latency_bucket offset 3m)"}));
    default: return fmt::format("vector(scalar({}))", inner);
  }
}

}  // namespace

std::string random_question(SeededRandom& random, int depth) {
  if (depth <= 0) return selector(random) + modifiers(random);
  switch (random.below(9)) {
    case 0: return selector(random) + modifiers(random);
    case 1:
    case 2: return range_function(random, selector(random) + "[" + duration(random) + "]" + modifiers(random));
    case 3: return over_subquery(random, depth);
    case 4:
    case 5: return aggregation(random, depth);
    case 6:
    case 7: return binary(random, depth);
    default: return function(random, depth);
  }
}

std::vector<std::string> written_questions() {
  return {
      "odd",
      "max(odd)",
      "min(odd)",
      "topk(1, odd)",
      "bottomk(1, odd)",
      "sum_over_time(odd[90s])",
      "max_over_time(odd[5m])",
      "min_over_time(odd[5m])",
      "quantile_over_time(0.5, odd[2m])",
      "changes(odd[10m])",
      "odd > 0",
      "odd != odd",
      "odd == bool odd",
      "abs(odd)",
      "sgn(odd)",
      "clamp_min(odd, 0)",
      "clamp_max(odd, 0)",
      "clamp(odd, -1, 1)",
      "sqrt(odd)",
      "ln(odd)",
      "exp(odd)",
      "round(odd, 5)",
      "ceil(temperature / 7)",
      "floor(temperature / 7)",
      "sin(temperature)",
      "cos(temperature)",
      "tan(temperature)",
      "asin(up)",
      "acos(up)",
      "atan(temperature)",
      "sinh(up)",
      "cosh(up)",
      "tanh(temperature)",
      "asinh(temperature)",
      "acosh(temperature)",
      "atanh(up / 2)",
      "deg(temperature)",
      "rad(temperature)",
      "pi()",
      "time()",
      "vector(1)",
      "scalar(quota{job=\"web\"})",
      "scalar(quota)",
      "day_of_month()",
      "day_of_week()",
      "day_of_year()",
      "days_in_month()",
      "hour()",
      "minute()",
      "month()",
      "year()",
      "days_in_month(vector(1456790399))",
      "year(vector(1456790399))",
      "timestamp(up)",
      "timestamp(up offset 5m)",
      "timestamp(up + 0)",
      "absent(nothing{a=\"b\"})",
      "absent(up)",
      "absent_over_time(nothing{a=\"b\",c=~\"d\"}[5m])",
      "absent_over_time(up[1m])",
      "1 + 2 * 3 ^ 2 ^ 0.5",
      "-2 ^ 2",
      "10 % 3",
      "-10 % 3",
      "1 / 0",
      "0 / 0",
      "1 > bool 2",
      "2 atan2 1",
      "1e3 + 0x1f + .5",
      "Inf",
      "-Inf",
      "NaN",
      "\"text\"",
      "'it'",
      "requests_total{code=\"500\"} / on (job) group_left () quota",
      "requests_total * on (job, instance) group_left (version) build_info",
      "quota * on (job) requests_total",
      "requests_total * on (job) quota",
      "quota < on (job) group_right () requests_total",
      "requests_total and on (job) quota{job=\"api\"}",
      "quota or up",
      "quota unless on (job) up",
      "-{__name__=~\"quota|up\"}",
      "-{__name__=~\"build_info|up\"}",
      "rate({__name__=~\"requests_total|quota\"}[5m])",
      "{__name__=~\"quota|sparse\"}",
      "{job=\"api\"}",
      "sum by (__name__) ({job=~\".+\"})",
      "count_values(\"v\", quota)",
      "count_values by (job) (\"v\", up)",
      "count_values without (instance) (\"v\", up)",
      "quantile(0.9, temperature)",
      "quantile by (job) (2, up)",
      "stdvar(temperature)",
      "group by (job) (up)",
      "sum(nothing)",
      "topk by (job) (1, requests_total)",
      "bottomk without (code) (1, requests_total)",
      "max_over_time(rate(requests_total[1m])[10m:30s])",
      "avg_over_time(sum by (job) (rate(requests_total[90s]))[10m:1m])",
      "min_over_time((up == 0)[20m:47s])",
      "sum_over_time(vector(time())[5m:13s])",
      "sum_over_time(time()[5m:13s])",
      "quantile(1.5, up)",
      "temperature[1m]",
      "temperature[3m:47s]",
      "temperature[1m] offset 10m",
      "temperature @ 1672533000",
      "rate(requests_total[5m] @ end())",
      "histogram_quantile(0.9, latency_bucket)",
      "histogram_quantile(-1, latency_bucket)",
      "histogram_quantile(2, latency_bucket)",
      "histogram_quantile(0.9, sum(latency_bucket))",
      "histogram_quantile(0.5, latency_bucket{le!=\"+Inf\"})",
      "label_replace(up, \"dst\", \"${1}-$2-$$\", \"job\", \"(a)(.*)\")",
      "label_replace(up, \"job\", \"\", \"job\", \".*\")",
      "label_replace(quota, \"job\", \"x\", \"job\", \".*\")",
      "label_join(up, \"j\", \"/\", \"job\", \"instance\")",
      "label_replace(up, \"__name__\", \"down\", \"job\", \"api\")",
      // Mistakes.
      "1 +",
      "up{",
      "up[5m",
      "sum(",
      "sum by job (up)",
      "rate(up)",
      "abs(1)",
      "abs(up, up)",
      "1 == 1",
      "up + \"x\"",
      "up and 1",
      "up[5m] + 1",
      "nothing_like(up)",
      "up offset 5m offset 5m",
      "up @ 1 @ 2",
      "{}",
      "{a=\"\"}",
      "up{a=~\"(\"}",
      "up{__name__=\"x\"}",
      "topk(up)",
      "count_values(1, up)",
      "-\"x\"",
      "up[0s]",
      "up[-5m]",
      "(up)[5m]",
      "up[5m][5m:1m]",
      "sum(up) offset 5m",
      "1 + bool 2",
      "up = 1",
      "\"open",
      "label_replace(up, \"x\", \"$1\", \"job\", \"(\")",
      "holt_winters(up[5m], 2, 0.5)",
      "bool",
      "up group_left up",
      "up * on (job) group_left (job) up",
      "up and on (job) group_left () up",
  };
}

}  // namespace capstan::peers
