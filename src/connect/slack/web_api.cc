#include "connect/slack/web_api.h"

#include <fmt/format.h>

#include "connect/slack/slack_channel.h"

namespace capstan::slack {
namespace {

constexpr size_t kLargestAnswer = 1 << 20;

HttpRequest post_json(std::string url, const Json& body) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  request.body = body.dump();
  request.max_response_bytes = kLargestAnswer;
  return request;
}

Status check_status(const HttpResponse& response) {
  if (response.status == 429) return fail(ErrorCode::kResourceExhausted, "Slack asks to slow down");
  if (response.ok()) return {};
  return fail(ErrorCode::kUnavailable, fmt::format("Slack answers with status {}", response.status));
}

}  // namespace

Result<Json> call_api(HttpClient& http, const std::string& base_url, const Secret& token, std::string_view method,
                      const Json& body, const std::stop_token& stop) {
  HttpRequest request = post_json(fmt::format("{}/{}", base_url, method), body);
  request.bearer_token = token.reveal();
  const HttpResponse response = TRY(http.send(request, stop));
  TRY(check_status(response));
  Result<Json> answer = Json::parse(response.body);
  if (!answer || !answer->is_object()) return fail(ErrorCode::kUnavailable, "Slack's answer is not JSON");
  if (!(*answer)["ok"].bool_or(false)) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("{}: {}", method, explain_error((*answer)["error"].string_or_empty(), "")));
  }
  return answer;
}

Status respond(HttpClient& http, const std::string& response_url, const Json& body, const std::stop_token& stop) {
  return check_status(TRY(http.send(post_json(response_url, body), stop)));
}

bool is_response_url(const std::string& url, const std::string& base_url) {
  const std::string origin = http_origin(url);
  return origin == "https://hooks.slack.com" || (!origin.empty() && origin == http_origin(base_url));
}

}  // namespace capstan::slack
