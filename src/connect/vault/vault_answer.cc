#include "connect/vault/vault_answer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/fit.h"

namespace capstan::vault {
namespace {

constexpr size_t kLongestMessage = 500;
constexpr size_t kMostTexts = 10;
constexpr int64_t kLongestSeconds = 100LL * 366 * 24 * 3600;

Duration seconds_of(const Json& value) {
  return std::chrono::seconds(std::clamp<int64_t>(value.int_or(0), 0, kLongestSeconds));
}

std::string one_line(std::string_view text) {
  std::string line = fit_text(text, kLongestMessage);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& item : list.items()) {
    if (item.is_string() && texts.size() < kMostTexts) texts.push_back(one_line(item.string_or_empty()));
  }
  return texts;
}

// Why a version of a key/value secret is not given out, which a 404 tells beside its errors; "" for another 404.
std::string ended_version(const Json& body) {
  const Json& metadata = body["data"]["metadata"];
  if (!metadata.is_object()) return "";
  const int64_t version = metadata["version"].int_or(0);
  if (metadata["destroyed"].bool_or(false)) return fmt::format("version {} was destroyed", version);
  return fmt::format("version {} was deleted", version);
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::kInvalidArgument;
    case 403: return ErrorCode::kPermissionDenied;
    case 404: return ErrorCode::kNotFound;
    case 405: return ErrorCode::kUnimplemented;
    case 307:
    case 412:
    case 429:
    case 472:
    case 473: return ErrorCode::kUnavailable;
    default: return status >= 500 && status < 600 ? ErrorCode::kUnavailable : ErrorCode::kCorrupt;
  }
}

// What an operator should know of a status that Vault's own errors do not explain.
std::string_view meaning_of(int status) {
  switch (status) {
    case 307: return "this is a standby node: 'address' should be that of the active one, or of a balancer";
    case 403: return "permission denied";
    case 404: return "not found";
    case 412: return "this node has not caught up yet";
    case 429: return "a standby node, or too many requests";
    case 472: return "a standby node for disaster recovery";
    case 473: return "a performance standby node";
    case 503: return "sealed, or in maintenance";
    default: return "";
  }
}

Error error_of(int status, const Json& body) {
  const std::vector<std::string> errors = texts_of(body["errors"]);
  std::string said = status == 404 ? ended_version(body) : "";
  if (said.empty()) said = one_line(fmt::format("{}", fmt::join(errors, "; ")));
  ErrorCode code = code_of(status);
  if (status == 400 && said.find("check-and-set parameter did not match") != std::string::npos) {
    code = ErrorCode::kFailedPrecondition;
  }
  const std::string_view meaning = meaning_of(status);
  if (said.empty()) said = meaning.empty() ? "an answer of no Vault" : meaning;
  return {code, fmt::format("{} (status {})", said, status), {}};
}

Result<VaultAnswer> answer_of(const Json& body) {
  VaultAnswer answer;
  answer.data = body["data"];
  if (!answer.data.is_object() && !answer.data.is_null()) return fail(ErrorCode::kCorrupt, "'data' is no object");
  if (const Json& auth = body["auth"]; auth.is_object()) {
    answer.login = VaultLogin{Secret(auth["client_token"].string_or_empty()), seconds_of(auth["lease_duration"]),
                              auth["renewable"].bool_or(false)};
    if (answer.login->token.empty()) return fail(ErrorCode::kCorrupt, "a login without a token");
  }
  answer.lease = {body["lease_id"].string_or_empty(), seconds_of(body["lease_duration"]),
                  body["renewable"].bool_or(false)};
  answer.warnings = texts_of(body["warnings"]);
  return answer;
}

}  // namespace

Result<VaultAnswer> read_answer(const HttpResponse& response) {
  Result<Json> body = response.body.empty() ? Json() : Json::parse(response.body);
  if (!response.ok()) return fail(error_of(response.status, body ? *body : Json()));
  // A parser's message may quote a secret.
  if (!body || (!body->is_object() && !body->is_null())) {
    return fail(ErrorCode::kCorrupt, fmt::format("an answer of no Vault (status {})", response.status));
  }
  return answer_of(*body);
}

}  // namespace capstan::vault
