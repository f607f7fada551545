#include "connect/kubernetes/api_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/fit.h"

namespace capstan::kubernetes {
namespace {

constexpr size_t kMostOfAMessage = 2'000;
constexpr size_t kMostCauses = 10;
constexpr int64_t kLongestWaitSeconds = 3'600;

std::optional<Duration> wait_of(int64_t seconds) {
  if (seconds <= 0) return std::nullopt;
  return Duration(1'000 * std::min(seconds, kLongestWaitSeconds));
}

// Also a date by HTTP's rules, which the API server never sends.
std::optional<Duration> retry_after_header(const HttpResponse& response) {
  const std::string_view text = response.header("Retry-After");
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return wait_of(seconds);
}

ErrorCode code_of(const ApiStatus& status) {
  switch (status.code) {
    case 400:
    case 413:
    case 415:
    case 422: return ErrorCode::kInvalidArgument;
    case 401: return ErrorCode::kUnauthenticated;
    case 403: return ErrorCode::kPermissionDenied;
    case 404: return ErrorCode::kNotFound;
    case 405:
    case 406: return ErrorCode::kUnimplemented;
    case 409: return status.reason == "AlreadyExists" ? ErrorCode::kAlreadyExists : ErrorCode::kFailedPrecondition;
    case 410:
    case 412: return ErrorCode::kFailedPrecondition;
    case 429:
      return status.has_cause("DisruptionBudget") ? ErrorCode::kFailedPrecondition : ErrorCode::kResourceExhausted;
    case 503: return ErrorCode::kUnavailable;
    default: return ErrorCode::kDeadlineExceeded;
  }
}

}  // namespace

bool ApiStatus::has_cause(std::string_view cause) const {
  return std::ranges::find(causes, cause, &Cause::reason) != causes.end();
}

ApiStatus read_api_status(const Json& json) {
  ApiStatus status;
  status.code = static_cast<int>(std::clamp<int64_t>(json["code"].int_or(0), 0, 999));
  status.reason = json["reason"].string_or_empty();
  status.message = json["message"].string_or_empty();
  for (const Json& cause : json["details"]["causes"].items()) {
    status.causes.push_back(
        {cause["reason"].string_or_empty(), cause["field"].string_or_empty(), cause["message"].string_or_empty()});
  }
  status.retry_after = wait_of(json["details"]["retryAfterSeconds"].int_or(0));
  return status;
}

ApiStatus read_api_status(const HttpResponse& response) {
  ApiStatus status;
  // What is no Status object may be a page of a proxy, which is not worth repeating.
  if (const Result<Json> body = Json::parse(response.body); body && (*body)["kind"].string_or_empty() == "Status") {
    status = read_api_status(*body);
  }
  status.code = response.status;
  if (const auto wait = retry_after_header(response)) status.retry_after = wait;
  return status;
}

Error to_error(const ApiStatus& status) {
  std::string message = fit_text(status.message, kMostOfAMessage);
  if (message.empty()) message = fmt::format("the API server answered with HTTP status {}", status.code);
  if (message == "Unauthorized") message = "the API server does not accept the credentials (Unauthorized)";
  size_t shown = 0;
  for (const ApiStatus::Cause& cause : status.causes) {
    // The message names most causes already.
    if (cause.field.empty() || status.message.find(cause.field) != std::string::npos) continue;
    if (++shown > kMostCauses) break;
    message += fmt::format("; {}: {}", cause.field, fit_text(cause.message, kMostOfAMessage));
  }
  return {code_of(status), std::move(message)};
}

}  // namespace capstan::kubernetes
