#include "connect/vault/vault_session.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "connect/vault/test_vault.h"

namespace capstan::vault {
namespace {

using std::chrono::seconds;

constexpr const char* kLogin = "POST auth/approle/login";
constexpr const char* kRenew = "POST auth/token/renew-self";
constexpr const char* kLook = "GET auth/token/lookup-self";
const VaultCall kCall{.path = "some/secret"};

std::string login(std::string_view token, int ttl, bool renewable = true) {
  return Json::object(
             {{"auth", Json::object({{"client_token", token}, {"lease_duration", ttl}, {"renewable", renewable}})}})
      .dump();
}

class VaultSessionTest : public testing::Test, protected TestVault {
 protected:
  void SetUp() override {
    references.values = {{"env:ROLE", "role-id-1"}, {"env:SECRET", "secret-id-1"}, {"env:TOKEN", "s.token-1"}};
    says("GET some/secret", 200, R"({"data":{}})");
    says(kLogin, 200, login("s.first", 300));
  }
  VaultAuth app_role() const {
    return {.kind = VaultAuth::Kind::kAppRole,
            .mount = "approle",
            .role_id_reference = "env:ROLE",
            .secret_id_reference = "env:SECRET"};
  }
  std::string token_of_last_call() const { return header(http.requests().size() - 1, "X-Vault-Token"); }
};

TEST_F(VaultSessionTest, LogsInOnceAndUsesTheToken) {
  VaultSession session(client, app_role(), references, clock);
  ASSERT_TRUE(session.ask(kCall));
  ASSERT_TRUE(session.ask(kCall));
  EXPECT_EQ(calls(), (std::vector<std::string>{kLogin, "GET some/secret", "GET some/secret"}));
  EXPECT_EQ(http.requests()[0].body, R"({"role_id":"role-id-1","secret_id":"secret-id-1"})");
  EXPECT_EQ(token_of_last_call(), "s.first");
  EXPECT_EQ(header(1, "X-Vault-Namespace"), "team");
  EXPECT_TRUE(heard.contains("s.first"));
}

TEST_F(VaultSessionTest, RenewsWhenTwoThirdsAreOverAndLogsInAnewWhenTheTokenIsOld) {
  VaultSession session(client, app_role(), references, clock);
  ASSERT_TRUE(session.maintain());
  says(kRenew, 200, login("s.first", 300));
  says(kRenew, 200, login("s.first", 100));
  clock.advance(seconds(199));
  ASSERT_TRUE(session.maintain());
  EXPECT_EQ(count(kRenew), 0u);
  clock.advance(seconds(1));
  ASSERT_TRUE(session.maintain());
  EXPECT_EQ(count(kRenew), 1u);
  forgets(kLogin);
  says(kLogin, 200, login("s.second", 300));
  clock.advance(seconds(200));
  ASSERT_TRUE(session.ask(kCall));
  EXPECT_EQ(count(kRenew), 2u);
  EXPECT_EQ(token_of_last_call(), "s.second");
}

TEST_F(VaultSessionTest, UsesATokenToItsEndWhileTheVaultCannotBeReachedAndThenSaysSo) {
  VaultSession session(client, app_role(), references, clock);
  ASSERT_TRUE(session.maintain());
  says(kRenew, 0, "connection refused");
  clock.advance(seconds(250));
  EXPECT_TRUE(session.ask(kCall));
  EXPECT_EQ(token_of_last_call(), "s.first");
  forgets(kLogin);
  says(kLogin, 503, R"({"errors":["Vault is sealed"]})");
  clock.advance(seconds(60));
  const Error error = session.ask(kCall).error();
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message, "logging in: Vault at https://vault.test:8200: Vault is sealed (status 503)");
}

TEST_F(VaultSessionTest, DoesNotTryALoginThatFailedAtOnceAgain) {
  forgets(kLogin);
  says(kLogin, 400, R"({"errors":["invalid role or secret ID"]})");
  VaultSession session(client, app_role(), references, clock);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(session.ask(kCall).error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(count(kLogin), 1u);
  for (int i = 0; i < 100; ++i) {
    clock.advance(seconds(1));
    EXPECT_FALSE(session.ask(kCall));
  }
  EXPECT_LE(count(kLogin), 10u);
}

TEST_F(VaultSessionTest, ReplacesATokenThatIsGoneButNotOneThatMayNot) {
  VaultSession session(client, app_role(), references, clock);
  ASSERT_TRUE(session.ask(kCall));
  forgets(kLogin);
  says(kLogin, 200, login("s.second", 300));
  says(kLook, 200, R"({"data":{}})");
  forgets("GET some/secret");
  says("GET some/secret", 403, R"({"errors":["permission denied"]})");
  EXPECT_EQ(session.ask(kCall).error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(count(kLogin), 1u);
  forgets(kLook);
  says(kLook, 403, R"({"errors":["permission denied"]})");
  forgets("GET some/secret");
  says("GET some/secret", 403, R"({"errors":["permission denied"]})");
  says("GET some/secret", 200, R"({"data":{}})");
  EXPECT_TRUE(session.ask(kCall));
  EXPECT_EQ(token_of_last_call(), "s.second");
}

TEST_F(VaultSessionTest, TakesATokenAsItIsAndRenewsIt) {
  says(kLook, 200, R"({"data":{"ttl":300,"renewable":true}})");
  says(kRenew, 200, login("s.token-1", 300));
  VaultSession session(client, {.token_reference = "env:TOKEN"}, references, clock);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(session.maintain());
    clock.advance(seconds(200));
  }
  EXPECT_EQ(count(kRenew), 9u);
  EXPECT_EQ(count(kLook), 1u);
}

TEST_F(VaultSessionTest, LogsInWithAJwtThatIsReadAnewEachTime) {
  references.values["file:/jwt"] = "jwt-1";
  says("POST auth/kubernetes/login", 200, login("s.pod", 60, false));
  VaultSession session(
      client,
      {.kind = VaultAuth::Kind::kKubernetes, .mount = "kubernetes", .role = "capstan", .token_reference = "file:/jwt"},
      references, clock);
  ASSERT_TRUE(session.maintain());
  EXPECT_EQ(last_body(), R"({"jwt":"jwt-1","role":"capstan"})");
  references.values["file:/jwt"] = "jwt-2";
  clock.advance(seconds(45));
  ASSERT_TRUE(session.maintain());
  EXPECT_EQ(last_body(), R"({"jwt":"jwt-2","role":"capstan"})");
}

TEST_F(VaultSessionTest, OpensAWrappedSecretIdOnceAndOnlyOneThatTheRoleMade) {
  VaultAuth auth = app_role();
  auth.wrapped = true;
  says("POST sys/wrapping/lookup", 200, R"({"data":{"creation_path":"auth/approle/role/capstan/secret-id"}})");
  says("POST sys/wrapping/unwrap", 200, R"({"data":{"secret_id":"real-secret-id"}})");
  VaultSession session(client, auth, references, clock);
  ASSERT_TRUE(session.maintain());
  EXPECT_EQ(last_body(), R"({"role_id":"role-id-1","secret_id":"real-secret-id"})");
  clock.advance(seconds(400));
  ASSERT_TRUE(session.maintain());
  EXPECT_EQ(count(kLogin), 2u);
  EXPECT_EQ(count("POST sys/wrapping/unwrap"), 1u);
  EXPECT_TRUE(heard.contains("real-secret-id"));

  forgets("POST sys/wrapping/lookup");
  says("POST sys/wrapping/lookup", 200, R"({"data":{"creation_path":"cubbyhole/mine"}})");
  VaultSession fooled(client, auth, references, clock);
  EXPECT_EQ(fooled.maintain().error().code, ErrorCode::kUnauthenticated);
  forgets("POST sys/wrapping/lookup");
  says("POST sys/wrapping/lookup", 400, R"({"errors":["wrapping token is not valid or does not exist"]})");
  VaultSession robbed(client, auth, references, clock);
  EXPECT_NE(robbed.maintain().error().message.find("somebody has used it"), std::string::npos);
}

TEST_F(VaultSessionTest, RepeatsNothingThatItSent) {
  forgets(kLogin);
  says(kLogin, 400, R"({"errors":["cannot use secret-id-1 of role-id-1","line\nbreak"]})");
  VaultSession session(client, app_role(), references, clock);
  EXPECT_EQ(session.maintain().error().message,
            "logging in: Vault at https://vault.test:8200: cannot use *** of ***; line break (status 400)");
}

TEST(VaultAnswer, ToldByItsStatusWhatToDo) {
  const auto code = [](int status, std::string body) {
    return read_answer({.status = status, .headers = {}, .body = std::move(body)}).error().code;
  };
  for (const int status : {307, 412, 429, 472, 473, 500, 502, 503}) {
    EXPECT_EQ(code(status, ""), ErrorCode::kUnavailable) << status;
  }
  EXPECT_EQ(code(403, R"({"errors":["permission denied"]})"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code(404, R"({"errors":[]})"), ErrorCode::kNotFound);
  EXPECT_EQ(code(400, R"({"errors":["bad"]})"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(405, R"({"errors":["unsupported operation"]})"), ErrorCode::kUnimplemented);
  EXPECT_EQ(code(200, "<html>"), ErrorCode::kCorrupt);
  EXPECT_EQ(code(418, "<html>"), ErrorCode::kCorrupt);
  EXPECT_TRUE(read_answer({.status = 204, .headers = {}, .body = ""}));
}

}  // namespace
}  // namespace capstan::vault
