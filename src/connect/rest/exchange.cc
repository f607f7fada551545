#include "connect/rest/exchange.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "base/clean_text.h"
#include "base/fit.h"
#include "base/resolve_url.h"
#include "base/trim.h"
#include "base/url.h"
#include "connect/rest/link_header.h"

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

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool contains_word(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return !std::ranges::search(text, word, same).empty();
}

void set_header(HttpHeaders& headers, const std::string& name, std::string value) {
  std::erase_if(headers, [&](const auto& header) { return same_word(header.first, name); });
  headers.emplace_back(name, std::move(value));
}

bool has_header(const HttpHeaders& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& header) { return same_word(header.first, name); });
}

// What a service says of an error goes into facts and onto terminals.
std::string short_text(const Json& value) {
  return clean_line(fit_text(value.is_string() ? value.string_or_empty() : value.dump(), kMostDetails));
}

bool looks_like_json(std::string_view text) {
  text = trim(text);
  return text.starts_with('{') || text.starts_with('[');
}

bool looks_like_html(std::string_view text) {
  text = trim(text).substr(0, 15);
  return contains_word(text, "<!doctype html") || contains_word(text, "<html");
}

// Some services say 200 to everything, and what they mean in the body.
int meant_status(const RestSpec& spec, int status, const Json& body) {
  const Json code = spec.error_means.empty() ? Json() : spec.error_code.read(body);
  if (code.is_null()) return status;
  const auto known = spec.error_means.find(code.is_string() ? code.string_or_empty() : code.dump());
  if (known != spec.error_means.end()) return known->second;
  const auto other = spec.error_means.find("*");
  const bool is_success = status >= 200 && status < 300;
  return is_success && other != spec.error_means.end() ? other->second : status;
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
    set_header(http.headers, name, text);
  }
  const auto set_body = [&](std::string body, const char* type) {
    http.body = std::move(body);
    if (!has_header(http.headers, "Content-Type")) http.headers.emplace_back("Content-Type", type);
  };
  if (request.contains("body"))
    set_body(request["body"].dump(), "application/json");
  else if (request.contains("form"))
    set_body(TRY(encode_pairs(request["form"], "the form's field")), "application/x-www-form-urlencoded");
  http.username = request["basic"]["user"].string_or_empty();
  http.password = request["basic"]["password"].string_or_empty();
  http.timeout = endpoint.timeout;
  http.max_response_bytes = kMostResponse;
  http.tls = endpoint.tls;
  http.proxy = endpoint.proxy;
  return http;
}

Result<ServiceAnswer> read_answer(const RestSpec& spec, HttpResponse response) {
  ServiceAnswer answer;
  const std::string_view type = response.header("content-type");
  const bool says_json = contains_word(type, "json");
  // Some services do not say what they send, or call it text.
  const bool may_be_json = (type.empty() || contains_word(type, "text/plain")) && looks_like_json(response.body);
  if ((says_json && !trim(response.body).empty()) || may_be_json) {
    Result<Json> parsed = Json::parse(response.body);
    if (!parsed && says_json) {
      return fail(ErrorCode::kCorrupt, fmt::format("status {}, and what should be JSON is not: {}", response.status,
                                                   clean_line(parsed.error().message)));
    }
    if (parsed) answer.body = std::move(*parsed);
  }
  answer.status = meant_status(spec, response.status, answer.body);
  answer.may_retry = answer.status == 429;
  answer.text = std::move(response.body);
  answer.headers = std::move(response.headers);
  return answer;
}

std::string explain(const RestSpec& spec, const ServiceAnswer& answer) {
  std::string text = std::to_string(answer.status);
  if (answer.body.is_null()) {
    if (is_html(answer)) text += ": a page of HTML came in place of JSON";
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

bool is_html(const ServiceAnswer& answer) {
  for (const auto& [name, value] : answer.headers) {
    if (same_word(name, "content-type")) return contains_word(value, "text/html") || contains_word(value, "xhtml");
  }
  return answer.body.is_null() && looks_like_html(answer.text);
}

bool wants_html(const Json& request) {
  for (const auto& [name, value] : request["headers"].members()) {
    if (same_word(name, "accept")) return contains_word(value.string_or_empty(), "html");
  }
  return request.contains("form");
}

Result<std::string> next_link(const HttpHeaders& headers, const std::string& relation, const Endpoint& endpoint,
                              std::string_view path) {
  const std::optional<std::string> target = find_link(headers, relation);
  if (!target) return std::string();
  const std::string base = resolve_url(endpoint.url, "");
  const std::string next = resolve_url(endpoint.url + std::string(path), *target);
  std::string_view rest = next;
  if (next.empty() || base.empty() || !rest.starts_with(base))
    return fail(ErrorCode::kCorrupt, "the link to the next page leads to another server");
  rest.remove_prefix(base.size());
  // "https://host/" ends in a slash even where the endpoint does not.
  const std::string below = base.ends_with('/') ? "/" + std::string(rest) : std::string(rest);
  if (!below.starts_with('/') && !below.starts_with('?'))
    return fail(ErrorCode::kCorrupt, "the link to the next page leads to another server");
  return below;
}

}  // namespace capstan::rest
