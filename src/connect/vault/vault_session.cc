#include "connect/vault/vault_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace capstan::vault {
namespace {

// A login that failed is not tried at once by everybody who wants something.
constexpr Duration kFirstPause{1'000};
constexpr Duration kLongestPause{30'000};
// A token is not used in its last moments: the call might arrive too late.
constexpr Duration kMargin{2'000};

}  // namespace

VaultSession::VaultSession(const VaultClient& client, VaultAuth auth, const SecretStore& references, const Clock& clock)
    : client_(client), auth_(std::move(auth)), references_(references), clock_(clock) {}

Result<VaultAnswer> VaultSession::ask(const VaultCall& call) {
  const Secret used = TRY(token());
  Result<VaultAnswer> answer = client_.ask(call, used);
  if (answer || answer.error().code != ErrorCode::kPermissionDenied || is_known(used)) return answer;
  return client_.ask(call, TRY(token_after(used)));
}

Status VaultSession::maintain() {
  TRY(token());
  return {};
}

// A refusal may be about what was asked, or about the token.
bool VaultSession::is_known(const Secret& token) {
  const auto looked = client_.ask({.path = "auth/token/lookup-self"}, token);
  return looked || looked.error().code != ErrorCode::kPermissionDenied;
}

Result<Secret> VaultSession::token() {
  std::lock_guard lock(mutex_);
  return usable_token();
}

Result<Secret> VaultSession::token_after(const Secret& refused) {
  std::lock_guard lock(mutex_);
  // Somebody else may have noticed and logged in meanwhile.
  if (token_ && token_->value.reveal() == refused.reveal()) token_.reset();
  return usable_token();
}

Result<Secret> VaultSession::usable_token() {
  const Duration now = clock_.monotonic();
  if (token_ && token_->ends && now + kMargin >= *token_->ends) token_.reset();
  if (token_ && token_->renew && now >= *token_->renew) {
    const Status renewed = renew();
    // What cannot be renewed is good until its end.
    if (!renewed) log::warning("vault", "cannot renew the token: " + renewed.error().message);
  }
  if (!token_) TRY(log_in());
  return token_->value;
}

Status VaultSession::log_in() {
  const Duration now = clock_.monotonic();
  if (failure_ && now < retry_) return fail(*failure_);
  Result<VaultLogin> login = auth_.kind == VaultAuth::Kind::kToken     ? log_in_by_token()
                             : auth_.kind == VaultAuth::Kind::kAppRole ? log_in_by_app_role()
                                                                       : log_in_by_role();
  if (!login) {
    Error error = login.error();
    const bool refused = error.code == ErrorCode::kPermissionDenied || error.code == ErrorCode::kInvalidArgument;
    if (refused) error.code = ErrorCode::kUnauthenticated;
    error.message = "logging in: " + error.message;
    note_failure(error);
    return fail(std::move(error));
  }
  failure_.reset();
  pause_ = Duration(0);
  take(*login, login->ttl);
  return {};
}

void VaultSession::note_failure(const Error& error) {
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  failure_ = error;
  retry_ = clock_.monotonic() + pause_;
}

void VaultSession::take(const VaultLogin& login, Duration first_ttl) {
  Token token{.value = login.token, .ends = {}, .renew = {}, .first_ttl = first_ttl, .renewable = login.renewable};
  if (login.ttl > Duration(0)) {
    const Duration now = clock_.monotonic();
    token.ends = now + login.ttl;
    if (login.renewable || auth_.kind != VaultAuth::Kind::kToken) token.renew = now + login.ttl * 2 / 3;
  }
  token_ = std::move(token);
}

Result<VaultLogin> VaultSession::log_in_by_token() {
  Secret token = TRY(references_.get(auth_.token_reference));
  const VaultAnswer looked = TRY(client_.ask({.path = "auth/token/lookup-self"}, token));
  const Duration ttl = std::chrono::seconds(std::max<int64_t>(looked.data["ttl"].int_or(0), 0));
  return VaultLogin{std::move(token), ttl, looked.data["renewable"].bool_or(false)};
}

Result<VaultLogin> VaultSession::log_in_by_app_role() {
  Json body = Json::object({{"role_id", TRY(references_.get(auth_.role_id_reference)).reveal()}});
  if (!auth_.secret_id_reference.empty()) {
    Secret secret_id = TRY(references_.get(auth_.secret_id_reference));
    if (auth_.wrapped) secret_id = TRY(unwrap(secret_id));
    body.set("secret_id", secret_id.reveal());
  }
  return log_in_with(std::move(body));
}

Result<VaultLogin> VaultSession::log_in_by_role() {
  const Secret jwt = TRY(references_.get(auth_.token_reference));
  return log_in_with(Json::object({{"role", auth_.role}, {"jwt", jwt.reveal()}}));
}

Result<VaultLogin> VaultSession::log_in_with(Json body) {
  VaultAnswer answer = TRY(client_.ask(
      {.method = "POST", .path = fmt::format("auth/{}/login", encode_path(auth_.mount)), .body = std::move(body)},
      Secret()));
  if (!answer.login) return fail(ErrorCode::kCorrupt, "the Vault answered a login without a token");
  return *std::move(answer.login);
}

// Good for one use, so what was in it is kept as long as the reference gives the same wrapping token.
Result<Secret> VaultSession::unwrap(const Secret& wrapping) {
  if (unwrapped_from_ == wrapping.reveal()) return unwrapped_;
  const auto looked = client_.ask(
      {.method = "POST", .path = "sys/wrapping/lookup", .body = Json::object({{"token", wrapping.reveal()}})},
      Secret());
  if (!looked) {
    if (looked.error().code == ErrorCode::kUnavailable) return fail(looked.error());
    return fail(ErrorCode::kUnauthenticated,
                "the wrapped secret-id cannot be opened: it has expired, or somebody has used it. If it was none of "
                "yours, it was stolen");
  }
  // Somebody who stole it may have put a wrapping token of their own in its place.
  const std::string expected = fmt::format("auth/{}/role/", auth_.mount);
  const std::string& made_at = looked->data["creation_path"].string_or_empty();
  if (!made_at.starts_with(expected) || !made_at.ends_with("/secret-id")) {
    return fail(ErrorCode::kUnauthenticated,
                fmt::format("the wrapped secret-id was not made by the AppRole at '{}'", auth_.mount));
  }
  const VaultAnswer answer =
      TRY(client_.ask({.method = "POST", .path = "sys/wrapping/unwrap", .body = Json::object()}, wrapping));
  const std::string& secret_id = answer.data["secret_id"].string_or_empty();
  if (secret_id.empty()) return fail(ErrorCode::kUnauthenticated, "there is no secret-id in the wrapping token");
  client_.hear(secret_id);
  unwrapped_from_ = wrapping.reveal();
  unwrapped_ = Secret(secret_id);
  return unwrapped_;
}

// With less than half of the first time granted the token nears its largest age: a new login is due.
Status VaultSession::renew() {
  const Duration now = clock_.monotonic();
  token_->renew = now + std::max(kFirstPause, (*token_->ends - now) / 3);
  const bool can_log_in = auth_.kind != VaultAuth::Kind::kToken;
  if (token_->renewable) {
    const auto renewed =
        client_.ask({.method = "POST", .path = "auth/token/renew-self", .body = Json::object()}, token_->value);
    if (!renewed && (!can_log_in || renewed.error().code == ErrorCode::kUnavailable)) return fail(renewed.error());
    if (renewed && renewed->login && (!can_log_in || renewed->login->ttl * 2 >= token_->first_ttl)) {
      const Duration first_ttl = token_->first_ttl;
      take(*renewed->login, first_ttl);
      return {};
    }
  }
  return can_log_in ? log_in() : Status();
}

}  // namespace capstan::vault
