#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "serve/event_merger.h"
#include "serve/server_fixture.h"

namespace capstan::serve {
namespace {

namespace asio = boost::asio;

std::vector<std::string> texts(const std::vector<Event>& events) {
  std::vector<std::string> result;
  for (const Event& event : events) result.push_back(fmt::format("{} {}", event.topic, event.seq));
  return result;
}

using Texts = std::vector<std::string>;

TEST(EventMerger, SendsTheFirstAtOnceAndTheNewestOfTheRestLater) {
  EventMerger merger(Duration(500));
  EXPECT_EQ(merger.next_due(), std::nullopt);
  merger.add("incidents", 1);
  EXPECT_EQ(merger.next_due(), Duration(0));
  EXPECT_EQ(texts(merger.take(Duration(0))), (Texts{"incidents 1"}));
  for (Seq seq = 2; seq < 100; ++seq) merger.add("incidents", seq);
  EXPECT_EQ(texts(merger.take(Duration(499))), Texts{});
  EXPECT_EQ(merger.next_due(), Duration(500));
  EXPECT_EQ(texts(merger.take(Duration(500))), (Texts{"incidents 99"}));
  EXPECT_EQ(merger.next_due(), std::nullopt);
}

TEST(EventMerger, KeepsTopicsApart) {
  EventMerger merger(Duration(500));
  merger.add("plans", 1);
  (void)merger.take(Duration(0));
  merger.add("plans", 2);
  merger.add("facts", 3);
  EXPECT_EQ(texts(merger.take(Duration(1))), (Texts{"facts 3"}));
  EXPECT_EQ(texts(merger.take(Duration(500))), (Texts{"plans 2"}));
}

// A browser's view of /capstan/v1/events.
class Listener {
 public:
  Listener(const std::string& address, std::string_view cookie) : socket_(io_) {
    const size_t colon = address.rfind(':');
    socket_.connect({asio::ip::make_address(address.substr(0, colon)),
                     static_cast<uint16_t>(std::stoi(address.substr(colon + 1)))});
    asio::write(socket_, asio::buffer(fmt::format(
                             "GET /capstan/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", cookie)));
  }
  // Up to and including `end`; "" when the stream ended before.
  std::string next(std::string_view end = "\n\n") {
    boost::system::error_code error;
    const size_t length = asio::read_until(socket_, asio::dynamic_buffer(pending_), end, error);
    if (error) return "";
    std::string text = pending_.substr(0, length);
    pending_.erase(0, length);
    return text;
  }
  // Returns when the server has begun to tell.
  std::string greeting() {
    std::string head = next("\r\n\r\n");
    return head + next();
  }

 private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_;
  std::string pending_;
};

class EventsTest : public ServerFixture {};

TEST_F(EventsTest, TellsWhatChangedMergedToTheNewest) {
  options_.events.merge = Duration(20);
  const std::string cookie = set_up();
  Listener listener(server().address(), cookie);
  const std::string greeting = listener.greeting();
  EXPECT_NE(greeting.find("text/event-stream"), std::string::npos);
  EXPECT_NE(greeting.find(": connected"), std::string::npos);
  control_.change("incidents", 7);
  EXPECT_EQ(listener.next(), "event: changed\nid: 7\ndata: {\"seq\":7,\"topic\":\"incidents\"}\n\n");
  control_.change("incidents", 8);
  control_.change("incidents", 9);
  clock_.advance(Duration(20));
  EXPECT_EQ(listener.next(), "event: changed\nid: 9\ndata: {\"seq\":9,\"topic\":\"incidents\"}\n\n");
}

TEST_F(EventsTest, KeepsTheConnectionAwakeAndEndsItWithTheSession) {
  options_.events.heartbeat = Duration(20);
  const std::string cookie = set_up();
  Listener listener(server().address(), cookie);
  listener.greeting();
  clock_.advance(Duration(20));
  EXPECT_EQ(listener.next(), ": still here\n\n");
  EXPECT_EQ(send("POST", "/capstan/v1/logout", page(cookie)).status, 200);
  clock_.advance(Duration(20));
  EXPECT_EQ(listener.next(), "");
}

TEST_F(EventsTest, EndWithASessionThatDoesNothingButListen) {
  options_.events.heartbeat = Duration(20);
  options_.sessions.idle = std::chrono::minutes(10);
  const std::string cookie = set_up();
  Listener listener(server().address(), cookie);
  listener.greeting();
  clock_.advance(std::chrono::minutes(9));
  EXPECT_EQ(listener.next(), ": still here\n\n");
  clock_.advance(std::chrono::minutes(2));
  EXPECT_EQ(listener.next(), "");
}

// Forgets what it is sent, but for when.
class FakeSink final : public StreamSink {
 public:
  bool send(std::string text) override {
    if (text == ": still here\n\n" && !beaten_.exchange(true)) heartbeat.set_value();
    return true;
  }
  bool is_open() const override { return true; }
  void close() override {}

  std::promise<void> heartbeat;

 private:
  std::atomic<bool> beaten_ = false;
};

// The loop's thread tells of a change while a session is looked up on a slow disk: it must not wait.
TEST(EventHub, TakesChangesWhileItChecksWhoMayListen) {
  FakeControl control;
  const SystemClock clock;
  EventHub hub(control, clock, {.heartbeat = Duration(1)});
  const auto sink = std::make_shared<FakeSink>();
  hub.add(sink, [&] {
    std::async(std::launch::async, [&] { control.change("incidents", 1); }).wait();
    return true;
  });
  sink->heartbeat.get_future().wait();
}

TEST_F(EventsTest, HasALimitOnStreamsAndFreesWhatIsClosed) {
  options_.events.streams = 1;
  const std::string cookie = set_up();
  auto first = std::make_unique<Listener>(server().address(), cookie);
  first->greeting();
  EXPECT_EQ(get("/capstan/v1/events", {{"Cookie", cookie}}).status, 429);
  first.reset();
  const auto is_free = [&] { return send("HEAD", "/capstan/v1/events", {{"Cookie", cookie}}).status == 200; };
  while (!is_free()) std::this_thread::yield();  // The server notices the end when the kernel tells it.
}

TEST_F(EventsTest, EndWhenTheServerStops) {
  const std::string cookie = set_up();
  Listener listener(server().address(), cookie);
  listener.greeting();
  auto stopped = std::async(std::launch::async, [&] { server_->stop(); });
  EXPECT_EQ(listener.next(), "");
  stopped.get();
  control_.change("incidents", 1);  // Nobody is there any more.
}

}  // namespace
}  // namespace capstan::serve
