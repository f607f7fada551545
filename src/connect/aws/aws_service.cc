#include "connect/aws/aws_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_path.h"
#include "base/suggest.h"
#include "connect/aws/retry.h"

namespace capstan::aws {
namespace {

constexpr std::string_view kKeys[] = {"call", "wait", "input", "region"};
constexpr std::string_view kSettings[] = {"region", "profile", "role", "endpoint", "models", "retries", "attempts"};
constexpr int64_t kMostAttempts = 100;

struct Name {
  std::string service;
  std::string operation;
};

// "iam.CreateRole"
Result<Name> parse_name(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' must be a service and an operation, like iam.CreateRole", text));
  return Name{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

std::string_view name_of(const Json& request) {
  return request.contains("wait") ? request["wait"].string_or_empty() : request["call"].string_or_empty();
}

bool reads_by_name(std::string_view operation) {
  for (const std::string_view prefix : {"Get", "List", "Describe", "Head"}) {
    if (operation.starts_with(prefix)) return true;
  }
  return false;
}

capstan::ServiceAnswer refusal_of(const CallAnswer& answer) {
  const Refusal& refusal = *answer.answer.refusal;
  return {
      // A refusal that leaves it open whether it happened counts as an error of the server, whatever it says of itself.
      .status = answer.may_have_happened ? 500 : refusal.status,
      .body = Json::object({{"code", refusal.code}, {"message", refusal.message}}),
      .text = {},
      .headers = {},
      .may_retry = refusal.kind == RefusalKind::kThrottled && !answer.may_have_happened};
}

Status check_settings(const Json& settings) {
  for (const auto& [key, value] : settings.members()) {
    if (std::ranges::find(kSettings, key) == std::end(kSettings))
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("AWS has no setting '{}'{}", key, did_you_mean(key, kSettings)));
  }
  const Json& retries = settings["retries"];
  if (!retries.is_null() && retries != Json("standard") && retries != Json("adaptive"))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'retries' must be standard or adaptive, found {}", retries.dump()));
  const int64_t attempts = settings["attempts"].int_or(settings.contains("attempts") ? 0 : 1);
  if (attempts < 1 || attempts > kMostAttempts)
    return fail(ErrorCode::kInvalidArgument, fmt::format("'attempts' must be a number from 1 to {}", kMostAttempts));
  return {};
}

}  // namespace

Status check_aws_request(const Json& request) {
  for (const auto& [key, value] : request.members()) {
    if (std::ranges::find(kKeys, key) == std::end(kKeys))
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("unknown key '{}' in a call of AWS{}", key, did_you_mean(key, kKeys)));
  }
  if (request.contains("call") == request.contains("wait"))
    return fail(ErrorCode::kInvalidArgument, "a step needs 'call' (an operation) or 'wait' (a waiter)");
  if (request.contains("input") && !request["input"].is_object())
    return fail(ErrorCode::kInvalidArgument, "'input' must be a map, as AWS' command line takes it");
  TRY(parse_name(name_of(request)));
  return {};
}

Result<std::unique_ptr<AwsService>> AwsService::create(const Json& settings, AwsWorld world) {
  TRY(check_settings(settings));
  AwsSettings wanted;
  if (settings.contains("retries"))
    wanted.retry_mode = settings["retries"] == Json("adaptive") ? RetryMode::kAdaptive : RetryMode::kStandard;
  wanted.most_attempts = static_cast<int>(settings["attempts"].int_or(0));
  wanted.region = settings["region"].string_or_empty();
  wanted.profile = settings["profile"].string_or_empty();
  if (const std::string& endpoint = settings["endpoint"].string_or_empty(); !endpoint.empty())
    wanted.endpoints[""] = endpoint;
  std::vector<std::filesystem::path> directories;
  for (const Json& directory : settings["models"].items()) directories.emplace_back(directory.string_or_empty());
  directories.insert(directories.end(), wanted.model_directories.begin(), wanted.model_directories.end());
  wanted.model_directories = std::move(directories);
  CallOptions options;
  options.role.arn = settings["role"].string_or_empty();
  options.input.allow_unknown_values = true;
  return std::unique_ptr<AwsService>(new AwsService(std::move(wanted), std::move(world), std::move(options)));
}

Status AwsService::check(const Json& request) const { return check_aws_request(request); }

bool AwsService::changes(const Json& request) const {
  if (request.contains("wait")) return false;
  const Result<Name> name = parse_name(name_of(request));
  return !name || !reads_by_name(name->operation);
}

// What is repeatable the client repeats itself.
bool AwsService::repeatable(const Json& request) const { return !changes(request); }

std::string AwsService::describe(const Json& request) const {
  return fmt::format("{} {}", request.contains("wait") ? "wait" : "call", name_of(request));
}

Result<capstan::ServiceAnswer> AwsService::call(const ServiceCall& call, const std::stop_token& stop) {
  TRY(check_aws_request(call.request));
  const Name name = TRY(parse_name(name_of(call.request)));
  CallOptions options = options_;
  if (const std::string& region = call.request["region"].string_or_empty(); !region.empty()) options.region = region;
  const Json input = call.request["input"].is_null() ? Json::object() : call.request["input"];
  if (call.request.contains("wait")) {
    const Json last = TRY(client_.wait(name.service, name.operation, input, options, stop));
    return capstan::ServiceAnswer{.status = 200, .body = last, .text = {}, .headers = {}};
  }
  const bool all = !call.collect.empty();
  CallAnswer answer = all ? TRY(client_.ask_all(name.service, name.operation, input, {}, options, stop))
                          : TRY(client_.ask(name.service, name.operation, input, options, stop));
  if (answer.answer.refusal) return refusal_of(answer);
  Json body = std::move(answer.answer.output);
  if (all) {
    body = TRY(JsonPath::parse(call.collect)).read(body);
    if (body.is_null())
      body = Json::array();  // What has no items may be left out; that it is an answer, its shape tells.
  }
  return capstan::ServiceAnswer{.status = 200, .body = std::move(body), .text = {}, .headers = {}};
}

std::string AwsService::explain(const capstan::ServiceAnswer& answer) const {
  return fmt::format("{} {}: {}", answer.status, answer.body["code"].string_or_empty(),
                     answer.body["message"].string_or_empty());
}

}  // namespace capstan::aws
