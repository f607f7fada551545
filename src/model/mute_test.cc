#include "model/mute.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

using std::chrono::hours;
const Time kNow = from_unix_ms(1'767'225'600'000);

Mute wanted() {
  return {.id = "mute-1",
          .finding = "",
          .rule = "Lonely",
          .resource = "",
          .cluster = "",
          .space = "shop",
          .reason = "moving",
          .by = "user:alice",
          .at = kNow,
          .until = kNow + hours(1)};
}

TEST(Mute, IsAFactThatIsReadBackAsItWas) {
  const Result<NewFact> fact = mute_fact(wanted(), kNow);
  ASSERT_TRUE(fact);
  const Mute read = Mute::from_fact({.seq = 1,
                                     .at = fact->at,
                                     .kind = fact->kind,
                                     .subject = fact->subject,
                                     .body = fact->body,
                                     .cause = 0,
                                     .actor = fact->actor});
  EXPECT_EQ(read.to_json(), wanted().to_json());
}

TEST(Mute, EndsByItself) {
  EXPECT_TRUE(wanted().active(kNow + hours(1) - Duration(1)));
  EXPECT_FALSE(wanted().active(kNow + hours(1)));
}

TEST(Mute, CoversWhatIsAllThatItNames) {
  EXPECT_TRUE(wanted().names("f1", "Lonely", "k8s_service/prod/shop/web"));
  EXPECT_FALSE(wanted().names("f1", "Other", "k8s_service/prod/shop/web"));
  EXPECT_TRUE(wanted().lies_at({.cluster = "prod", .space = "shop", .name = "web"}));
  EXPECT_FALSE(wanted().lies_at({.cluster = "prod", .space = "bank", .name = "web"}));
  Mute one = wanted();
  one.finding = "f2";
  EXPECT_FALSE(one.names("f1", "Lonely", ""));
}

TEST(Mute, IsRefusedWithoutAnAimAReasonOrAnEnd) {
  for (const auto& spoil :
       {+[](Mute& mute) { mute.rule = ""; }, +[](Mute& mute) { mute.reason = ""; },
        +[](Mute& mute) { mute.until = kNow; }, +[](Mute& mute) { mute.until = kNow + kLongestMute + Duration(1); },
        +[](Mute& mute) { mute.reason = std::string(3'000, 'x'); }}) {
    Mute mute = wanted();
    spoil(mute);
    EXPECT_FALSE(mute_fact(mute, kNow));
  }
}

}  // namespace
}  // namespace capstan
