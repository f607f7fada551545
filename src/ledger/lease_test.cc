#include "ledger/lease.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "ledger/fake_shared_store.h"
#include "ledger/lease_watch.h"

namespace capstan::ledger {
namespace {

constexpr Duration kSecond{1'000};

class LeaseTest : public testing::Test {
 protected:
  VirtualClock clock_{from_unix_ms(1'000'000)};
  FakeShared shared_{clock_};
  FakeSharedStore store_a_{shared_}, store_b_{shared_};
  Lease a_{store_a_, clock_, {}}, b_{store_b_, clock_, {}};

  bool take(Lease& lease, const char* holder) {
    const Result<bool> taken = lease.take({.node = holder, .page = "", .holder = holder});
    return taken && *taken;
  }
};

TEST_F(LeaseTest, OneLeadsAndTheOtherDoesNot) {
  EXPECT_TRUE(take(a_, "a"));
  EXPECT_FALSE(take(b_, "b"));
  EXPECT_TRUE(a_.held());
  EXPECT_FALSE(b_.held());
}

TEST_F(LeaseTest, NobodyHoldsWhatWasNeverTaken) {
  EXPECT_FALSE(a_.held());
  EXPECT_EQ(a_.loss(), "");
}

TEST_F(LeaseTest, AsLongAsItIsRenewedTheOtherWaits) {
  ASSERT_TRUE(take(a_, "a"));
  for (int i = 0; i < 100; ++i) {
    clock_.advance(kSecond);
    a_.renew_when_due();
    ASSERT_TRUE(a_.held());
    ASSERT_FALSE(take(b_, "b"));
  }
}

TEST_F(LeaseTest, WhoCannotRenewStopsActingBeforeAnotherLeads) {
  ASSERT_TRUE(take(a_, "a"));
  store_a_.cut = true;
  int both_idle = 0;
  for (int tenth = 0; tenth < 200 && !b_.held(); ++tenth) {
    clock_.advance(kSecond / 10);
    a_.renew_when_due();
    if (!a_.held()) ++both_idle;
    (void)take(b_, "b");
    ASSERT_FALSE(a_.held() && b_.held());
  }
  EXPECT_TRUE(b_.held());
  EXPECT_EQ(b_.tenure().epoch, 2);
  EXPECT_GE(both_idle, 30) << "what is under way needs its three seconds";
  EXPECT_EQ(a_.loss(), "it could not be renewed: the network is cut");
}

TEST_F(LeaseTest, AShortCutIsNoLoss) {
  ASSERT_TRUE(take(a_, "a"));
  for (int i = 0; i < 60; ++i) {
    store_a_.cut = i % 10 < 4;
    clock_.advance(kSecond);
    a_.renew_when_due();
    ASSERT_TRUE(a_.held()) << i;
  }
}

TEST_F(LeaseTest, WhoWasFrozenKnowsAtOnceAndNothingBringsItBack) {
  ASSERT_TRUE(take(a_, "a"));
  clock_.advance(60 * kSecond);
  EXPECT_FALSE(a_.held());
  a_.renew_when_due();
  EXPECT_FALSE(a_.held());
  ASSERT_TRUE(take(b_, "b"));
  a_.renew_when_due();
  EXPECT_FALSE(a_.held());
}

TEST_F(LeaseTest, WhoWasSuspendedKnowsAtOnce) {
  ASSERT_TRUE(take(a_, "a"));
  clock_.sleep(60 * kSecond);
  EXPECT_FALSE(a_.held());
  a_.renew_when_due();
  EXPECT_FALSE(a_.held());
  shared_.until = Duration(0);  // The database has not slept.
  EXPECT_TRUE(take(b_, "b"));
}

TEST_F(LeaseTest, TheClockOnTheWallDoesNotMatter) {
  ASSERT_TRUE(take(a_, "a"));
  clock_.jump_to(from_unix_ms(9'000'000'000));
  EXPECT_TRUE(a_.held());
  clock_.jump_to(from_unix_ms(0));
  EXPECT_TRUE(a_.held());
  EXPECT_FALSE(take(b_, "b"));
}

TEST_F(LeaseTest, WhatIsGivenBackIsFreeAtOnce) {
  ASSERT_TRUE(take(a_, "a"));
  ASSERT_TRUE(a_.release());
  EXPECT_FALSE(a_.held());
  EXPECT_TRUE(take(b_, "b"));
}

TEST_F(LeaseTest, ARefusedRenewalIsALossThoughTimeWasLeft) {
  ASSERT_TRUE(take(a_, "a"));
  // The database was set back to before this lease, and another node took it with the same epoch.
  shared_.standing.holder = "b";
  clock_.advance(3 * kSecond);
  a_.renew_when_due();
  EXPECT_FALSE(a_.held());
  EXPECT_NE(a_.loss(), "");
}

TEST_F(LeaseTest, TheWatchSaysOnceWhenItIsLost) {
  ASSERT_TRUE(take(a_, "a"));
  std::atomic<int> times = 0;
  std::promise<void> lost;
  const LeaseWatch watch(a_, clock_, [&] {
    if (++times == 1) lost.set_value();
  });
  EXPECT_TRUE(a_.held());
  clock_.advance(60 * kSecond);
  ASSERT_EQ(lost.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace capstan::ledger
