#include <fstream>
#include <sstream>

#include "serve/server_fixture.h"

namespace capstan::serve {
namespace {

class SessionTest : public ServerFixture {
 protected:
  Json session(std::string_view cookie) { return json(get("/capstan/v1/session", {{"Cookie", std::string(cookie)}})); }
  bool logged_in(std::string_view cookie) { return session(cookie)["authenticated"].bool_or(false); }
  HttpResponse make_user(std::string_view admin, std::string_view name, std::string_view password,
                         std::string_view role) {
    return post("/capstan/v1/users", Json::object({{"user", name}, {"password", password}, {"role", role}}),
                page(admin));
  }
};

TEST_F(SessionTest, TheSetupTokenMakesTheFirstAdministratorOnce) {
  EXPECT_EQ(session("")["setup_needed"], Json(true));
  const auto redeem = [&](std::string_view token, std::string_view user, std::string_view password) {
    return post("/capstan/v1/setup", Json::object({{"token", token}, {"user", user}, {"password", password}}));
  };
  const std::string token = server().setup_token();
  ASSERT_GE(token.size(), 43u);
  EXPECT_EQ(redeem("wrong", "alice", kPassword).status, 401);
  EXPECT_EQ(redeem(token, "alice", "short").status, 400);  // A mistake does not use it up.
  const HttpResponse made = redeem(token, "alice", kPassword);
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(json(made)["role"], Json("admin"));
  EXPECT_EQ(json(made)["setup_needed"], Json(false));
  EXPECT_TRUE(logged_in(cookie(made)));
  EXPECT_EQ(redeem(token, "mallory", kPassword).status, 409);
  restart();
  EXPECT_EQ(server().setup_token(), "");
}

TEST_F(SessionTest, AnOldSetupTokenIsWorthNothing) {
  const std::string old = server().setup_token();
  restart();
  EXPECT_NE(server().setup_token(), old);
  EXPECT_EQ(post("/capstan/v1/setup", Json::object({{"token", old}, {"user", "a"}, {"password", kPassword}})).status,
            401);
}

TEST_F(SessionTest, TheCookieIsOutOfReachOfScriptsAndOtherSites) {
  set_up();
  const std::string header(log_in("alice").header("Set-Cookie"));
  EXPECT_NE(header.find("HttpOnly"), std::string::npos) << header;
  EXPECT_NE(header.find("SameSite=Strict"), std::string::npos);
  EXPECT_EQ(header.find("Secure"), std::string::npos);
  options_.secure_cookie = true;
  restart();
  EXPECT_NE(log_in("alice").header("Set-Cookie").find("; Secure"), std::string_view::npos);
}

TEST_F(SessionTest, LogsInAndOut) {
  set_up();
  EXPECT_EQ(log_in("alice", "wrong password").status, 401);
  EXPECT_EQ(log_in("nobody").status, 401);
  EXPECT_EQ(message(log_in("alice", "wrong password")), message(log_in("nobody")));
  const std::string session_cookie = cookie(log_in("alice"));
  EXPECT_TRUE(logged_in(session_cookie));
  EXPECT_EQ(session(session_cookie)["user"], Json("alice"));
  EXPECT_EQ(send("POST", "/capstan/v1/logout", page(session_cookie)).status, 200);
  EXPECT_FALSE(logged_in(session_cookie));
}

TEST_F(SessionTest, SessionsSurviveARestart) {
  const std::string session_cookie = set_up();
  restart();
  EXPECT_TRUE(logged_in(session_cookie));
}

TEST_F(SessionTest, SessionsEndWhenTheyAreNotUsed) {
  options_.sessions = {.idle = std::chrono::hours(2), .absolute = std::chrono::hours(10)};
  const std::string used = set_up();
  const std::string unused = cookie(log_in("alice"));
  for (int hour = 0; hour < 3; ++hour) {
    clock_.advance(std::chrono::hours(1));
    EXPECT_TRUE(logged_in(used));
  }
  EXPECT_FALSE(logged_in(unused));
  restart();  // What was used last is remembered, too.
  EXPECT_TRUE(logged_in(used));
  EXPECT_FALSE(logged_in(unused));
}

TEST_F(SessionTest, SessionsEndHoweverMuchTheyAreUsed) {
  options_.sessions = {.idle = std::chrono::hours(2), .absolute = std::chrono::hours(10)};
  const std::string session_cookie = set_up();
  for (int hour = 0; hour < 10; ++hour) {
    EXPECT_TRUE(logged_in(session_cookie)) << hour;
    clock_.advance(std::chrono::hours(1));
  }
  clock_.advance(Duration(1));
  EXPECT_FALSE(logged_in(session_cookie));
}

TEST_F(SessionTest, AUserHasALimitedNumberOfSessions) {
  const auto users = UserStore::open(directory_, clock_, random_).value();
  ASSERT_TRUE(users->create_user("alice", kPassword, Role::kViewer));
  const std::string first = users->open_session("alice").value();
  std::string second;
  for (int i = 1; i <= 20; ++i) {
    clock_.advance(Duration(1000));
    const std::string id = users->open_session("alice").value();
    if (i == 1) second = id;
  }
  EXPECT_FALSE(users->use_session(first));
  EXPECT_TRUE(users->use_session(second));
}

TEST_F(SessionTest, SlowsDownWhoGuesses) {
  set_up();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(log_in("alice", "wrong password").status, 401) << i;
  const HttpResponse refused = log_in("alice");  // Even with the right password.
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  clock_.advance(Duration(1000));
  EXPECT_EQ(log_in("alice", "wrong password").status, 401);
  EXPECT_EQ(log_in("alice").header("Retry-After"), "2");
  clock_.advance(Duration(2000));
  EXPECT_EQ(log_in("alice").status, 200);
  EXPECT_EQ(log_in("alice", "wrong password").status, 401);  // Forgiven: no wait.
  EXPECT_EQ(log_in("alice").status, 200);
}

TEST_F(SessionTest, CountsTheAddressThatTheProxySaw) {
  set_up();
  const auto guess = [&](std::string_view forwarded, std::string_view password) {
    return post("/capstan/v1/login", Json::object({{"user", "alice"}, {"password", password}}),
                {{"X-Forwarded-For", std::string(forwarded)}})
        .status;
  };
  options_.secure_cookie = true;
  restart();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(guess(fmt::format("10.0.0.{}, 203.0.113.7", i), "wrong password"), 401) << i;
  EXPECT_EQ(guess("10.1.1.1 ,203.0.113.7 ", kPassword), 429);
  EXPECT_EQ(guess("203.0.113.8", kPassword), 200);
  EXPECT_EQ(log_in("alice").status, 200);
  options_.secure_cookie = false;
  restart();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(guess(fmt::format("203.0.113.{}", i), "wrong password"), 401) << i;
  EXPECT_EQ(guess("203.0.113.9", kPassword), 429) << "nobody says that there is a proxy";
}

TEST_F(SessionTest, ManagesUsers) {
  const std::string admin = set_up();
  EXPECT_EQ(make_user(admin, "bob", "bob's long password", "operator").status, 200);
  EXPECT_EQ(make_user(admin, "bob", "bob's long password", "operator").status, 409);
  EXPECT_EQ(make_user(admin, "carol", "short", "viewer").status, 400);
  EXPECT_EQ(make_user(admin, "carol", "carolcarolcarol", "viewer").status, 400);
  EXPECT_EQ(make_user(admin, "Ca rol", kPassword, "viewer").status, 400);
  EXPECT_EQ(json(get("/capstan/v1/users", page(admin)))["users"].items().size(), 2u);
  EXPECT_EQ(get("/capstan/v1/users", page(admin)).body.find("argon2"), std::string::npos);
  const std::string bob = cookie(log_in("bob", "bob's long password"));
  EXPECT_EQ(session(bob)["role"], Json("operator"));
  EXPECT_EQ(get("/capstan/v1/users", page(bob)).status, 403);
  EXPECT_EQ(send("DELETE", "/capstan/v1/users/bob", page(admin)).status, 200);
  EXPECT_FALSE(logged_in(bob));
  EXPECT_EQ(send("DELETE", "/capstan/v1/users/bob", page(admin)).status, 404);
}

TEST_F(SessionTest, TheLastAdministratorStays) {
  const std::string admin = set_up();
  EXPECT_EQ(send("DELETE", "/capstan/v1/users/alice", page(admin)).status, 409);
  EXPECT_EQ(make_user(admin, "bob", kPassword, "admin").status, 200);
  EXPECT_EQ(send("DELETE", "/capstan/v1/users/alice", page(admin)).status, 200);
}

TEST_F(SessionTest, TokensWorkUntilTheyAreDeletedAndAcrossRestarts) {
  const std::string admin = set_up();
  const std::string token = make_token(admin, "grafana", "viewer");
  EXPECT_TRUE(token.starts_with("cap_"));
  EXPECT_EQ(get("/capstan/v1/overview", bearer(token)).status, 200);
  restart();
  EXPECT_EQ(get("/capstan/v1/overview", bearer(token)).status, 200);
  EXPECT_EQ(get("/capstan/v1/overview", {{"Authorization", "bearer " + token}}).status, 200);
  EXPECT_EQ(get("/capstan/v1/overview", {{"Authorization", "Basic " + token}}).status, 401);
  EXPECT_EQ(get("/capstan/v1/tokens", page(admin)).body.find(token), std::string::npos);
  EXPECT_EQ(send("DELETE", "/capstan/v1/tokens/grafana", page(admin)).status, 200);
  EXPECT_EQ(get("/capstan/v1/overview", bearer(token)).status, 401);
}

TEST_F(SessionTest, AWrongTokenIsNotReplacedByAGoodCookie) {
  HttpHeaders headers = page(set_up());
  headers.emplace_back("Authorization", "Bearer cap_wrong");
  EXPECT_EQ(get("/capstan/v1/overview", headers).status, 401);
}

TEST_F(SessionTest, WritesFactsWithoutSecrets) {
  const std::string admin = set_up();
  make_token(admin, "grafana", "viewer");
  EXPECT_EQ(send("DELETE", "/capstan/v1/tokens/grafana", page(admin)).status, 200);
  const std::vector<NewFact> facts = control_.recorded();
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(facts[0].kind, "user.created");
  EXPECT_EQ(facts[0].subject, "user:alice");
  EXPECT_EQ(facts[0].body.dump(), R"({"name":"alice","role":"admin"})");
  EXPECT_EQ(facts[1].kind, "token.created");
  EXPECT_EQ(facts[1].body.dump(), R"({"name":"grafana","role":"viewer"})");
  EXPECT_EQ(facts[1].actor, "user:alice");
  EXPECT_EQ(facts[2].kind, "token.deleted");
  EXPECT_EQ(facts[2].subject, "token:grafana");
}

TEST_F(SessionTest, ATokenWhoseFactCannotBeWrittenIsNotMade) {
  const std::string admin = set_up();
  control_.set_record_result(fail(ErrorCode::kResourceExhausted, "the disk is full"));
  const HttpResponse refused =
      post("/capstan/v1/tokens", Json::object({{"name", "t"}, {"role", "viewer"}}), page(admin));
  EXPECT_NE(message(refused).find("disk is full"), std::string::npos) << refused.body;
  EXPECT_TRUE(json(get("/capstan/v1/tokens", page(admin)))["tokens"].items().empty());
}

TEST_F(SessionTest, KeepsNoSecretOnDiskAndTheFilesPrivate) {
  const std::string admin = set_up();
  const std::string token = make_token(admin, "grafana", "viewer");
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(0077), std::filesystem::perms::none)
        << entry.path();
    std::stringstream content;
    content << std::ifstream(entry.path()).rdbuf();
    for (const std::string& secret : {token, admin.substr(admin.find('=') + 1), std::string(kPassword)}) {
      EXPECT_EQ(content.str().find(secret), std::string::npos) << entry.path();
    }
  }
}

}  // namespace
}  // namespace capstan::serve
