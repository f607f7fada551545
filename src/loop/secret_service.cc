#include "loop/secret_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"

namespace capstan::loop {
namespace {

constexpr int kMostConflicts = 5;
constexpr std::string_view kKeys[] = {"remember", "set", "names", "recall", "fields"};

bool is_password(std::string_view field) { return field.find("password") != std::string_view::npos; }

ServiceAnswer answer_of(Json body) { return {.status = 200, .body = std::move(body), .text = {}, .headers = {}}; }

}  // namespace

Status check_secret_request(const Json& request) {
  for (const auto& [key, value] : request.members()) {
    if (std::ranges::find(kKeys, key) == std::end(kKeys))
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("unknown key '{}' of the store of secrets{}", key, did_you_mean(key, kKeys)));
  }
  const int ways = request.contains("remember") + request.contains("names") + request.contains("recall");
  if (ways != 1)
    return fail(ErrorCode::kInvalidArgument, "the store of secrets is asked for one of remember, names and recall");
  if (request.contains("remember") && !request["set"].is_object())
    return fail(ErrorCode::kInvalidArgument, "'remember' needs 'set', a map of fields");
  if (request.contains("recall") && !request["fields"].is_array())
    return fail(ErrorCode::kInvalidArgument, "'recall' needs 'fields', a list of names");
  // A password comes into a record by a change that proves it, and leaves it by reference only.
  for (const auto& [field, value] : request["set"].members()) {
    if (is_password(field))
      return fail(ErrorCode::kInvalidArgument, "a password is not written by 'remember' but by 'changes_password'");
  }
  for (const Json& field : request["fields"].items()) {
    if (is_password(field.string_or_empty()))
      return fail(ErrorCode::kInvalidArgument, "'recall' gives no passwords: name it below 'secrets'");
  }
  return {};
}

Status SecretService::check(const Json& request) const { return check_secret_request(request); }

std::string SecretService::describe(const Json& request) const {
  for (const char* way : {"remember", "names", "recall"}) {
    if (request.contains(way)) return fmt::format("{} {}", way, request[way].string_or_empty());
  }
  return "";
}

Result<ServiceAnswer> SecretService::call(const ServiceCall& call, const std::stop_token&) {
  TRY(check_secret_request(call.request));
  const std::shared_ptr<VersionedSecretStore> store = TRY(store_());
  if (call.request.contains("remember")) return remember(*store, call.request);
  if (call.request.contains("recall")) return recall(*store, call.request);
  const Result<std::vector<std::string>> names = store->list(call.request["names"].string_or_empty());
  if (!names && names.error().code != ErrorCode::kNotFound) return fail(names.error());
  Json items = Json::array();
  if (names) items = Json::Array(names->begin(), names->end());
  return answer_of(Json::object({{"items", std::move(items)}}));
}

Result<ServiceAnswer> SecretService::remember(VersionedSecretStore& store, const Json& request) {
  const std::string& path = request["remember"].string_or_empty();
  for (int attempt = 0;; ++attempt) {
    SecretFields fields;
    int64_t version = VersionedSecretStore::kMustNotExist;
    const Result<SecretRecord> found = store.read(path);
    if (found) {
      fields = found->fields;
      version = found->version.version;
    } else if (found.error().code != ErrorCode::kNotFound) {
      return fail(found.error());
    }
    bool differs = false;
    for (const auto& [field, value] : request["set"].members()) {
      const std::string text = value.is_string() ? value.string_or_empty() : value.dump();
      const auto known = fields.find(field);
      if (known != fields.end() && known->second.reveal() == text) continue;
      fields[field] = Secret(text);
      differs = true;
    }
    if (!differs) return answer_of(Json::object({{"version", version}}));
    const Result<int64_t> written = store.write(path, fields, version);
    if (written) return answer_of(Json::object({{"version", *written}}));
    // Somebody else wrote in between: what he wrote stays.
    if (written.error().code != ErrorCode::kFailedPrecondition || attempt == kMostConflicts)
      return fail(written.error());
  }
}

Result<ServiceAnswer> SecretService::recall(VersionedSecretStore& store, const Json& request) {
  const Result<SecretRecord> found = store.read(request["recall"].string_or_empty());
  if (!found) {
    if (found.error().code != ErrorCode::kNotFound) return fail(found.error());
    return ServiceAnswer{
        .status = 404, .body = Json::object({{"message", "there is no such secret"}}), .text = {}, .headers = {}};
  }
  Json body = Json::object();
  for (const Json& field : request["fields"].items()) {
    const auto value = found->fields.find(field.string_or_empty());
    if (value != found->fields.end()) body.set(field.string_or_empty(), value->second.reveal());
  }
  Json has = Json::array();
  for (const auto& [field, value] : found->fields) has.push_back(field);
  body.set("has", std::move(has));
  return answer_of(std::move(body));
}

std::string SecretService::explain(const ServiceAnswer& answer) const {
  return fmt::format("{}: {}", answer.status, answer.body["message"].string_or_empty());
}

}  // namespace capstan::loop
