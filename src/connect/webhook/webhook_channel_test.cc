#include "connect/webhook/webhook_channel.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/fake_http_client.h"

namespace capstan::webhook {
namespace {

class WebhookChannelTest : public ::testing::Test {
 protected:
  Delivery send(int status, const std::string& key = "") {
    start_crypto();
    http_ = std::make_unique<FakeHttpClient>([status](const HttpRequest&) { return HttpResponse{.status = status}; });
    Message message;
    message.id = "m1";
    message.title = "t";
    return WebhookChannel("hook", Secret("https://example.org/in?token=secret"), Secret(key), *http_, clock_)
        .send(message, "", {});
  }
  std::string header(std::string_view name) const {
    const std::vector<HttpRequest> requests = http_->requests();
    for (const auto& [key, value] : requests.front().headers) {
      if (key == name) return value;
    }
    return "";
  }

  VirtualClock clock_{from_unix_ms(1'700'000'000'000)};
  std::unique_ptr<FakeHttpClient> http_;
};

TEST_F(WebhookChannelTest, SendsTheMessageAsJsonWithAKeyForRepetitions) {
  EXPECT_TRUE(send(204).status);
  EXPECT_EQ(Json::parse(http_->requests().front().body).value()["title"].string_or_empty(), "t");
  EXPECT_EQ(header("Idempotency-Key"), "m1");
  EXPECT_EQ(header("X-Capstan-Signature"), "");
}

TEST_F(WebhookChannelTest, SignsTimeAndBody) {
  send(200, "key");
  const std::string body = http_->requests().front().body;
  EXPECT_EQ(header("X-Capstan-Timestamp"), "1700000000");
  EXPECT_EQ(header("X-Capstan-Signature"), "sha256=" + hex(hmac_sha256("key", "1700000000." + body)));
}

TEST_F(WebhookChannelTest, TriesAgainOnlyWhatMaySucceedLater) {
  EXPECT_TRUE(send(503).retry);
  EXPECT_TRUE(send(429).retry);
  EXPECT_FALSE(send(400).retry);
  EXPECT_EQ(send(400).status.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace capstan::webhook
