#include "loop/notify_routes.h"

#include <gtest/gtest.h>

#include "base/fake_http_client.h"

namespace capstan::loop {
namespace {

constexpr std::string_view kReference = "secret:chat#url";

// Holds a secret only from some moment on, as a Vault that is unsealed late.
class LateStore final : public SecretStore {
 public:
  Result<Secret> get(std::string_view reference) const override {
    if (!is_open) return fail(ErrorCode::kUnavailable, "the vault is sealed");
    EXPECT_EQ(reference, kReference);
    return Secret("http://chat.test/hook");
  }
  bool is_open = false;
};

class NotifyRoutesTest : public ::testing::Test {
 protected:
  std::vector<tell::Route> make() { return make_notify_routes(settings_, {secrets_, http_, clock_}, problems_); }

  static NotifySettings webhook() {
    NotifySettings wanted;
    wanted.kind = NotifySettings::Kind::kWebhook;
    wanted.name = "webhook";
    wanted.url_reference = kReference;
    wanted.at = {.file = "site.yaml", .line = 3};
    return wanted;
  }

  Settings settings_;
  LateStore secrets_;
  FakeHttpClient http_{[](const HttpRequest&) -> Result<HttpResponse> { return HttpResponse{.status = 200}; }};
  SystemClock clock_;
  std::vector<Error> problems_;
};

TEST_F(NotifyRoutesTest, GoToTheTerminalWhereNobodyConfiguresAny) {
  const std::vector<tell::Route> routes = make();
  ASSERT_EQ(routes.size(), 1u);
  EXPECT_EQ(routes[0].channel->name(), "console");
  EXPECT_TRUE(problems_.empty());
}

TEST_F(NotifyRoutesTest, AskAgainForASecretThatWasNotToBeHad) {
  settings_.notify = {webhook()};
  const std::vector<tell::Route> routes = make();
  ASSERT_EQ(problems_.size(), 1u);
  EXPECT_EQ(problems_[0].where.line, 3);
  ASSERT_EQ(routes.size(), 1u);

  const Message message{.id = "m1", .title = "disk full"};
  const Delivery early = routes[0].channel->send(message, "", {});
  ASSERT_FALSE(early.status);
  EXPECT_TRUE(early.retry);
  EXPECT_EQ(early.status.error().message, "the vault is sealed");
  EXPECT_TRUE(http_.requests().empty());

  secrets_.is_open = true;
  EXPECT_TRUE(routes[0].channel->send(message, "", {}).status);
  ASSERT_EQ(http_.requests().size(), 1u);
  EXPECT_EQ(http_.requests()[0].url, "http://chat.test/hook");
}

TEST_F(NotifyRoutesTest, LeaveOutAChannelThatLacksWhatNothingButAnEditGives) {
  NotifySettings wanted = webhook();
  wanted.kind = NotifySettings::Kind::kSlackApi;
  settings_.notify = {wanted};
  EXPECT_TRUE(make().empty());
  ASSERT_EQ(problems_.size(), 1u);
  EXPECT_EQ(problems_[0].message, "a slack channel needs 'token' here, or 'bot_token' under 'slack'");
}

}  // namespace
}  // namespace capstan::loop
