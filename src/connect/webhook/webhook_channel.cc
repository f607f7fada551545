#include "connect/webhook/webhook_channel.h"

#include <fmt/format.h>

#include "base/crypto.h"

namespace capstan::webhook {

Delivery WebhookChannel::send(const Message& message, const std::string&, const std::stop_token& stop) {
  HttpRequest request;
  request.method = "POST";
  request.url = url_.reveal();
  request.body = message.to_json().dump();
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", message.id}};
  request.max_response_bytes = 1 << 20;
  if (!key_.empty()) {
    const std::string timestamp = std::to_string(to_unix_ms(clock_.now()) / 1000);
    request.headers.emplace_back("X-Capstan-Timestamp", timestamp);
    request.headers.emplace_back("X-Capstan-Signature",
                                 "sha256=" + hex(hmac_sha256(key_.reveal(), timestamp + "." + request.body)));
  }
  const auto response = http_.send(request, stop);
  if (!response)
    return {.status = fail(response.error()), .retry = response.error().code != ErrorCode::kInvalidArgument};
  if (response->ok()) return {};
  // These say that the message itself is not taken. All else may be set right meanwhile: a token, a route, a proxy.
  const bool never =
      response->status == 400 || response->status == 413 || response->status == 415 || response->status == 422;
  return {.status = fail(ErrorCode::kUnavailable,
                         fmt::format("{} answers with status {}", http_origin(request.url), response->status)),
          .retry = !never};
}

}  // namespace capstan::webhook
