#include "connect/slack/request_check.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace capstan::slack {
namespace {

// The example of Slack's documentation.
constexpr std::string_view kSecret = "8f742231b10e8888abcd99yyyzzz85a5";
constexpr std::string_view kTimestamp = "1531420618";
constexpr std::string_view kSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
constexpr std::string_view kBody =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
    "foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks."
    "slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
    "803a0bc887a14d10d2c447fce8b6703c";

class RequestCheckTest : public ::testing::Test {
 protected:
  void SetUp() override { start_crypto(); }
  Status check(std::string_view timestamp, std::string_view signature, std::string_view body = kBody) {
    return check_.check(Secret(std::string(kSecret)), timestamp, signature, body);
  }
  static std::string sign(std::string_view timestamp, std::string_view body) {
    return "v0=" + hex(hmac_sha256(kSecret, "v0:" + std::string(timestamp) + ":" + std::string(body)));
  }

  VirtualClock clock_{from_unix_ms(1'531'420'600'000)};
  RequestCheck check_{clock_};
};

TEST_F(RequestCheckTest, TakesWhatSlackSignedOnce) {
  EXPECT_TRUE(check(kTimestamp, kSignature));
  EXPECT_EQ(check(kTimestamp, kSignature).error().code, ErrorCode::kAlreadyExists);
  clock_.advance(std::chrono::seconds(310));
  EXPECT_EQ(check(kTimestamp, kSignature).error().code, ErrorCode::kAlreadyExists) << "the last second of the window";
}

TEST_F(RequestCheckTest, RefusesWhatWasChanged) {
  EXPECT_EQ(check(kTimestamp, kSignature, std::string(kBody) + "&user_id=U1").error().code,
            ErrorCode::kUnauthenticated);
  EXPECT_EQ(check("1531420619", kSignature).error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(check(kTimestamp, "").error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(check(kTimestamp, kSignature.substr(3)).error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(check_.check(Secret(), kTimestamp, kSignature, kBody).error().code, ErrorCode::kUnauthenticated);
  EXPECT_TRUE(check(kTimestamp, kSignature)) << "what was refused is not remembered";
}

TEST_F(RequestCheckTest, RefusesWhatIsOldOrOfTheFuture) {
  EXPECT_FALSE(check("1531420919", sign("1531420919", "x"), "x")) << "more than five minutes ahead";
  clock_.advance(std::chrono::seconds(320));
  EXPECT_EQ(check(kTimestamp, kSignature).error().code, ErrorCode::kUnauthenticated);
  EXPECT_FALSE(check("", sign("", "x"), "x"));
  EXPECT_FALSE(check("12x", sign("12x", "x"), "x"));
}

// After a restart nobody remembers what was taken.
TEST_F(RequestCheckTest, RefusesWhatWasSentBeforeItWasThere) {
  ASSERT_TRUE(check(kTimestamp, kSignature));
  clock_.advance(std::chrono::seconds(30));
  RequestCheck restarted(clock_);
  EXPECT_FALSE(restarted.check(Secret(std::string(kSecret)), kTimestamp, kSignature, kBody));
}

TEST(SeenBefore, ForgetsAfterAWhileAndAtItsLimit) {
  VirtualClock clock(from_unix_ms(0));
  SeenBefore seen(clock, std::chrono::seconds(10), 3);
  EXPECT_TRUE(seen.first_time("a"));
  EXPECT_FALSE(seen.first_time("a"));
  clock.advance(std::chrono::seconds(11));
  EXPECT_TRUE(seen.first_time("a"));
  for (const char* key : {"b", "c", "d"}) EXPECT_TRUE(seen.first_time(key));
  EXPECT_TRUE(seen.first_time("a")) << "three are remembered";
}

}  // namespace
}  // namespace capstan::slack
