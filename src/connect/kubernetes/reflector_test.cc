#include "connect/kubernetes/reflector.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/fake_http_streamer.h"
#include "connect/kubernetes/recording_sink.h"

namespace capstan::kubernetes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Lines = std::vector<std::string>;

std::string object(const std::string& name, int version) {
  return fmt::format(R"({{"metadata":{{"name":"{}","resourceVersion":"{}","managedFields":[{{"x":1}}]}}}})", name,
                     version);
}
std::string list(const std::string& items, int version, const std::string& next = "") {
  return fmt::format(R"({{"kind":"PodList","metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
                     version, next, items);
}
std::string event(const std::string& type, const std::string& object) {
  return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object);
}
std::string status(int code, const std::string& reason, const std::string& more = "") {
  return fmt::format(R"({{"kind":"Status","status":"Failure","message":"no luck","reason":"{}","code":{}{}}})", reason,
                     code, more);
}

class ReflectorTest : public testing::Test {
 protected:
  ReflectorTest() {
    type_.version = "v1";
    type_.plural = "pods";
    type_.kind = "Pod";
    type_.verbs = {"get", "list", "watch"};
    ClusterAccess access;
    access.server = "https://api";
    access.token = "s3cret";
    credentials_ = std::make_unique<Credentials>(access, Environment{}, clock_);
  }
  ~ReflectorTest() override {
    if (reflector_) reflector_->stop();
  }

  void start() {
    reflector_ = std::make_shared<Reflector>(Reflector::Parts{.lists = streamer_,
                                                              .watches = streamer_,
                                                              .executor =
                                                                  [this](std::function<void()> work) {
                                                                    if (work_.size() >= room_) return false;
                                                                    work_.push_back(std::move(work));
                                                                    return true;
                                                                  },
                                                              .credentials = *credentials_,
                                                              .clock = clock_,
                                                              .random = random_,
                                                              .sink = sink_},
                                             type_, options_);
    tick();
  }
  void settle() {
    while (!work_.empty()) {
      const auto work = std::move(work_.front());
      work_.pop_front();
      work();
    }
  }
  void tick() {
    reflector_->tick();
    settle();
  }
  void pass(Duration time) {
    clock_.advance(time);
    tick();
  }

  // What the API server does with the last request.
  std::shared_ptr<FakeHttpStreamer::Call> last() { return streamer_.call(streamer_.count() - 1); }
  std::string url() { return last()->request.url; }
  void head(int code, HttpHeaders headers = {}) {
    last()->handler->on_head({code, std::move(headers), ""});
    settle();
  }
  bool send(std::string_view text) {
    const bool taken = last()->handler->on_chunk(text);
    settle();
    return taken;
  }
  void end(Status how = {}) {
    const auto call = last();
    call->handler->on_end(std::move(how));
    settle();
  }
  void answer(int code, std::string_view body, HttpHeaders headers = {}) {
    const auto call = last();
    call->handler->on_head({code, std::move(headers), ""});
    call->handler->on_chunk(body);
    call->handler->on_end({});
    settle();
  }
  // As far as a watch from version 7 that has been answered.
  void start_watching() {
    start();
    answer(200, list(object("a", 5), 7));
    head(200);
    sink_.take();
  }

  ResourceType type_;
  ReflectorOptions options_;
  VirtualClock clock_{from_unix_ms(1'700'000'000'000)};
  SeededRandom random_{1};
  FakeHttpStreamer streamer_;
  RecordingSink sink_;
  std::unique_ptr<Credentials> credentials_;
  std::deque<std::function<void()>> work_;
  size_t room_ = 100;
  std::shared_ptr<Reflector> reflector_;
};

TEST_F(ReflectorTest, ListsThenWatchesFromThere) {
  start();
  EXPECT_EQ(url(), "https://api/api/v1/pods?limit=500");
  EXPECT_EQ(last()->request.bearer_token, "s3cret");
  answer(200, list(object("a", 5) + "," + object("b", 6), 7));
  EXPECT_THAT(sink_.take(), ElementsAre("listing pods", "page pods a@5 b@6", "listed pods", "state pods ok"));
  EXPECT_THAT(url(), HasSubstr("/api/v1/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds="));
  EXPECT_THAT(url(), HasSubstr("&resourceVersion=7"));
  head(200);
  send(event("ADDED", object("c", 8)) + event("MODIFIED", object("a", 9)) + event("DELETED", object("b", 10)));
  EXPECT_THAT(sink_.take(), ElementsAre("changed pods c@8", "changed pods a@9", "deleted pods b@10"));
}

