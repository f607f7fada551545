// Runs the scripts of tests/promql; their language is described in tests/promql/README.md. Every expression is also
// printed and parsed again, and every instant query is asked again as a range query around it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <sstream>

#include "base/file.h"
#include "base/trim.h"
#include "telemetry/promql/engine.h"
#include "telemetry/promql/fake_series_reader.h"
#include "telemetry/promql/parser.h"
#include "telemetry/promql/printer.h"
#include "telemetry/promql/window.h"

namespace capstan::telemetry {
namespace {

using promql::ValueType;

struct Line {
  int number = 0;
  std::string text;
};

struct Expectation {
  bool fails = false;
  std::string message;  // Part of the error.
  bool ordered = false;
  std::optional<std::string> text;
  std::optional<double> scalar;
  std::vector<std::pair<Labels, std::vector<double>>> series;  // Absent values are stale markers.
};

// The first word of `rest`, which is dropped from it.
std::string take_word(std::string& rest) {
  rest = trim(rest);
  const size_t end = std::min(rest.find(' '), rest.size());
  std::string word = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return word;
}

std::optional<double> parse_value(std::string_view text) {
  if (text == "_") return promql::absent_value();
  if (text == "stale") return stale_nan();
  if (text == "NaN") return std::nan("");
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// One word of a series: "3", "_", "stale", "_x4", "1x4", "1+2x4", "1-0.5x4". False when it is none of them.
bool expand(const std::string& word, std::vector<double>& values, std::vector<bool>& missing) {
  const auto push = [&](double value, bool is_missing) {
    values.push_back(value);
    missing.push_back(is_missing);
  };
  const size_t times = word.rfind('x');
  if (times == std::string::npos) {
    const auto value = parse_value(word);
    if (value) push(*value, word == "_");
    return value.has_value();
  }
  const std::string head = word.substr(0, times);
  int count = 0;
  std::from_chars(word.data() + times + 1, word.data() + word.size(), count);
  if (head == "_") {
    for (int i = 0; i < count; ++i) push(0, true);
    return true;
  }
  // The sign of the step is the first one that belongs neither to the start nor to an exponent.
  size_t sign = head.find_first_of("+-", 1);
  while (sign != std::string::npos && head[sign - 1] == 'e') sign = head.find_first_of("+-", sign + 1);
  const auto start = parse_value(head.substr(0, sign));
  const auto step = sign == std::string::npos ? std::optional(0.0) : parse_value(head.substr(sign));
  if (!start || !step) return false;
  double value = *start;
  for (int i = 0; i <= count; ++i, value += *step) push(value, false);
  return true;
}

class Script {
 public:
  explicit Script(std::filesystem::path path) : path_(std::move(path)) {}

  void run() {
    const Result<std::string> text = read_file(path_);
    ASSERT_TRUE(text) << text.error().to_string();
    std::istringstream input(*text);
    std::string raw;
    for (int number = 1; std::getline(input, raw); ++number) {
      const size_t comment = raw.starts_with('#') ? 0 : raw.find(" # ");
      if (comment != std::string::npos) raw.resize(comment);
      if (!trim(raw).empty()) lines_.push_back({number, raw});
    }
    while (next_ < lines_.size()) command();
  }
  int evals() const { return evals_; }

 private:
  bool indented() const {
    return next_ < lines_.size() && std::isspace(static_cast<unsigned char>(lines_[next_].text.front()));
  }
  std::string at(int number) const { return fmt::format("{}:{}", path_.filename().string(), number); }

  void command() {
    const Line& line = lines_[next_++];
    std::string rest = line.text;
    const std::string word = take_word(rest);
    if (word == "clear") {
      reader_.clear();
    } else if (word == "load") {
      load(parse_time(take_word(rest), line));
    } else if (word == "eval") {
      eval(line, rest);
    } else {
      ADD_FAILURE() << at(line.number) << ": unknown command '" << word << "'";
    }
  }

  int64_t parse_time(std::string text, const Line& line) const {
    const bool negative = text.starts_with('-');
    if (negative) text.erase(0, 1);
    const Result<Duration> duration = parse_duration(text);
    const auto seconds = parse_value(text);
    if (!duration && !seconds) ADD_FAILURE() << at(line.number) << ": '" << text << "' is no time";
    const int64_t ms = duration ? duration->count() : std::llround(seconds.value_or(0) * 1000);
    return negative ? -ms : ms;
  }

  // Splits `name{labels} values`; labels are read by the expression parser.
  Labels take_labels(std::string& rest, const Line& line) const {
    rest = trim(rest);
    size_t end = 0;
    char quote = 0;
    for (bool braces = false; end < rest.size() && (braces || quote != 0 || rest[end] != ' '); ++end) {
      const char c = rest[end];
      if (quote != 0) {
        if (c == '\\') ++end;
        if (c == quote) quote = 0;
      } else if (c == '"') {
        quote = c;
      } else if (c == '{' || c == '}') {
        braces = c == '{';
      }
    }
    const std::string text = rest.substr(0, end);
    rest = trim(rest.substr(std::min(end, rest.size())));
    Labels labels;
    if (text == "{}") return labels;
    const auto matchers = promql::parse_series_selector(text);
    if (!matchers) {
      ADD_FAILURE() << at(line.number) << ": '" << text << "': " << matchers.error().to_string();
      return labels;
    }
    for (const Matcher& matcher : *matchers) labels.set(matcher.name(), matcher.value());
    return labels;
  }

  void load(int64_t step_ms) {
    while (indented()) {
      const Line& line = lines_[next_++];
      std::string rest = line.text;
      const Labels labels = take_labels(rest, line);
      std::vector<double> values;
      std::vector<bool> missing;
      while (!rest.empty()) {
        const std::string word = take_word(rest);
        if (!expand(word, values, missing)) ADD_FAILURE() << at(line.number) << ": '" << word << "' is no value";
      }
      for (size_t i = 0; i < values.size(); ++i) {
        if (!missing[i]) reader_.add(labels, {static_cast<int64_t>(i) * step_ms, values[i]});
      }
    }
  }

  Expectation expectation() {
    Expectation expected;
    while (indented()) {
      const Line& line = lines_[next_++];
      std::string rest(trim(line.text));
      if (rest.starts_with("expect ")) {
        take_word(rest);
        const std::string what = take_word(rest);
        if (what == "fail") {
          expected.fails = true;
          if (rest.starts_with("msg:")) expected.message = trim(rest.substr(4));
        } else if (what == "ordered") {
          expected.ordered = true;
        } else if (what == "string") {
          const auto expr = promql::parse_expression(rest);
          expected.text = (*expr)->as<promql::StringLiteral>()->value;
        } else {
          ADD_FAILURE() << at(line.number) << ": unknown expectation '" << what << "'";
        }
      } else if (rest.find(' ') == std::string::npos && parse_value(rest)) {
        expected.scalar = parse_value(rest);
      } else {
        Labels labels = take_labels(rest, line);
        std::vector<double> values;
        std::vector<bool> missing;
        while (!rest.empty()) {
          const std::string word = take_word(rest);
          if (!expand(word, values, missing)) ADD_FAILURE() << at(line.number) << ": '" << word << "' is no value";
        }
        for (size_t i = 0; i < values.size(); ++i) {
          if (missing[i]) values[i] = promql::absent_value();
        }
        expected.series.emplace_back(std::move(labels), std::move(values));
      }
    }
    return expected;
  }

  void eval(const Line& line, std::string rest) {
    ++evals_;
    const std::string kind = take_word(rest);
    take_word(rest);  // "at" or "from"
    const int64_t from = parse_time(take_word(rest), line);
    if (kind == "instant") {
      instant(line, rest, from);
      return;
    }
    take_word(rest);  // "to"
    const int64_t to = parse_time(take_word(rest), line);
    take_word(rest);  // "step"
    const int64_t step = parse_time(take_word(rest), line);
    const Expectation expected = expectation();
    const auto result = engine_.query_range(rest, from_unix_ms(from), from_unix_ms(to), Duration(step));
    compare(line, rest, expected, result, from, step, static_cast<size_t>((to - from) / step) + 1);
    check_printing(line, rest);
  }

  void instant(const Line& line, const std::string& expr, int64_t time) {
    const Expectation expected = expectation();
    const auto result = engine_.query(expr, from_unix_ms(time));
    compare(line, expr, expected, result, time, 1, 1);
    check_printing(line, expr);
    const bool depends_on_query = expr.find("start()") != std::string::npos ||
                                  expr.find("end()") != std::string::npos || expr.find("step()") != std::string::npos ||
                                  expr.find("range()") != std::string::npos;
    if (!result || depends_on_query || expected.fails || result->type == ValueType::kString ||
        result->type == ValueType::kMatrix)
      return;
    // The same question among the steps of a range query has the same answer.
    auto ranged =
        engine_.query_range(expr, from_unix_ms(time - 2 * 60'000), from_unix_ms(time + 60'000), Duration(60'000));
    if (!ranged) return;  // Its other steps may well be errors.
    for (Series& series : ranged->series)
      std::erase_if(series.samples, [&](const Sample& s) { return s.at_ms != time; });
    std::erase_if(ranged->series, [](const Series& series) { return series.samples.empty(); });
    ranged->type = result->type;
    Expectation unordered = expected;
    unordered.ordered = false;
    compare(line, expr + " (as a range)", unordered, ranged, time, 1, 1);
  }

  void check_printing(const Line& line, const std::string& text) const {
    const auto expr = promql::parse_expression(text);
    if (!expr) return;
    const std::string printed = promql::print(**expr);
    const auto again = promql::parse_expression(printed);
    ASSERT_TRUE(again) << at(line.number) << ": '" << printed << "' does not parse: " << again.error().to_string();
    EXPECT_EQ(promql::print(**again), printed) << at(line.number);
  }

  static bool same(double a, double b) {
    if (promql::is_absent(a) || promql::is_absent(b)) return promql::is_absent(a) && promql::is_absent(b);
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    if (std::isinf(a) || std::isinf(b)) return a == b;
    return std::abs(a - b) <= 1e-9 * std::max({std::abs(a), std::abs(b), 1e-3});
  }

  void compare(const Line& line, const std::string& expr, const Expectation& expected,
               const Result<QueryResult>& result, int64_t from, int64_t step, size_t count) const {
    const std::string place = at(line.number) + ": " + expr;
    if (expected.fails) {
      ASSERT_FALSE(result) << place << ": should fail";
      EXPECT_NE(result.error().to_string().find(expected.message), std::string::npos)
          << place << ": " << result.error().to_string();
      return;
    }
    ASSERT_TRUE(result) << place << ": " << result.error().to_string();
    if (expected.text) {
      EXPECT_EQ(result->text, *expected.text) << place;
      return;
    }
    if (result->type == ValueType::kScalar) {
      ASSERT_TRUE(expected.scalar) << place << ": is a scalar: " << result->series[0].samples[0].value;
      EXPECT_TRUE(same(result->series[0].samples[0].value, *expected.scalar))
          << place << ": got " << result->series[0].samples[0].value;
      return;
    }
    if (result->type == ValueType::kMatrix && count == 1) return compare_samples(place, expected, *result);
    std::string got;
    for (const Series& series : result->series) {
      got += "\n  " + series.labels.to_string();
      for (const Sample& sample : series.samples) got += fmt::format(" {}@{}", sample.value, sample.at_ms);
    }
    ASSERT_EQ(result->series.size(), expected.series.size()) << place << ": got" << got;
    for (size_t i = 0; i < expected.series.size(); ++i) {
      const auto& [labels, values] = expected.series[i];
      const auto found = expected.ordered ? result->series.begin() + static_cast<std::ptrdiff_t>(i)
                                          : std::ranges::find(result->series, labels, &Series::labels);
      ASSERT_TRUE(found != result->series.end() && found->labels == labels)
          << place << ": no " << labels.to_string() << " in place " << i << " of" << got;
      std::vector<double> dense(count, promql::absent_value());
      for (const Sample& sample : found->samples)
        dense[static_cast<size_t>((sample.at_ms - from) / step)] = sample.value;
      ASSERT_EQ(values.size(), count) << place << ": the script lists another number of values";
      for (size_t k = 0; k < count; ++k)
        EXPECT_TRUE(same(dense[k], values[k]))
            << place << ": " << labels.to_string() << " value " << k << ", got" << got;
    }
  }

  // Range vectors as a whole result: the values in their order.
  static void compare_samples(const std::string& place, const Expectation& expected, const QueryResult& result) {
    ASSERT_EQ(result.series.size(), expected.series.size()) << place;
    for (size_t i = 0; i < result.series.size(); ++i) {
      EXPECT_EQ(result.series[i].labels, expected.series[i].first) << place;
      ASSERT_EQ(result.series[i].samples.size(), expected.series[i].second.size()) << place;
      for (size_t k = 0; k < result.series[i].samples.size(); ++k) {
        EXPECT_TRUE(same(result.series[i].samples[k].value, expected.series[i].second[k])) << place;
      }
    }
  }

  std::filesystem::path path_;
  std::vector<Line> lines_;
  size_t next_ = 0;
  int evals_ = 0;
  FakeSeriesReader reader_;
  VirtualClock clock_{from_unix_ms(0)};
  PromqlEngine engine_{reader_, clock_};
};

TEST(PromqlScript, EveryScriptHolds) {
  const auto files = list_files(std::filesystem::path(CAPSTAN_SOURCE_DIR) / "tests/promql", ".test");
  ASSERT_TRUE(files) << files.error().to_string();
  int evals = 0;
  for (const auto& path : *files) {
    Script script(path);
    script.run();
    EXPECT_GT(script.evals(), 0) << path;
    evals += script.evals();
  }
  RecordProperty("evals", evals);
  EXPECT_GE(evals, 400) << "scripts are missing";
}

}  // namespace
}  // namespace capstan::telemetry
