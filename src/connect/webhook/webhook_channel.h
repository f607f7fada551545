// Messages as JSON to any URL, signed where the other side wants to know who sends.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/http_client.h"
#include "model/message.h"
#include "model/secret.h"

namespace capstan::webhook {

// POSTs the message's JSON form (docs/reference/settings.md). With a key it adds `X-Capstan-Timestamp` (Unix seconds)
// and `X-Capstan-Signature: sha256=<hex>`, the HMAC-SHA256 of "<timestamp>.<body>"; the receiver should refuse old
// timestamps. Every attempt at a message carries the same `Idempotency-Key`.
class WebhookChannel final : public Channel {
 public:
  WebhookChannel(std::string name, Secret url, Secret key, HttpClient& http, const Clock& clock)
      : name_(std::move(name)), url_(std::move(url)), key_(std::move(key)), http_(http), clock_(clock) {}

  std::string_view name() const override { return name_; }
  Delivery send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) override;

 private:
  std::string name_;
  Secret url_;
  Secret key_;
  HttpClient& http_;
  const Clock& clock_;
};

}  // namespace capstan::webhook