TEST_F(ReflectorTest, GivesObjectsWithTheirTypeAndWithoutManagedFields) {
  start_watching();
  send(event("ADDED", object("c", 8)));
  EXPECT_EQ(sink_.last().dump(), R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"c","resourceVersion":"8"}})");
}

TEST_F(ReflectorTest, GivesTheKeysOfSecretsAndNeverTheirValues) {
  type_.plural = "secrets";
  type_.kind = "Secret";
  start_watching();
  send(event("ADDED",
             R"({"data":{"password":"aHVudGVyMg=="},"stringData":"hunter2","type":"Opaque","metadata":{"name":"s",)"
             R"("resourceVersion":"8","annotations":{"a":"b",)"
             R"("kubectl.kubernetes.io/last-applied-configuration":"hunter2"}}})"));
  EXPECT_EQ(
      sink_.last().dump(),
      R"({"apiVersion":"v1","data":{"password":"***"},"kind":"Secret","metadata":{"annotations":{"a":"b"},"name":"s",)"
      R"("resourceVersion":"8"},"stringData":{},"type":"Opaque"})");
}

TEST_F(ReflectorTest, ReadsPageAfterPage) {
  start();
  answer(200, list(object("a", 1), 7, "tok en"));
  EXPECT_EQ(url(), "https://api/api/v1/pods?limit=500&continue=tok%20en");
  answer(200, list(object("b", 2), 7));
  EXPECT_THAT(sink_.take(),
              ElementsAre("listing pods", "page pods a@1", "page pods b@2", "listed pods", "state pods ok"));
}

TEST_F(ReflectorTest, ReadsAnswersHoweverTheyAreCut) {
  start();
  head(200);
  for (const char c : list(object("a", 1) + "," + object("b", 2), 7)) send({&c, 1});
  end();
  head(200);
  for (const char c : event("ADDED", object("c", 8))) send({&c, 1});
  EXPECT_THAT(sink_.take(), ElementsAre("listing pods", "page pods a@1", "page pods b@2", "listed pods",
                                        "state pods ok", "changed pods c@8"));
}

TEST_F(ReflectorTest, GoesOnWhereAWatchEnded) {
  start_watching();
  send(event("ADDED", object("c", 8)));
  end();
  pass(Duration(100));
  EXPECT_THAT(url(), HasSubstr("&resourceVersion=8"));
  EXPECT_THAT(sink_.take(), ElementsAre("changed pods c@8"));
}

TEST_F(ReflectorTest, GoesOnWhereAWatchWasCutOffWithinAnEvent) {
  start_watching();
  send(event("ADDED", object("c", 8)) + R"({"type":"ADDED","object":{"meta)");
  end(fail(ErrorCode::kCorrupt, "cut off"));
  pass(Duration(100));
  EXPECT_THAT(url(), HasSubstr("&resourceVersion=8"));
  head(200);
  send(event("ADDED", object("d", 9)));
  EXPECT_THAT(sink_.take(), ElementsAre("changed pods c@8", "changed pods d@9"));
}

TEST_F(ReflectorTest, GoesOnFromABookmark) {
  start_watching();
  send(event("BOOKMARK", object("", 42)));
  EXPECT_THAT(sink_.take(), IsEmpty());
  EXPECT_EQ(last()->request.idle_limit, Duration(0));
  end();
  pass(Duration(100));
  EXPECT_THAT(url(), HasSubstr("&resourceVersion=42"));
  EXPECT_EQ(last()->request.idle_limit, options_.bookmark_limit);  // A server that sends them is missed when silent.
}

