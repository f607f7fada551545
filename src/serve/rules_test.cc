// The small rules: names and passwords, throttling, hosts, routes.
#include <gtest/gtest.h>

#include "serve/host_check.h"
#include "serve/login_throttle.h"
#include "serve/password_rules.h"
#include "serve/route.h"

namespace capstan::serve {
namespace {

TEST(PasswordRules, CountsCharactersNotBytes) {
  EXPECT_FALSE(check_password("a", "비밀번호"));  // 12 bytes, 4 characters.
  EXPECT_TRUE(check_password("a", "비밀번호비밀번호비밀번호"));
  EXPECT_FALSE(check_password("a", "elevenchars"));
  EXPECT_TRUE(check_password("a", "twelve chars"));
  EXPECT_FALSE(check_password("a", std::string(1025, 'x')));
}

TEST(PasswordRules, RefusesTheUsersName) {
  EXPECT_FALSE(check_password("administrator", "Administrator"));
  EXPECT_FALSE(check_password("alice", "alicealicealice"));
  EXPECT_TRUE(check_password("alice", "alice in wonderland"));
}

TEST(PasswordRules, KnowsNames) {
  for (const char* good : {"alice", "a", "0", "a.b-c_d", "grafana2"}) EXPECT_TRUE(check_name("user", good)) << good;
  for (const char* bad : {"", "Alice", ".a", "-a", "a b", "a/b", "a\n", "é"})
    EXPECT_FALSE(check_name("user", bad)) << bad;
  EXPECT_FALSE(check_name("user", std::string(65, 'a')));
}

class LoginThrottleTest : public testing::Test {
 protected:
  using Outcome = LoginThrottle::Outcome;
  // How long the attempt has to wait; when it need not, it ends so.
  Duration attempt(std::string_view user, std::string_view address, Outcome outcome = Outcome::kWrong) {
    const Duration wait = throttle_.begin(user, address);
    if (wait == Duration(0)) throttle_.end(user, address, outcome);
    return wait;
  }
  // How many attempts need not wait.
  int admitted(std::string_view user, std::string_view address) {
    int count = 0;
    while (attempt(user, address) == Duration(0)) ++count;
    return count;
  }

  VirtualClock clock_{from_unix_ms(0)};
  LoginThrottle throttle_{clock_};
};

TEST_F(LoginThrottleTest, MakesAnAddressWaitTwiceAsLongEachTimeUpToALimit) {
  for (int i = 0; i < 6; ++i) EXPECT_EQ(attempt("user" + std::to_string(i), "a"), Duration(0));
  Duration expected(1000);
  for (int i = 0; i < 15; ++i) {
    const Duration wait = attempt("x", "a");
    EXPECT_EQ(wait, std::min(expected, Duration(900'000)));
    clock_.advance(wait);
    EXPECT_EQ(attempt("y" + std::to_string(i), "a"), Duration(0));
    expected *= 2;
  }
  EXPECT_EQ(attempt("x", "another"), Duration(0));
}

TEST_F(LoginThrottleTest, SlowsAttacksOnOneUserFromManyAddressesButNeverLocksOut) {
  int tried = 0;
  for (int address = 0; address < 1000; ++address) {
    const Duration wait = attempt("alice", "a" + std::to_string(address));
    EXPECT_LE(wait, Duration(30'000));
    if (wait == Duration(0)) ++tried;
  }
  EXPECT_EQ(tried, 11);
}

TEST_F(LoginThrottleTest, ForgetsAfterAnHour) {
  EXPECT_EQ(admitted("u", "a"), 6);
  clock_.advance(std::chrono::hours(1) + Duration(1));
  EXPECT_EQ(admitted("u", "a"), 6);
}

TEST_F(LoginThrottleTest, CountsAttemptsThatAreStillUnderWay) {
  int begun = 0;
  for (int i = 0; i < 100; ++i) begun += throttle_.begin("u", "a") == Duration(0) ? 1 : 0;
  EXPECT_EQ(begun, 6);
  for (int i = 0; i < 6; ++i) throttle_.end("u", "a", Outcome::kNotTried);
  EXPECT_EQ(admitted("u", "a"), 6) << "what was not tried is not counted";
}

TEST_F(LoginThrottleTest, LetsNobodyClearAnAddressWithAnAccountOfTheirOwn) {
  int guesses = 0;
  for (int i = 0; i < 100; ++i) {
    for (int guess = 0; guess < 2; ++guess)
      guesses += attempt("u" + std::to_string(guesses), "a") == Duration(0) ? 1 : 0;
    attempt("mallory", "a", Outcome::kRight);
  }
  EXPECT_LT(guesses, 10);
}

TEST_F(LoginThrottleTest, ForgivesAPersonWhoFindsTheRightPassword) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(attempt("alice", "a"), Duration(0));
  EXPECT_EQ(attempt("alice", "a", Outcome::kRight), Duration(0));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(attempt("alice", "a"), Duration(0));
}

TEST(HostCheck, BeyondLoopbackTakesAnyNameUnlessSomeAreGiven) {
  EXPECT_TRUE(HostCheck({}).accepts("10.0.0.5:9280", false));
  EXPECT_FALSE(HostCheck({}).accepts("10.0.0.5:9280", true));
  EXPECT_FALSE(HostCheck({"capstan.example"}).accepts("10.0.0.5", false));
  EXPECT_TRUE(HostCheck({"capstan.example"}).accepts("capstan.example:80", false));
  EXPECT_FALSE(HostCheck({"capstan.example"}).accepts("localhost", false));
  EXPECT_FALSE(HostCheck({}).accepts("", true));
  EXPECT_FALSE(HostCheck({}).accepts("localhost:", false) && HostCheck({}).accepts("evil", true));
}

Route route(std::string_view method, std::string_view pattern) {
  return {method, pattern, Access::kPublic, false, Body::kNone, {}};
}

TEST(Router, FindsByMethodAndPath) {
  const Router router({route("GET", "/a"), route("POST", "/a"), route("POST", "/a/{}/b"), route("GET", "/{*}")});
  EXPECT_EQ(router.find("HEAD", {"a"}).route, &router.routes()[0]);
  EXPECT_EQ(router.find("POST", {"a"}).route, &router.routes()[1]);
  const Router::Match match = router.find("POST", {"a", "x/y", "b"});
  EXPECT_EQ(match.route, &router.routes()[2]);
  EXPECT_EQ(match.captures, (std::vector<std::string>{"x/y"}));
  EXPECT_EQ(router.find("GET", {"other", "path"}).route, &router.routes()[3]);
  EXPECT_EQ(router.find("GET", {}).route, &router.routes()[3]);
}

TEST(Router, TellsTheMethodsOfAPath) {
  const Router router({route("GET", "/a"), route("POST", "/a"), route("POST", "/b"), route("GET", "/{*}")});
  EXPECT_EQ(router.find("DELETE", {"a"}).route, nullptr);
  EXPECT_EQ(router.find("DELETE", {"a"}).allowed, "GET, POST");
  EXPECT_EQ(router.find("GET", {"b"}).route, nullptr);  // Not the page.
  EXPECT_EQ(router.find("GET", {"b"}).allowed, "POST");
  EXPECT_EQ(router.find("POST", {"c"}).allowed, "");
  EXPECT_EQ(router.find("POST", {"a", "", "b"}).route, nullptr);
}

}  // namespace
}  // namespace capstan::serve
