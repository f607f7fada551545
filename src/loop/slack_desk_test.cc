#include "loop/slack_desk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "base/crypto.h"
#include "base/http_server.h"

namespace capstan::loop {
namespace {

using testing::HasSubstr;

// Slack's end: where answers go.
class Answers final : public HttpHandler {
 public:
  std::expected<size_t, HttpServerResponse> admit(const HttpServerRequest&) override { return 1 << 20; }
  HttpServerResponse handle(const HttpServerRequest& request) override {
    const std::lock_guard lock(mutex_);
    bodies_.push_back(request.body);
    came_.notify_all();
    return {.status = 200, .headers = {}, .body = "ok"};
  }
  HttpServerResponse refuse(int status, std::string_view) override {
    return {.status = status, .headers = {}, .body = ""};
  }
  // The first one; "" when none comes for a long time.
  std::string first() {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, std::chrono::seconds(30), [&] { return !bodies_.empty(); });
    return bodies_.empty() ? "" : bodies_.front();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::string> bodies_;
};

class Secrets final : public SecretStore {
 public:
  Result<Secret> get(std::string_view reference) const override { return Secret(std::string(reference)); }
};

class SlackDeskTest : public testing::Test {
 protected:
  SlackDeskTest() {
    server_ = HttpServer::start({.listen = {"127.0.0.1:0"}}, answers_).value();
    desk_.set_handler([this](const ChatRequest&) {
      std::unique_lock lock(mutex_);
      free_.wait(lock, [&] { return is_free_; });
      ++taken_;
      return ChatAnswer{};
    });
    SlackSettings settings;
    settings.signing_secret = "signing";
    settings.api_url = origin() + "/api";
    EXPECT_TRUE(desk_.apply(settings));
  }
  ~SlackDeskTest() override {
    release();
    desk_.stop();
  }

  std::string origin() const { return "http://" + server_->addresses().front(); }
  void release() {
    const std::lock_guard lock(mutex_);
    is_free_ = true;
    free_.notify_all();
  }
  // As Slack posts it.
  Status press(int number) {
    const Json payload = Json::object(
        {{"type", "block_actions"},
         {"user", Json::object({{"id", "U1"}})},
         {"trigger_id", fmt::format("trigger-{}", number)},
         {"response_url", origin() + "/answer"},
         {"actions", Json::Array{Json::object({{"action_id", "capstan-approve"}, {"value", "hash plan-1"}})}}});
    std::string body = "payload=";
    for (const char c : payload.dump()) body += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    const std::string time = std::to_string(to_unix_ms(clock_.now()) / 1000);
    const std::string signature = "v0=" + hex(hmac_sha256("signing", "v0:" + time + ":" + body));
    return desk_.deliver("interactive", time, signature, body);
  }

  Answers answers_;
  std::unique_ptr<HttpServer> server_;
  CurlHttpClient http_;
  VirtualClock clock_{from_unix_ms(1'000'000'000)};
  SeededRandom random_{1};
  Secrets secrets_;
  std::mutex mutex_;
  std::condition_variable free_;
  bool is_free_ = false;
  int taken_ = 0;
  SlackDesk desk_{{.http = http_, .clock = clock_, .random = random_, .secrets = secrets_, .report = [](auto) {}}};
};

TEST_F(SlackDeskTest, WhoeverPressesWhenTooMuchIsAskedReadsThatItWasNotTaken) {
  int pressed = 0;
  Status last;
  // Two are being answered, and a hundred wait.
  while (last && pressed < 200) last = press(++pressed);
  ASSERT_FALSE(last) << "there is a limit";
  EXPECT_EQ(last.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(answers_.first(), HasSubstr("That was not taken"));
  EXPECT_THAT(answers_.first(), HasSubstr("ephemeral"));
}

}  // namespace
}  // namespace capstan::loop
