#include "base/http_stream.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/file_handle.h"
#include "base/http_fetcher.h"

namespace capstan {
namespace {

constexpr std::chrono::seconds kPatience{20};  // Reached only when a test fails.
constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nX-One: a\r\n\r\n";

// Accepts one connection at a time and says what the test tells it to, when the test tells it to.
class ManualServer {
 public:
  ManualServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 16);
    socklen_t length = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/watch"; }

  // Waits for a connection and the head of its request.
  void accept() {
    peer_ = FileHandle(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string received;
    char c = 0;
    while (received.find("\r\n\r\n") == std::string::npos && ::recv(peer_.get(), &c, 1, 0) == 1) received += c;
  }
  void say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(peer_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // How much the other side takes without anybody reading at its end.
  size_t say_until_full(std::string_view text) {
    size_t total = 0;
    const timeval wait{0, 200'000};
    ::setsockopt(peer_.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    while (true) {
      const ssize_t sent = ::send(peer_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return total;
      total += static_cast<size_t>(sent);
    }
  }
  void hang_up() { peer_.reset(); }
  bool wait_until_peer_left() {
    char c = 0;
    return ::recv(peer_.get(), &c, 1, 0) <= 0;
  }

 private:
  FileHandle listener_;
  FileHandle peer_;
  int port_ = 0;
};

// Takes what comes, up to its room.
class Recorder final : public HttpStreamHandler {
 public:
  void on_head(HttpResponse head) override {
    std::lock_guard lock(mutex_);
    EXPECT_FALSE(head_.has_value());
    EXPECT_TRUE(text_.empty());
    head_ = std::move(head);
    changed_.notify_all();
  }
  bool on_chunk(std::string_view chunk) override {
    std::lock_guard lock(mutex_);
    EXPECT_TRUE(head_.has_value());
    EXPECT_FALSE(end_.has_value());
    if (text_.size() + chunk.size() > room_) {
      ++refused_;
      changed_.notify_all();
      return false;
    }
    text_ += chunk;
    changed_.notify_all();
    return true;
  }
  void on_end(Status status) override {
    std::lock_guard lock(mutex_);
    EXPECT_FALSE(end_.has_value());
    end_ = std::move(status);
    changed_.notify_all();
  }

  void set_room(size_t bytes) {
    std::lock_guard lock(mutex_);
    room_ = bytes;
  }
  HttpResponse head() {
    wait([&] { return head_.has_value(); });
    return *head_;
  }
  std::string text(size_t bytes) {
    wait([&] { return text_.size() >= bytes; });
    return text_;
  }
  bool wait_for_refusal(int count = 1) {
    return wait([&] { return refused_ >= count; });
  }
  Status end() {
    if (!wait([&] { return end_.has_value(); })) return fail(ErrorCode::kInternal, "the stream did not end");
    return *end_;
  }

 private:
  template <class F>
  bool wait(F&& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<HttpResponse> head_;
  std::string text_;
  std::optional<Status> end_;
  size_t room_ = 1 << 30;
  int refused_ = 0;
};

HttpRequest endless(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeout = Duration(0);
  return request;
}

class HttpStreamTest : public testing::Test {
 protected:
  ManualServer server_;
  CurlHttpFetcher fetcher_;
  std::shared_ptr<Recorder> recorder_ = std::make_shared<Recorder>();
};

TEST_F(HttpStreamTest, TellsTheHeadBeforeAnythingElseHasCome) {
  const auto stream = fetcher_.open(endless(server_.url()), recorder_);
  server_.accept();
  server_.say("HTTP/1.1 100 Continue\r\n\r\n");
  server_.say("HTTP/1.1 403 Forbidden\r\nX-One: a\r\n\r\n");
  const HttpResponse head = recorder_->head();
  EXPECT_EQ(head.status, 403);
  EXPECT_EQ(head.header("x-one"), "a");
}

TEST_F(HttpStreamTest, GivesPiecesAsTheyArrive) {
  const auto stream = fetcher_.open(endless(server_.url()), recorder_);
  server_.accept();
  server_.say(kHead);
  server_.say("one\n");
  EXPECT_EQ(recorder_->text(4), "one\n");
  server_.say("two\n");
  EXPECT_EQ(recorder_->text(8), "one\ntwo\n");
  server_.hang_up();
  EXPECT_TRUE(recorder_->end().has_value());
}

TEST_F(HttpStreamTest, TellsTheHeadOfAnAnswerWithoutABody) {
  const auto stream = fetcher_.open(endless(server_.url()), recorder_);
  server_.accept();
  server_.say("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(recorder_->head().status, 204);
  EXPECT_TRUE(recorder_->end().has_value());
}

TEST_F(HttpStreamTest, ReadsNoMoreThanTheHandlerTakesAndLosesNothing) {
  recorder_->set_room(0);
  const auto stream = fetcher_.open(endless(server_.url()), recorder_);
  server_.accept();
  server_.say(kHead);
  const std::string block(64 << 10, 'x');
  const size_t sent = server_.say_until_full(block);
  EXPECT_TRUE(recorder_->wait_for_refusal());
  EXPECT_LT(sent, size_t{64} << 20);  // The kernel's buffers and a little, not all that there is.
  stream->resume();
  EXPECT_TRUE(recorder_->wait_for_refusal(2));  // No room still: it waits on.
  recorder_->set_room(1 << 30);
  stream->resume();
  EXPECT_EQ(recorder_->text(sent).size(), sent);
  server_.hang_up();
  EXPECT_TRUE(recorder_->end().has_value());
  EXPECT_EQ(recorder_->text(sent).size(), sent);
}

TEST_F(HttpStreamTest, EndsWhatIsNotReadOnASharedConnection) {
  CurlHttpFetcher shared(10, HttpConnections::kShared);
  recorder_->set_room(0);
  const auto stream = shared.open(endless(server_.url()), recorder_);
  server_.accept();
  server_.say(kHead);
  server_.say("one\n");
  EXPECT_EQ(recorder_->end().error().code, ErrorCode::kResourceExhausted);
}

TEST_F(HttpStreamTest, EndsWhatIsSilentForTooLong) {
  HttpRequest request = endless(server_.url());
  request.idle_limit = Duration(60);
  const auto stream = fetcher_.open(request, recorder_);
  server_.accept();
  server_.say(kHead);
  const Status end = recorder_->end();
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_NE(end.error().message.find("nothing came for 60ms"), std::string::npos) << end.error().message;
}

TEST_F(HttpStreamTest, DoesNotCountAPauseAsSilence) {
  recorder_->set_room(0);
  HttpRequest request = endless(server_.url());
  request.idle_limit = Duration(50);
  const auto stream = fetcher_.open(request, recorder_);
  server_.accept();
  server_.say(kHead);
  server_.say("one\n");
  ASSERT_TRUE(recorder_->wait_for_refusal());
  HttpRequest other = endless("http://127.0.0.1:1/");  // Time passes: another one ends by the same limit.
  ManualServer silent;
  other.url = silent.url();
  other.idle_limit = Duration(120);
  const auto witness = std::make_shared<Recorder>();
  const auto second = fetcher_.open(other, witness);
  EXPECT_EQ(witness->end().error().code, ErrorCode::kDeadlineExceeded);
  recorder_->set_room(100);
  stream->resume();
  EXPECT_EQ(recorder_->text(4), "one\n");
}

TEST_F(HttpStreamTest, IsCancelledByDroppingIt) {
  auto stream = fetcher_.open(endless(server_.url()), recorder_);
  server_.accept();
  server_.say(kHead);
  recorder_->head();
  stream.reset();
  EXPECT_EQ(recorder_->end().error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(server_.wait_until_peer_left());
}

TEST_F(HttpStreamTest, IsCancelledEvenBeforeItBegan) {
  fetcher_.open(endless(server_.url()), recorder_).reset();
  EXPECT_EQ(recorder_->end().error().code, ErrorCode::kCancelled);
}

TEST_F(HttpStreamTest, TellsAnAnswerThatWasCutOff) {
  const auto stream = fetcher_.open(endless(server_.url()), recorder_);
  server_.accept();
  server_.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n");
  EXPECT_EQ(recorder_->text(4), "one\n");
  server_.hang_up();
  EXPECT_EQ(recorder_->end().error().code, ErrorCode::kCorrupt);
}

TEST_F(HttpStreamTest, TellsThatNobodyIsThere) {
  const auto stream = fetcher_.open(endless("http://127.0.0.1:1/"), recorder_);
  EXPECT_EQ(recorder_->end().error().code, ErrorCode::kUnavailable);
}

TEST_F(HttpStreamTest, MayOutliveTheFetcher) {
  std::unique_ptr<HttpStream> stream;
  {
    CurlHttpFetcher brief;
    stream = brief.open(endless(server_.url()), recorder_);
    server_.accept();
    server_.say(kHead);
    recorder_->head();
  }
  EXPECT_EQ(recorder_->end().error().code, ErrorCode::kCancelled);
  stream->resume();
}

}  // namespace
}  // namespace capstan
