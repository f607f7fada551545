#include "connect/rest/exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/trim.h"
#include "base/url.h"

namespace capstan::rest {
namespace {

constexpr size_t kMostDetails = 500;
constexpr size_t kMostResponse = 32 << 20;

Result<std::string> scalar_text(std::string_view what, std::string_view name, const Json& value) {
  if (value.is_string()) return value.string_or_empty();
  if (value.is_number() || value.is_bool()) return value.dump();
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} '{}' must be a text, a number or a boolean", what, name));
}

Result<std::string> encode_pairs(const Json& pairs, std::string_view what) {
  std::string text;
  for (const auto& [name, value] : pairs.members()) {
    if (value.is_null()) continue;
    const Json::Array one = {value};
    for (const Json& item : value.is_array() ? value.items() : one) {
      const std::string as_text = TRY(scalar_text(what, name, item));
      text += (text.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(as_text);
    }
  }
  return text;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

std::string short_text(const Json& value) {
  std::string text = value.is_string() ? value.string_or_empty() : value.dump();
  if (text.size() > kMostDetails) text = text.substr(0, kMostDetails) + "…";
  return text;
}

}  // namespace

std::string method_of(const Json& request) {
  for (const std::string_view method : kMethods) {
    if (request.contains(method)) return std::string(method);
  }
  return "";
}

bool is_method(std::string_view member) { return std::ranges::find(kMethods, member) != kMethods.end(); }

std::string describe(const Json& request) {
  const std::string method = method_of(request);
  return fmt::format("{} {}", method, request[method].string_or_empty());
}

Result<HttpRequest> make_request(const Endpoint& endpoint, const RestSpec& spec, const Json& request) {
  const std::string method = method_of(request);
  HttpRequest http;
  http.method = upper(method);
  http.url = endpoint.url + request[method].string_or_empty();
  if (const std::string query = TRY(encode_pairs(request["query"], "the query parameter")); !query.empty())
    http.url += (http.url.find('?') == std::string::npos ? "?" : "&") + query;
  for (const auto& [name, value] : spec.headers) http.headers.emplace_back(name, value);
  for (const auto& [name, value] : request["headers"].members()) {
    const std::string text = TRY(scalar_text("the header", name, value));
    std::erase_if(http.headers, [&](const auto& header) { return header.first == name; });
    http.headers.emplace_back(name, text);
  }
  if (request.contains("body")) {
    http.body = request["body"].dump();
    http.headers.emplace_back("Content-Type", "application/json");
  } else if (request.contains("form")) {
    http.body = TRY(encode_pairs(request["form"], "the form's field"));
    http.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  }
  http.timeout = endpoint.timeout;
  http.max_response_bytes = kMostResponse;
  http.tls = endpoint.tls;
  http.proxy = endpoint.proxy;
  return http;
}

Result<ServiceAnswer> read_answer(HttpResponse response) {
  ServiceAnswer answer;
  answer.status = response.status;
  answer.may_retry = response.status == 429;
  const bool is_json = response.header("content-type").find("json") != std::string_view::npos;
  if (is_json && !trim(response.body).empty()) {
    Result<Json> parsed = Json::parse(response.body);
    if (!parsed) {
      return fail(ErrorCode::kCorrupt, fmt::format("status {}, and what should be JSON is not: {}", response.status,
                                                   parsed.error().message));
    }
    answer.body = std::move(*parsed);
  }
  answer.text = std::move(response.body);
  answer.headers = std::move(response.headers);
  return answer;
}

std::string explain(const RestSpec& spec, const ServiceAnswer& answer) {
  std::string text = std::to_string(answer.status);
  if (answer.body.is_null()) {
    if (answer.text.find("<html") != std::string::npos || answer.text.find("<!DOCTYPE") != std::string::npos)
      text += ": a page of HTML came in place of JSON";
    return text;
  }
  const std::string code = short_text(spec.error_code.empty() ? Json("") : spec.error_code.read(answer.body));
  const std::string message =
      short_text(spec.error_message.empty() ? answer.body : spec.error_message.read(answer.body));
  if (!code.empty() && code != "null") text += " " + code;
  if (!message.empty() && message != "null") text += ": " + message;
  std::string details;
  for (const JsonPath& path : spec.error_details) {
    const Json detail = path.read(answer.body);
    if (!detail.is_null())
      details += (details.empty() ? "" : ", ") + fmt::format("{}: {}", path.text(), short_text(detail));
  }
  return details.empty() ? text : fmt::format("{} ({})", text, details);
}

Result<std::string> next_link(const ServiceAnswer& answer, const std::string& relation, const Endpoint& endpoint) {
  for (const auto& [name, value] : answer.headers) {
    if (!std::ranges::equal(name, std::string_view("link"), [](char a, char b) { return std::tolower(a) == b; }))
      continue;
    std::string_view rest = value;
    while (true) {
      const size_t open = rest.find('<');
      const size_t close = rest.find('>', open == std::string_view::npos ? 0 : open);
      if (open == std::string_view::npos || close == std::string_view::npos) break;
      const std::string_view target = rest.substr(open + 1, close - open - 1);
      rest.remove_prefix(close + 1);
      const size_t end = std::min(rest.find('<'), rest.size());
      const std::string_view parameters = rest.substr(0, end);
      const bool found = parameters.find(fmt::format("rel=\"{}\"", relation)) != std::string_view::npos ||
                         parameters.find(fmt::format("rel={}", relation)) != std::string_view::npos;
      if (!found) continue;
      if (target.starts_with('/')) return std::string(target);
      if (!target.starts_with(endpoint.url + "/"))
        return fail(ErrorCode::kCorrupt, "the link to the next page leads to another server");
      return std::string(target.substr(endpoint.url.size()));
    }
  }
  return std::string();
}

}  // namespace capstan::rest