TEST_F(ReflectorTest, ListsAnewWhenItsVersionIsGone) {
  for (const bool as_event : {false, true}) {
    start_watching();
    send(event("ADDED", object("c", 8)));
    if (as_event) {
      send(event("ERROR", status(410, "Expired")));
    } else {
      end();
      pass(Duration(2'000));
      answer(410, status(410, "Gone"));
    }
    sink_.take();
    pass(Duration(100));
    EXPECT_EQ(url(), "https://api/api/v1/pods?limit=500");
    head(200);
    EXPECT_THAT(sink_.take(), ElementsAre("listing pods"));
    reflector_->stop();
  }
}

TEST_F(ReflectorTest, ListsAllAtOnceWhenTooMuchHappensWhileItReadsPages) {
  start();
  answer(200, list(object("a", 1), 7));
  answer(410, status(410, "Expired"));
  pass(Duration(100));
  EXPECT_EQ(url(), "https://api/api/v1/pods?resourceVersion=7&resourceVersionMatch=NotOlderThan");
  answer(200, list(object("b", 8), 9));
  EXPECT_THAT(url(), HasSubstr("&resourceVersion=9"));
  head(200);
  send(event("ADDED", object("c", 10)) + event("ERROR", status(410, "Expired")));
  pass(Duration(100));
  EXPECT_EQ(url(), "https://api/api/v1/pods?limit=500");  // That was another time.
}

TEST_F(ReflectorTest, ReadsPagesAgainWhenTheServerWillNotListAllAtOnce) {
  start();
  answer(200, list(object("a", 1), 7));
  answer(410, status(410, "Expired"));
  pass(Duration(100));
  answer(504, status(504, "Timeout"));
  pass(Duration(2'000));
  EXPECT_EQ(url(), "https://api/api/v1/pods?limit=500");
}

TEST_F(ReflectorTest, BeginsAgainWhenAPageHasExpiredAndReadsAllAtOnceWhenItDoesSoAgain) {
  start();
  answer(200, list(object("a", 1), 7, "next"));
  answer(410, status(410, "Expired"));
  pass(Duration(100));
  EXPECT_EQ(url(), "https://api/api/v1/pods?limit=500");
  answer(200, list(object("b", 2), 8, "next"));
  answer(410, status(410, "Expired"));
  pass(Duration(100));
  EXPECT_EQ(url(), "https://api/api/v1/pods");
  answer(200, list(object("b", 2), 9));
  EXPECT_THAT(sink_.take(), ElementsAre("listing pods", "page pods a@1", "listing pods", "page pods b@2",
                                        "listing pods", "page pods b@2", "listed pods", "state pods ok"));
}

TEST_F(ReflectorTest, AsksForAPageAgainThatWasCutOff) {
  start();
  answer(200, list(object("a", 1), 7, "next"));
  head(200);
  send(R"({"items":[)" + object("b", 2) + ",");
  end(fail(ErrorCode::kCorrupt, "cut off"));
  EXPECT_THAT(sink_.take(), ElementsAre("listing pods", "page pods a@1", "page pods b@2", "state pods corrupt"));
  pass(Duration(1'000));
  EXPECT_EQ(url(), "https://api/api/v1/pods?limit=500&continue=next");
  answer(200, list(object("b", 2), 7));
  EXPECT_THAT(sink_.take(), ElementsAre("page pods b@2", "listed pods", "state pods ok"));
}

TEST_F(ReflectorTest, DoesNotTakeHalfAListForAWholeOne) {
  start();
  answer(200, R"({"metadata":{"resourceVersion":"7"},"items":[)" + object("a", 1));
  EXPECT_THAT(sink_.take(), ElementsAre("listing pods", "page pods a@1", "state pods corrupt"));
}

TEST_F(ReflectorTest, WaitsLongerAfterEachFailureUpToALimit) {
  start();
  Duration before{0};
  for (int i = 0; i < 12; ++i) {
    end(fail(ErrorCode::kUnavailable, "refused"));
    const size_t count = streamer_.count();
    const Duration wait = *reflector_->tick();
    settle();
    EXPECT_EQ(streamer_.count(), count);
    EXPECT_GE(wait, std::min(options_.least_backoff * (1 << i), options_.most_backoff));
    EXPECT_LE(wait, options_.most_backoff * 2);
    EXPECT_GE(wait * 2, before);
    before = wait;
    pass(wait);
    EXPECT_EQ(streamer_.count(), count + 1);
  }
  EXPECT_THAT(sink_.take(), testing::Contains("state pods unavailable").Times(1));
}

TEST_F(ReflectorTest, WaitsBeforeItWatchesAgainWhatEndedAtOnceAndFindsNothingWrongWithThat) {
  start_watching();
  end();
  EXPECT_GE(*reflector_->tick(), options_.least_backoff);
  EXPECT_THAT(sink_.take(), IsEmpty());
}

TEST_F(ReflectorTest, HonoursRetryAfter) {
  start();
  answer(429, status(429, "TooManyRequests"), {{"Retry-After", "50"}});
  EXPECT_GE(*reflector_->tick(), Duration(50'000));
  EXPECT_THAT(sink_.take(), ElementsAre("state pods resource_exhausted"));
}

TEST_F(ReflectorTest, TriesWhatIsForbiddenAgainAfterMinutes) {
  start();
  answer(403, status(403, "Forbidden"));
  EXPECT_THAT(sink_.take(), ElementsAre("state pods permission_denied"));
  EXPECT_EQ(sink_.last_error(), "no luck");
  const Duration wait = *reflector_->tick();
  EXPECT_GE(wait, options_.refused_interval);
  pass(wait);
  answer(200, list(object("a", 1), 7));
  EXPECT_THAT(sink_.take(), ElementsAre("listing pods", "page pods a@1", "listed pods", "state pods ok"));
}

TEST_F(ReflectorTest, AsksForNewCredentialsOnceWhenItIsNotKnown) {
  ClusterAccess access;
  access.server = "https://api";
  access.token = "old";
  access.token_file = "/nowhere/token";
  credentials_ = std::make_unique<Credentials>(access, Environment{}, clock_);
  start();
  answer(401, status(401, "Unauthorized"));
  EXPECT_THAT(sink_.take(), IsEmpty());
  tick();
  EXPECT_EQ(streamer_.count(), 2u);
  answer(401, status(401, "Unauthorized"));
  EXPECT_THAT(sink_.take(), ElementsAre("state pods unauthenticated"));
  tick();
  EXPECT_EQ(streamer_.count(), 2u);
  EXPECT_THAT(sink_.last_error(), Not(HasSubstr("old")));
}

TEST_F(ReflectorTest, MakesTheServerWaitWithAListForASlowSink) {
  options_.buffer_bytes = 100;
  start();
  std::string items = object("a", 1);
  for (int i = 2; i < 10; ++i) items += "," + object("a", i);
  const std::string text = list(items, 20);
  head(200);
  const auto call = last();
  ASSERT_TRUE(call->handler->on_chunk(text.substr(0, 150)));
  ASSERT_FALSE(call->handler->on_chunk(text.substr(150)));  // Nobody has had the time to read.
  EXPECT_EQ(call->resumed, 0);
  settle();
  EXPECT_EQ(call->resumed, 1);
  EXPECT_TRUE(send(text.substr(150)));
  end();
  EXPECT_THAT(sink_.take(), testing::Contains("listed pods"));
}

TEST_F(ReflectorTest, GoesOnWhereAWatchCameTooFast) {
  options_.watch_bytes = 100;
  start_watching();
  const auto call = last();
  ASSERT_TRUE(call->handler->on_chunk(event("ADDED", object("c", 8)) + event("ADDED", object("d", 9))));
  ASSERT_FALSE(call->handler->on_chunk(event("ADDED", object("e", 10))));
  end(fail(ErrorCode::kResourceExhausted, "too fast"));
  pass(Duration(100));
  EXPECT_THAT(url(), HasSubstr("&resourceVersion=9"));
  EXPECT_THAT(sink_.take(), ElementsAre("changed pods c@8", "changed pods d@9"));
}

TEST_F(ReflectorTest, RefusesAnObjectBeyondTheLimit) {
  options_.max_object_bytes = 100;
  start();
  answer(200, list(object("a", 1) + "," + object(std::string(200, 'b'), 2), 7));
  EXPECT_THAT(sink_.take(), ElementsAre("listing pods", "page pods a@1", "state pods resource_exhausted"));
}

TEST_F(ReflectorTest, ListsAnewWhenAWatchBringsNothingButRubbish) {
  start_watching();
  for (int i = 0; i < 3; ++i) {
    send("<html>\n");
    pass(Duration(120'000));
    EXPECT_THAT(url(), HasSubstr("resourceVersion=7"));
    head(200);
  }
  send("<html>\n");
  pass(Duration(120'000));
  EXPECT_THAT(url(), HasSubstr("?limit=500"));
}

TEST_F(ReflectorTest, ListsWhatCannotBeWatchedAgainAndAgain) {
  type_.verbs = {"list"};
  start();
  answer(200, list(object("a", 1), 7));
  EXPECT_EQ(streamer_.count(), 1u);
  pass(options_.poll_interval + Duration(1'000));
  EXPECT_EQ(url(), "https://api/api/v1/pods?limit=500");
  EXPECT_EQ(streamer_.count(), 2u);
}

TEST_F(ReflectorTest, GivesUpOnAnAnswerWhoseHeadDoesNotCome) {
  start();
  answer(200, list(object("a", 1), 7));
  sink_.take();
  pass(options_.answer_limit);
  EXPECT_TRUE(last()->dropped);
  EXPECT_THAT(sink_.take(), ElementsAre("state pods deadline_exceeded"));
}

TEST_F(ReflectorTest, GoesOnWhenThereWasNoRoomForItsWork) {
  start();
  room_ = 0;
  answer(200, list(object("a", 1), 7));
  EXPECT_THAT(sink_.take(), IsEmpty());
  room_ = 100;
  tick();
  EXPECT_THAT(sink_.take(), ElementsAre("listing pods", "page pods a@1", "listed pods", "state pods ok"));
}

TEST_F(ReflectorTest, SaysNothingMoreOnceItWasStopped) {
  start_watching();
  const auto call = last();
  reflector_->stop();
  EXPECT_TRUE(call->dropped);
  call->handler->on_chunk(event("ADDED", object("c", 8)));
  settle();
  pass(Duration(600'000));
  EXPECT_THAT(sink_.take(), IsEmpty());
}

}  // namespace
}  // namespace capstan::kubernetes
