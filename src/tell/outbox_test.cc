#include "tell/outbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

namespace capstan::tell {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class FakeChannel final : public Channel {
 public:
  explicit FakeChannel(std::string name) : name_(std::move(name)) {}
  std::string_view name() const override { return name_; }
  bool can_revise() const override { return revises; }
  Delivery send(const Message& message, const std::string& thread, const std::stop_token&) override {
    sent.emplace_back(message.id, thread);
    replaced.push_back(message.replaces);
    titles.push_back(message.title);
    texts.push_back(message.text);
    return answer;
  }

  Delivery answer{.reference = "ref-1"};
  std::vector<std::pair<std::string, std::string>> sent;  // Message id, thread reference.
  std::vector<std::string> titles;
  std::vector<std::string> texts;
  std::vector<std::string> replaced;  // The references of what was revised; "" for a message of its own.
  bool revises = false;

 private:
  std::string name_;
};

class FactList final : public FactSink {
 public:
  Result<std::vector<Seq>> append(std::span<const NewFact> news) override {
    if (broken) return fail(ErrorCode::kResourceExhausted, "the disk is full");
    std::vector<Seq> seqs;
    for (const NewFact& fact : news) {
      seqs.push_back(all.size() + 1);
      all.push_back({seqs.back(), fact.at, fact.kind, fact.subject, fact.body, fact.cause, fact.actor});
    }
    return seqs;
  }
  size_t count(std::string_view kind) const { return static_cast<size_t>(std::ranges::count(all, kind, &Fact::kind)); }

  std::vector<Fact> all;
  bool broken = false;
};

// Work waits in a list until the test runs it, so that every order can be made.
class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() { outbox_ = make(); }

  std::unique_ptr<Outbox> make() {
    auto outbox = std::make_unique<Outbox>(
        Outbox::Options{},
        [this](std::function<void(const std::stop_token&)> work) {
          work_.push_back(std::move(work));
          return true;
        },
        [this](Attempt attempt) { attempts_.push_back(std::move(attempt)); });
    configure(*outbox);
    return outbox;
  }
  void configure(Outbox& outbox) { outbox.set_routes({{channel_, Severity::kInfo}, {pager_, Severity::kHigh}}); }
  // Runs what was started and hands the ends back.
  void deliver() {
    for (auto& work : std::exchange(work_, {})) work({});
    for (const Attempt& attempt : std::exchange(attempts_, {})) ASSERT_TRUE(outbox_->finished(attempt, now_, facts_));
  }
  static Draft message(const std::string& id, Severity severity = Severity::kLow) {
    Draft message;
    message.id = id;
    message.thread = "t";
    message.severity = severity;
    message.title = id;
    return message;
  }

  std::shared_ptr<FakeChannel> channel_ = std::make_shared<FakeChannel>("chat");
  std::shared_ptr<FakeChannel> pager_ = std::make_shared<FakeChannel>("pager");
  FactList facts_;
  Time now_ = from_unix_ms(1'800'000'000'000);
  std::vector<std::function<void(const std::stop_token&)>> work_;
  std::vector<Attempt> attempts_;
  std::unique_ptr<Outbox> outbox_;
};

TEST_F(OutboxTest, SendsInOrderAndKeepsThreadsTogether) {
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  ASSERT_TRUE(outbox_->queue(message("b"), now_, facts_));
  deliver();
  deliver();
  ASSERT_EQ(channel_->sent.size(), 2u);
  EXPECT_EQ(channel_->sent[0], std::pair(std::string("a"), std::string()));
  EXPECT_EQ(channel_->sent[1], std::pair(std::string("b"), std::string("ref-1")));
  EXPECT_EQ(facts_.count(fact_kind::kMessageSent), 2u);
}

