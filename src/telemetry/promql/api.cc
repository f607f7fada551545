#include "telemetry/promql/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "telemetry/promql/api_json.h"
#include "telemetry/promql/parser.h"
#include "telemetry/promql/printer.h"
#include "telemetry/promql/quoting.h"

namespace capstan::telemetry {
namespace {

// The version of Prometheus whose API and language are spoken; Grafana chooses its features by it.
constexpr std::string_view kSpokenVersion = "3.0.0";
// Stand for "since ever" and "for ever".
constexpr int64_t kBeginMs = -1'000'000'000'000'000;
constexpr int64_t kEndMs = 1'000'000'000'000'000;
// Of one request, whatever it asks for: it holds one of few threads.
constexpr Duration kTimeLimit{30'000};
constexpr std::string_view kTruncated = "results truncated due to limit";

struct ApiError {
  int status;
  std::string_view type;
  std::string message;
};
template <class T>
using ApiResult = std::expected<T, ApiError>;

std::unexpected<ApiError> bad_data(std::string message) {
  return std::unexpected(ApiError{400, "bad_data", std::move(message)});
}

std::unexpected<ApiError> bad_parameter(std::string_view name, std::string_view message) {
  return bad_data(fmt::format("invalid parameter \"{}\": {}", name, message));
}

// An error of an expression that is well-formed.
std::unexpected<ApiError> execution_error(const Error& error) {
  switch (error.code) {
    case ErrorCode::kDeadlineExceeded: return std::unexpected(ApiError{503, "timeout", error.message});
    case ErrorCode::kCancelled: return std::unexpected(ApiError{503, "canceled", error.message});
    case ErrorCode::kUnavailable: return std::unexpected(ApiError{503, "unavailable", error.message});
    case ErrorCode::kInternal:
    case ErrorCode::kCorrupt: return std::unexpected(ApiError{500, "internal", error.message});
    default: return std::unexpected(ApiError{422, "execution", error.message});
  }
}

std::string parse_error(const Error& error) {
  if (error.where.line == 0) return "parse error: " + error.message;
  return fmt::format("{}:{}: parse error: {}", error.where.line, error.where.column, error.message);
}

struct Answer {
  std::string data;
  bool truncated = false;
};

class Request {
 public:
  Request(const PromqlEngine& engine, const ApiParameters& parameters, Time now, const std::stop_token& stop)
      : engine_(engine), parameters_(parameters), now_(now), stop_(stop) {}

  ApiResult<Answer> query() const {
    const auto expression = this->expression();
    if (!expression) return std::unexpected(expression.error());
    const auto at = time("time", now_);
    if (!at) return std::unexpected(at.error());
    const auto options = this->options();
    if (!options) return std::unexpected(options.error());
    Result<QueryResult> result = engine_.query(*expression, *at, *options);
    if (!result) return execution_error(result.error());
    return cut(std::move(*result), to_unix_ms(*at));
  }

  ApiResult<Answer> query_range() const {
    const auto from = time("start", std::nullopt);
    if (!from) return std::unexpected(from.error());
    const auto to = time("end", std::nullopt);
    if (!to) return std::unexpected(to.error());
    const auto step = duration("step");
    if (!step) return std::unexpected(step.error());
    if (!*step) return bad_parameter("step", "cannot parse \"\" to a valid duration");
    if (const Status range = engine_.check_range(*from, *to, **step); !range) return bad_data(range.error().message);
    const auto expression = this->expression(true);
    if (!expression) return std::unexpected(expression.error());
    const auto options = this->options();
    if (!options) return std::unexpected(options.error());
    Result<QueryResult> result = engine_.query_range(*expression, *from, *to, **step, *options);
    if (!result) return execution_error(result.error());
    return cut(std::move(*result), to_unix_ms(*from));
  }

  ApiResult<Answer> series() const {
    if (!parameters_.contains("match[]")) return bad_data("no match[] parameter provided");
    std::set<Labels> found;
    const auto status = for_each_selector(
        [&](const std::vector<Matcher>& matchers, int64_t from, int64_t to, const StopCheck& check) -> Status {
          std::vector<Labels> some = TRY(engine_.reader().series(matchers, from, to, check));
          found.insert(std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
          return {};
        });
    if (!status) return std::unexpected(status.error());
    return list(found, [](std::string& out, const Labels& labels) { append_labels(out, labels); });
  }

  ApiResult<Answer> labels() const {
    return names([&](const std::vector<Matcher>& matchers, int64_t from, int64_t to, const StopCheck& check) {
      return engine_.reader().label_names(matchers, from, to, check);
    });
  }

  ApiResult<Answer> label_values(std::string_view name) const {
    if (name.empty()) return bad_data("invalid label name: \"\"");
    return names([&](const std::vector<Matcher>& matchers, int64_t from, int64_t to, const StopCheck& check) {
      return engine_.reader().label_values(name, matchers, from, to, check);
    });
  }

  ApiResult<Answer> format_query() const {
    const auto text = expression();
    if (!text) return std::unexpected(text.error());
    return Answer{json_string(promql::print(**promql::parse_expression(*text)))};
  }

  ApiResult<Answer> no_exemplars() const {
    const auto text = expression();
    if (!text) return std::unexpected(text.error());
    return Answer{"[]"};
  }

 private:
  std::optional<std::string_view> parameter(std::string_view name) const {
    const auto found = parameters_.find(name);
    if (found == parameters_.end() || found->second.empty()) return std::nullopt;
    return found->second;
  }

  // The query, known to be well-formed; for a range query also to be of a type that has values at steps.
  ApiResult<std::string> expression(bool has_steps = false) const {
    const std::string text(parameter("query").value_or(""));
    const Result<promql::ExprPtr> expr = promql::parse_expression(text);
    if (!expr) return bad_parameter("query", parse_error(expr.error()));
    if (has_steps) {
      const Status type = PromqlEngine::check_has_steps(**expr);
      if (!type) return bad_parameter("query", type.error().message);
    }
    return text;
  }

  ApiResult<Time> time(std::string_view name, std::optional<Time> otherwise) const {
    const auto text = parameter(name);
    if (!text && otherwise) return *otherwise;
    const Result<Time> time = parse_time(text.value_or(""));
    if (!time) return bad_parameter(name, fmt::format("cannot parse \"{}\" to a valid timestamp", text.value_or("")));
    return *time;
  }

  // Seconds as a number, or 1h30m.
  ApiResult<std::optional<Duration>> duration(std::string_view name) const {
    const auto text = parameter(name);
    if (!text) return std::optional<Duration>();
    double seconds = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (error == std::errc() && end == text->data() + text->size()) {
      if (!(std::abs(seconds) < 9e12))
        return bad_parameter(name, fmt::format("cannot parse \"{}\" to a valid duration. It overflows int64", *text));
      return Duration(std::llround(seconds * 1000));
    }
    const Result<Duration> duration = parse_duration(*text);
    if (!duration) return bad_parameter(name, fmt::format("cannot parse \"{}\" to a valid duration", *text));
    return *duration;
  }

  ApiResult<QueryOptions> options() const {
    QueryOptions options{.stop = stop_};
    const auto limit = duration("timeout");
    if (!limit) return std::unexpected(limit.error());
    options.time = std::min(limit->value_or(kTimeLimit), kTimeLimit);
    const auto lookback = duration("lookback_delta");
    if (!lookback) return std::unexpected(lookback.error());
    if (*lookback && (**lookback <= Duration(0) || **lookback > Duration(kEndMs))) {
      return bad_parameter("lookback_delta", "expected a duration greater than 0");
    }
    options.lookback = *lookback;
    return options;
  }

  // 0 for none.
  ApiResult<size_t> limit() const {
    const auto text = parameter("limit");
    if (!text) return size_t{0};
    size_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size()) {
      return bad_parameter("limit", fmt::format("cannot parse \"{}\": expected a number of at least 0", *text));
    }
    return value;
  }

  // All match[] in turn, or once without matchers.
  template <class Use>
  ApiResult<void> for_each_selector(Use use) const {
    const auto from = time("start", from_unix_ms(kBeginMs));
    if (!from) return std::unexpected(from.error());
    const auto to = time("end", from_unix_ms(kEndMs));
    if (!to) return std::unexpected(to.error());
    if (*to < *from) return bad_data("end timestamp must not be before start time");
    std::vector<std::vector<Matcher>> selectors;
    for (auto [at, end] = parameters_.equal_range("match[]"); at != end; ++at) {
      auto matchers = promql::parse_series_selector(at->second);
      if (!matchers) return bad_parameter("match[]", parse_error(matchers.error()));
      selectors.push_back(std::move(*matchers));
    }
    if (selectors.empty()) selectors.emplace_back();
    const promql::Budget budget({.time = kTimeLimit}, engine_.clock(), stop_);
    const StopCheck check = [&budget] { return budget.check(); };
    for (const std::vector<Matcher>& matchers : selectors) {
      const Status status = use(matchers, to_unix_ms(*from), to_unix_ms(*to), check);
      if (!status) return execution_error(status.error());
    }
    return {};
  }

  template <class Ask>
  ApiResult<Answer> names(Ask ask) const {
    std::set<std::string> found;
    const auto status = for_each_selector(
        [&](const std::vector<Matcher>& matchers, int64_t from, int64_t to, const StopCheck& check) -> Status {
          for (std::string& name : TRY(ask(matchers, from, to, check))) found.insert(std::move(name));
          return {};
        });
    if (!status) return std::unexpected(status.error());
    return list(found, [](std::string& out, const std::string& name) { out += json_string(name); });
  }

  template <class Set, class Append>
  ApiResult<Answer> list(const Set& items, Append append) const {
    const auto most = limit();
    if (!most) return std::unexpected(most.error());
    Answer answer{"["};
    size_t count = 0;
    for (const auto& item : items) {
      answer.truncated = *most > 0 && count == *most;
      if (answer.truncated) break;
      if (count++ > 0) answer.data += ',';
      append(answer.data, item);
    }
    answer.data += ']';
    return answer;
  }

  ApiResult<Answer> cut(QueryResult result, int64_t at_ms) const {
    const auto most = limit();
    if (!most) return std::unexpected(most.error());
    Answer answer;
    answer.truncated = *most > 0 && result.series.size() > *most;
    if (answer.truncated) result.series.resize(*most);
    answer.data = result_json(result, at_ms);
    return answer;
  }

  const PromqlEngine& engine_;
  const ApiParameters& parameters_;
  Time now_;
  const std::stop_token& stop_;
};

// Label names that no URL can hold come as U__ with _hex_ for odd characters and __ for an underscore. Text that is no
// such encoding is returned as it is. Source: prometheus/proposals, "UTF-8 support", escaping scheme "values".
std::string unescape_name(std::string_view name) {
  if (!name.starts_with("U__")) return std::string(name);
  std::string out;
  for (size_t i = 3; i < name.size(); ++i) {
    if (name[i] != '_') {
      out += name[i];
      continue;
    }
    if (i + 1 < name.size() && name[i + 1] == '_') {
      out += '_';
      ++i;
      continue;
    }
    const size_t close = name.find('_', i + 1);
    uint32_t code = 0;
    if (close == std::string_view::npos || close == i + 1) return std::string(name);
    const auto [end, error] = std::from_chars(name.data() + i + 1, name.data() + close, code, 16);
    if (error != std::errc() || end != name.data() + close || !promql::append_utf8(out, code)) return std::string(name);
    i = close;
  }
  return out;
}

Answer build_information() {
  return {fmt::format(R"({{"version":"{}","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":""}})",
                      kSpokenVersion)};
}

ApiResult<Answer> dispatch(std::string_view path, const Request& request) {
  constexpr std::string_view kLabel = "label/";
  constexpr std::string_view kValues = "/values";
  if (path == "query") return request.query();
  if (path == "query_range") return request.query_range();
  if (path == "series") return request.series();
  if (path == "labels") return request.labels();
  if (path.starts_with(kLabel) && path.ends_with(kValues) && path.size() > kLabel.size() + kValues.size()) {
    return request.label_values(
        unescape_name(path.substr(kLabel.size(), path.size() - kLabel.size() - kValues.size())));
  }
  if (path == "format_query") return request.format_query();
  if (path == "query_exemplars") return request.no_exemplars();
  if (path == "metadata") return Answer{"{}"};
  if (path == "status/buildinfo") return build_information();
  return std::unexpected(ApiError{404, "not_found", fmt::format("there is no /api/v1/{}", path)});
}

}  // namespace

ApiAnswer answer_api(const PromqlEngine& engine, std::string_view path, const ApiParameters& parameters, Time now,
                     const std::stop_token& stop) {
  const ApiResult<Answer> answer = dispatch(path, Request(engine, parameters, now, stop));
  if (!answer) {
    return {answer.error().status, fmt::format(R"({{"status":"error","errorType":"{}","error":{}}})",
                                               answer.error().type, json_string(answer.error().message))};
  }
  std::string body = R"({"status":"success","data":)" + answer->data;
  if (answer->truncated) body += fmt::format(R"(,"warnings":["{}"])", kTruncated);
  return {200, body + "}"};
}

}  // namespace capstan::telemetry