TEST_F(OutboxTest, SendsEachChannelOnlyWhatIsSevereEnough) {
  ASSERT_TRUE(outbox_->queue(message("low"), now_, facts_));
  ASSERT_TRUE(outbox_->queue(message("high", Severity::kHigh), now_, facts_));
  deliver();
  deliver();
  EXPECT_EQ(channel_->sent.size(), 2u);
  EXPECT_EQ(pager_->sent.size(), 1u);
}

TEST_F(OutboxTest, QueuesTheSameMessageOnce) {
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  deliver();
  deliver();
  EXPECT_EQ(channel_->sent.size(), 1u);
}

TEST_F(OutboxTest, TriesAgainWithGrowingWaits) {
  channel_->answer = {.status = fail(ErrorCode::kUnavailable, "down"), .retry = true};
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  deliver();
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_TRUE(work_.empty()) << "not before the wait is over";
  now_ += seconds(1);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  deliver();
  EXPECT_EQ(channel_->sent.size(), 2u);
  now_ += seconds(1);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_TRUE(work_.empty()) << "the second wait is longer";
  EXPECT_EQ(outbox_->channels()[0].error, "down");
  channel_->answer = {};
  now_ += seconds(1);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  deliver();
  EXPECT_EQ(channel_->sent.size(), 3u);
  EXPECT_EQ(facts_.count(fact_kind::kMessageSent), 1u);
}

TEST_F(OutboxTest, WaitsAsLongAsItIsAskedTo) {
  channel_->answer = {
      .status = fail(ErrorCode::kResourceExhausted, "slow down"), .retry = true, .retry_after = seconds(30)};
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  deliver();
  now_ += seconds(29);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_TRUE(work_.empty());
  now_ += seconds(1);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_EQ(work_.size(), 1u);
}

TEST_F(OutboxTest, WaitsForTenMinutesWhereItIsAskedTo) {
  channel_->answer = {
      .status = fail(ErrorCode::kResourceExhausted, "slow down"), .retry = true, .retry_after = seconds(600)};
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  deliver();
  now_ += seconds(599);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_TRUE(work_.empty());
  now_ -= hours(5);  // The clock is set back: nobody waits for five hours.
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_EQ(work_.size(), 1u);
}

TEST_F(OutboxTest, SaysWhenItGivesUp) {
  channel_->answer = {.status = fail(ErrorCode::kInvalidArgument, "invalid_blocks"), .retry = false};
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  deliver();
  EXPECT_EQ(facts_.count(fact_kind::kMessageFailed), 1u);
  channel_->answer = {.status = fail(ErrorCode::kUnavailable, "down"), .retry = true};
  ASSERT_TRUE(outbox_->queue(message("b"), now_, facts_));
  now_ += hours(25);
  deliver();
  EXPECT_EQ(facts_.count(fact_kind::kMessageFailed), 2u);
}

TEST_F(OutboxTest, SendsAfterARestartWhatWasNotSent) {
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  deliver();
  ASSERT_TRUE(outbox_->queue(message("b"), now_, facts_));
  work_.clear();  // The process dies with "b" on its way.
  outbox_ = make();
  outbox_->restore(facts_.all);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  deliver();
  ASSERT_EQ(channel_->sent.size(), 2u);
  EXPECT_EQ(channel_->sent[1], std::pair(std::string("b"), std::string("ref-1"))) << "in the same thread as before";
  outbox_ = make();
  outbox_->restore(facts_.all);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_TRUE(work_.empty());
}

// The channels are read after the ledger, and the ledger in parts.
TEST_F(OutboxTest, RemembersWhatWaitsBeforeItsChannelsAreKnown) {
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  ASSERT_TRUE(outbox_->queue(message("b"), now_, facts_));
  deliver();
  work_.clear();
  outbox_ = std::make_unique<Outbox>(
      Outbox::Options{},
      [this](std::function<void(const std::stop_token&)> work) {
        work_.push_back(std::move(work));
        return true;
      },
      [this](Attempt attempt) { attempts_.push_back(std::move(attempt)); });
  for (const Fact& fact : facts_.all) outbox_->restore(std::span(&fact, 1));
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_TRUE(work_.empty());
  configure(*outbox_);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  deliver();
  ASSERT_EQ(channel_->sent.size(), 2u);
  EXPECT_EQ(channel_->sent[1], std::pair(std::string("b"), std::string("ref-1")));
}

TEST_F(OutboxTest, KeepsWhatWaitsForAChannelThatIsAwayForAWhile) {
  channel_->answer = {.status = fail(ErrorCode::kUnavailable, "down"), .retry = true};
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  deliver();
  outbox_->set_routes({});
  ASSERT_TRUE(outbox_->queue(message("b"), now_, facts_)) << "nobody is to be told";
  channel_->answer = {};
  configure(*outbox_);
  now_ += seconds(5);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  deliver();
  EXPECT_EQ(channel_->sent.size(), 2u) << "one failure, one success";
  ASSERT_TRUE(outbox_->queue(message("c"), now_, facts_));
  work_.clear();
  outbox_ = make();
  outbox_->restore(facts_.all);
  outbox_->set_routes({});
  now_ += hours(25);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_EQ(facts_.count(fact_kind::kMessageFailed), 1u) << "it says that the message is given up";
}

TEST_F(OutboxTest, KeepsAMessageWhoseEndCannotBeWrittenDown) {
  ASSERT_TRUE(outbox_->queue(message("a"), now_, facts_));
  work_[0]({});
  facts_.broken = true;
  EXPECT_FALSE(outbox_->finished(attempts_[0], now_, facts_));
  EXPECT_EQ(outbox_->channels()[0].waiting, 1u);
  work_.clear();
  now_ += hours(1);
  EXPECT_FALSE(outbox_->tick(now_, facts_));
  EXPECT_TRUE(work_.empty()) << "what has been sent is not sent again";
  facts_.broken = false;
  EXPECT_TRUE(outbox_->tick(now_, facts_));
  EXPECT_EQ(facts_.count(fact_kind::kMessageSent), 1u);
  EXPECT_EQ(outbox_->channels()[0].waiting, 0u);
}

TEST_F(OutboxTest, GivesUpTheOldestWhenTooManyWait) {
  for (int i = 0; i < 1'100; ++i) ASSERT_TRUE(outbox_->queue(message("m" + std::to_string(i)), now_, facts_));
  EXPECT_EQ(outbox_->channels()[0].waiting, 1'000u);
  EXPECT_EQ(facts_.count(fact_kind::kMessageFailed), 100u);
  deliver();
  EXPECT_EQ(channel_->sent[0].first, "m0") << "what is on its way is not given up";
}

// Many incidents of one rule.
class FloodTest : public OutboxTest {
 protected:
  static Draft incident(int number, const std::string& what = "opened") {
    Draft draft = message("inc-" + std::to_string(number) + ":" + what);
    draft.thread = "incident:inc-" + std::to_string(number);
    draft.alike = Words::phrase("digest." + what, {{"rule", "DiskFull"}});
    return draft;
  }
  void flood(int count) {
    for (int i = 1; i <= count; ++i) ASSERT_TRUE(outbox_->queue(incident(i), now_, facts_));
  }
  // Until nothing more is on its way.
  void deliver_all() {
    while (!work_.empty()) deliver();
  }
  void pass(Duration time) {
    now_ += time;
    ASSERT_TRUE(outbox_->tick(now_, facts_));
    deliver_all();
  }
  // The messages that somebody was told of, alone or with others, and how often.
  std::map<std::string, int> told() const {
    std::map<std::string, int> all;
    for (const Fact& fact : facts_.all) {
      if (fact.kind == fact_kind::kMessageSent) ++all[fact.subject];
    }
    return all;
  }
};

TEST_F(FloodTest, TellsTheFirstFewAtOnceAndTheRestAsOne) {
  flood(300);
  deliver_all();
  EXPECT_EQ(channel_->sent.size(), 3u);
  pass(seconds(59));
  EXPECT_EQ(channel_->sent.size(), 3u);
  pass(seconds(1));
  ASSERT_EQ(channel_->sent.size(), 4u);
  EXPECT_EQ(channel_->titles[3], "297 more incidents of the rule DiskFull");
  EXPECT_NE(channel_->texts[3].find("inc-4:opened\n"), std::string::npos);
  EXPECT_NE(channel_->texts[3].find("and 287 more"), std::string::npos);
  EXPECT_EQ(told().size(), 300u);
  for (const auto& [id, times] : told()) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(outbox_->channels()[0].waiting, 0u);
}

TEST_F(FloodTest, TellsOfOthersMeanwhile) {
  flood(10);
  deliver_all();
  ASSERT_TRUE(outbox_->queue(message("another"), now_, facts_));
  deliver_all();
  EXPECT_EQ(channel_->sent.back().first, "another");
}

TEST_F(FloodTest, IsOneThoughEachDeliveryTakesTime) {
  flood(50);
  while (!work_.empty()) {
    now_ += std::chrono::milliseconds(700);
    deliver();
  }
  EXPECT_EQ(channel_->sent.size(), 3u);
  pass(seconds(60));
  ASSERT_EQ(channel_->sent.size(), 4u);
  EXPECT_EQ(channel_->titles[3], "47 more incidents of the rule DiskFull");
}

TEST_F(FloodTest, GoesOnAsDigestsAndThenEndsBeingOne) {
  flood(5);
  deliver_all();
  pass(seconds(60));
  EXPECT_EQ(channel_->sent.size(), 4u);
  ASSERT_TRUE(outbox_->queue(incident(100), now_ + seconds(1), facts_));
  ASSERT_TRUE(outbox_->queue(incident(101), now_ + seconds(1), facts_));
  pass(seconds(30));
  EXPECT_EQ(channel_->sent.size(), 4u) << "it has not ended";
  pass(seconds(30));
  EXPECT_EQ(channel_->titles.back(), "2 more incidents of the rule DiskFull");
  now_ += seconds(61);
  ASSERT_TRUE(outbox_->queue(incident(102), now_, facts_));
  deliver_all();
  EXPECT_EQ(channel_->titles.back(), "inc-102:opened") << "one on its own is told at once";
}

TEST_F(FloodTest, TellsHowAnIncidentEndedAfterItHasToldOfIt) {
  flood(5);
  deliver_all();
  ASSERT_TRUE(outbox_->queue(incident(5, "closed"), now_, facts_));
  deliver_all();
  EXPECT_EQ(channel_->sent.size(), 3u);
  pass(seconds(60));
  ASSERT_EQ(channel_->sent.size(), 5u);
  EXPECT_EQ(channel_->titles[3], "2 more incidents of the rule DiskFull");
  EXPECT_EQ(channel_->sent[4], std::pair(std::string("inc-5:closed"), std::string("ref-1")))
      << "in the digest's thread";
}

TEST_F(FloodTest, LosesNothingInACrash) {
  flood(20);
  deliver_all();
  now_ += seconds(60);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  work_.clear();  // The process dies with the digest on its way.
  outbox_ = make();
  outbox_->restore(facts_.all);
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  deliver_all();
  pass(seconds(60));
  EXPECT_EQ(told().size(), 20u);
}

TEST_F(FloodTest, TriesADigestAgainWithWhatHasComeSince) {
  flood(5);
  deliver_all();
  channel_->answer = {.status = fail(ErrorCode::kUnavailable, "down"), .retry = true};
  pass(seconds(60));
  EXPECT_EQ(outbox_->channels()[0].waiting, 2u);
  ASSERT_TRUE(outbox_->queue(incident(6), now_, facts_));
  channel_->answer = {.reference = "ref-2"};
  pass(seconds(1));
  EXPECT_EQ(channel_->titles.back(), "3 more incidents of the rule DiskFull");
  EXPECT_EQ(told().size(), 6u);
}

TEST_F(FloodTest, TellsEachWhereThatIsWanted) {
  outbox_->set_routes({{channel_, Severity::kInfo, Language::kKorean, Duration(0)}});
  flood(10);
  deliver_all();
  EXPECT_EQ(channel_->sent.size(), 10u);
}

TEST_F(FloodTest, SpeaksTheChannelsLanguage) {
  outbox_->set_routes({{channel_, Severity::kInfo, Language::kKorean}});
  flood(5);
  deliver_all();
  pass(seconds(60));
  EXPECT_EQ(channel_->titles.back(), "규칙 DiskFull: 인시던트 2건 추가 발생");
}

// A message with a button that decides, and its revision.
Draft to_decide() {
  Draft draft;
  draft.id = "plan-1:waiting";
  draft.title = "To be approved";
  draft.buttons = {{"Approve", "", "approve", "hash plan-1"}};
  return draft;
}
Draft revised(const std::string& id = "plan-1:revised:1") {
  Draft draft = to_decide();
  draft.id = id;
  draft.title = "Approved";
  draft.buttons.clear();
  draft.revises = "plan-1:waiting";
  return draft;
}

TEST_F(OutboxTest, PutsARevisionInThePlaceOfItsMessage) {
  channel_->revises = true;
  ASSERT_TRUE(outbox_->queue(to_decide(), now_, facts_));
  ASSERT_TRUE(outbox_->queue(revised(), now_, facts_)) << "before the message has arrived";
  deliver();
  deliver();
  EXPECT_EQ(channel_->titles, (std::vector<std::string>{"To be approved", "Approved"}));
  EXPECT_EQ(channel_->replaced, (std::vector<std::string>{"", "ref-1"}));
}

TEST_F(OutboxTest, RevisesAfterARestartWhatWasPostedBefore) {
  channel_->revises = true;
  ASSERT_TRUE(outbox_->queue(to_decide(), now_, facts_));
  deliver();
  outbox_ = make();
  outbox_->restore(facts_.all);
  ASSERT_TRUE(outbox_->queue(revised(), now_, facts_));
  deliver();
  EXPECT_EQ(channel_->replaced, (std::vector<std::string>{"", "ref-1"})) << "and not posted twice";
}

TEST_F(OutboxTest, SendsNoRevisionWhereNothingCanBeRevised) {
  ASSERT_TRUE(outbox_->queue(to_decide(), now_, facts_));
  deliver();
  ASSERT_TRUE(outbox_->queue(revised(), now_, facts_));
  deliver();
  EXPECT_EQ(channel_->sent.size(), 1u) << "this channel cannot";
  EXPECT_EQ(facts_.count(fact_kind::kMessageQueued), 1u);
}

TEST_F(OutboxTest, DropsTheRevisionOfWhatDidNotArrive) {
  channel_->revises = true;
  channel_->answer = {.status = fail(ErrorCode::kInvalidArgument, "too long"), .retry = false};
  ASSERT_TRUE(outbox_->queue(to_decide(), now_, facts_));
  ASSERT_TRUE(outbox_->queue(revised(), now_, facts_));
  deliver();
  ASSERT_TRUE(outbox_->tick(now_, facts_));
  deliver();
  EXPECT_EQ(channel_->sent.size(), 1u);
  EXPECT_EQ(facts_.count(fact_kind::kMessageFailed), 2u);
  channel_->answer = {.reference = "ref-2"};
  ASSERT_TRUE(outbox_->queue(message("next"), now_, facts_));
  deliver();
  EXPECT_EQ(channel_->sent.size(), 2u) << "what comes after it is not held up";
}

}  // namespace
}  // namespace capstan::tell
