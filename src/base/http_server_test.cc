#include "base/http_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <future>

#include "base/random.h"

namespace capstan {
namespace {

namespace asio = boost::asio;

// Says what was asked for. "/reserved" is for the reserved workers. "/wait" answers when `release` was called;
// "/stream" hands out its sink.
class EchoHandler final : public HttpHandler {
 public:
  std::expected<size_t, HttpServerResponse> admit(const HttpServerRequest& head) override {
    if (head.target.path == "/refused") return std::unexpected(HttpServerResponse{401, {}, "not you", {}});
    return head.target.path == "/large" ? 1 << 20 : 1000;
  }
  bool is_reserved(const HttpServerRequest& request) override { return request.target.path == "/reserved"; }
  HttpServerResponse handle(const HttpServerRequest& request) override {
    if (request.target.path == "/throw") throw std::runtime_error("broken");
    if (request.target.path == "/wait") {
      waiting.set_value();
      released.get_future().wait();
    }
    HttpServerResponse response;
    response.headers.emplace_back("X-Peer", request.peer.address);
    if (request.peer.uid) response.headers.emplace_back("X-Uid", std::to_string(*request.peer.uid));
    if (request.target.path == "/stream") {
      response.headers.emplace_back("Content-Type", "text/event-stream");
      response.stream = [this](std::shared_ptr<StreamSink> made) { sink.set_value(std::move(made)); };
      return response;
    }
    response.body = fmt::format("{} {} {}", request.method, request.target.path, request.body.size());
    return response;
  }
  HttpServerResponse refuse(int status, std::string_view message) override {
    return {status, {}, std::string(message), {}};
  }

  std::promise<void> waiting;
  std::promise<void> released;
  std::promise<std::shared_ptr<StreamSink>> sink;
};

template <class Socket>
class Client {
 public:
  explicit Client(const typename Socket::endpoint_type& endpoint) : socket_(io_) { socket_.connect(endpoint); }

  void send(std::string_view text) { asio::write(socket_, asio::buffer(text)); }
  // Everything until the server closes.
  std::string read_all() {
    boost::system::error_code error;
    std::string text = std::move(pending_);
    asio::read(socket_, asio::dynamic_buffer(text), error);
    return text;
  }
  // Up to and including `end`, or what there was when the connection ended.
  std::string read_until(std::string_view end) {
    boost::system::error_code error;
    size_t length = asio::read_until(socket_, asio::dynamic_buffer(pending_), end, error);
    if (error) length = pending_.size();
    std::string text = pending_.substr(0, length);
    pending_.erase(0, length);
    return text;
  }
  std::string ask(std::string_view text) {
    send(text);
    return read_all();
  }

 private:
  asio::io_context io_;
  Socket socket_;
  std::string pending_;
};

using TcpClient = Client<asio::ip::tcp::socket>;

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpServerOptions options = {}) {
    if (options.listen.empty()) options.listen = {"127.0.0.1:0"};
    server_ = HttpServer::start(std::move(options), handler_).value();
  }
  asio::ip::tcp::endpoint endpoint() const {
    const std::string& address = server_->addresses().front();
    const size_t colon = address.rfind(':');
    return {asio::ip::make_address(address.substr(0, colon)),
            static_cast<uint16_t>(std::stoi(address.substr(colon + 1)))};
  }
  std::string ask(std::string_view text) { return TcpClient(endpoint()).ask(text); }

  EchoHandler handler_;
  std::unique_ptr<HttpServer> server_;
};

constexpr std::string_view kLast = "Host: a\r\nConnection: close\r\n\r\n";

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnectionEvenWhenPipelined) {
  start();
  const std::string answers =
      ask(fmt::format("GET /a?x=1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\n"
                      "Content-Length: 3\r\n\r\nxyzGET /c HTTP/1.1\r\n{}",
                      kLast));
  const size_t a = answers.find("GET /a 0");
  const size_t b = answers.find("POST /b 3");
  const size_t c = answers.find("GET /c 0");
  EXPECT_TRUE(a < b && b < c && c != std::string::npos) << answers;
  EXPECT_NE(answers.find("X-Peer: 127.0.0.1"), std::string::npos);
}

TEST_F(HttpServerTest, AnswersHeadWithoutABodyButWithItsLength) {
  start();
  const std::string answer = ask(fmt::format("HEAD /abc HTTP/1.1\r\n{}", kLast));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(answer.find("Content-Length: 11\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServerTest, SpeaksHttp10) {
  start();
  const std::string answer = ask("GET /x HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.0 200 OK") || answer.starts_with("HTTP/1.1 200 OK")) << answer;
  EXPECT_TRUE(answer.ends_with("GET /x 0"));
}

TEST_F(HttpServerTest, TellsWhatIsWrongWithARequest) {
  start();
  const std::pair<std::string, std::string> cases[] = {
      {"rubbish\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "exactly one Host"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "exactly one Host"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "400"},
      {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "hexadecimal"},
      {"GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "'..'"},
      {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "begins with '/'"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {std::string("\x16\x03\x01\x02\x00\x01", 6), "not HTTPS"},
  };
  for (const auto& [request, expected] : cases) {
    const std::string answer = ask(request);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.0 400")) << request << answer;
    EXPECT_NE(answer.find(expected), std::string::npos) << request << answer;
  }
}

TEST_F(HttpServerTest, RefusesAHeadBeyondTheLimit) {
  start();
  const std::string answer = ask("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 431")) << answer;
}

TEST_F(HttpServerTest, LimitsBodiesByPath) {
  start();
  const std::string body(5000, 'b');
  const auto post = [&](std::string_view path) {
    return ask(fmt::format("POST {} HTTP/1.1\r\nContent-Length: 5000\r\n{}{}", path, kLast, body));
  };
  EXPECT_TRUE(post("/small").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(post("/large").ends_with("POST /large 5000"));
}

TEST_F(HttpServerTest, LimitsChunkedBodiesWhileTheyArrive) {
  start();
  const auto post = [&](std::string_view path) {
    return ask(fmt::format("POST {} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n{}7d0\r\n{}\r\n0\r\n\r\n", path, kLast,
                           std::string(2000, 'b')));
  };
  EXPECT_TRUE(post("/small").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(post("/large").ends_with("POST /large 2000"));
}

TEST_F(HttpServerTest, LimitsTheBytesOfAllBodiesTogether) {
  start({.buffered_bytes = 4000});
  const std::string answer = ask(fmt::format("POST /large HTTP/1.1\r\nContent-Length: 5000\r\n{}", kLast));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  const std::string next =
      ask(fmt::format("POST /large HTTP/1.1\r\nContent-Length: 4000\r\n{}{}", kLast, std::string(4000, 'x')));
  EXPECT_TRUE(next.starts_with("HTTP/1.1 200")) << next;
}

TEST_F(HttpServerTest, SaysContinueOnlyWhenTheBodyIsWelcome) {
  start();
  TcpClient client(endpoint());
  client.send(fmt::format("POST /x HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n{}", kLast));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_TRUE(client.read_all().ends_with("POST /x 3"));
  EXPECT_TRUE(ask(fmt::format("POST /refused HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n{}", kLast))
                  .starts_with("HTTP/1.1 401"));
}

TEST_F(HttpServerTest, AnswersWhenTheHandlerThrows) {
  start();
  EXPECT_TRUE(ask(fmt::format("GET /throw HTTP/1.1\r\n{}", kLast)).starts_with("HTTP/1.1 500"));
}

TEST_F(HttpServerTest, DropsClientsThatSendTheirHeadTooSlowly) {
  start({.header_limit = Duration(50)});
  TcpClient client(endpoint());
  client.send("GET / HTTP/1.1\r\nHos");
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(HttpServerTest, DropsClientsThatSendTheirBodyTooSlowly) {
  start({.body_limit = Duration(50)});
  TcpClient client(endpoint());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(HttpServerTest, DropsIdleConnections) {
  start({.idle_limit = Duration(50)});
  EXPECT_EQ(TcpClient(endpoint()).read_all(), "");
}

TEST_F(HttpServerTest, TellsConnectionsBeyondTheLimitSo) {
  start({.connections = 1});
  TcpClient first(endpoint());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  first.read_until("GET / 0");
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 503"));
}

TEST_F(HttpServerTest, TellsRequestsBeyondTheLimitSo) {
  start({.workers = 1, .requests_waiting = 1});
  TcpClient first(endpoint());
  first.send(fmt::format("GET /wait HTTP/1.1\r\n{}", kLast));
  handler_.waiting.get_future().wait();
  // Of two more, one waits and one is refused; which is which depends on the order of arrival.
  TcpClient second(endpoint());
  TcpClient third(endpoint());
  second.send(fmt::format("GET /second HTTP/1.1\r\n{}", kLast));
  auto second_answer = std::async(std::launch::async, [&] { return second.read_all(); });
  third.send(fmt::format("GET /third HTTP/1.1\r\n{}", kLast));
  auto third_answer = std::async(std::launch::async, [&] { return third.read_all(); });
  while (second_answer.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         third_answer.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
  }
  handler_.released.set_value();
  const std::string both = second_answer.get() + third_answer.get();
  EXPECT_NE(both.find("HTTP/1.1 503"), std::string::npos) << both;
  EXPECT_NE(both.find("HTTP/1.1 200"), std::string::npos) << both;
  EXPECT_TRUE(first.read_all().ends_with("GET /wait 0"));
}

TEST_F(HttpServerTest, AnswersWhatIsReservedWhileAllOtherWorkersAreBusy) {
  start({.workers = 1, .requests_waiting = 1});
  TcpClient busy(endpoint());
  busy.send(fmt::format("GET /wait HTTP/1.1\r\n{}", kLast));
  handler_.waiting.get_future().wait();
  EXPECT_TRUE(ask(fmt::format("GET /reserved HTTP/1.1\r\n{}", kLast)).ends_with("GET /reserved 0"));
  handler_.released.set_value();
  EXPECT_TRUE(busy.read_all().ends_with("GET /wait 0"));
}

TEST_F(HttpServerTest, StreamsUntilTheHandlerCloses) {
  start();
  TcpClient client(endpoint());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<StreamSink> sink = handler_.sink.get_future().get();
  EXPECT_NE(client.read_until("\r\n\r\n").find("text/event-stream"), std::string::npos);
  EXPECT_TRUE(sink->send("one\n"));
  EXPECT_EQ(client.read_until("\n"), "one\n");
  EXPECT_TRUE(sink->send("two\n"));
  EXPECT_EQ(client.read_until("\n"), "two\n");
  sink->close();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_FALSE(sink->send("three\n"));
}

TEST_F(HttpServerTest, NoticesThatTheClientOfAStreamHasGone) {
  start();
  auto client = std::make_unique<TcpClient>(endpoint());
  client->send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<StreamSink> sink = handler_.sink.get_future().get();
  client.reset();
  while (sink->is_open()) std::this_thread::yield();
  EXPECT_FALSE(sink->send("late"));
}

TEST_F(HttpServerTest, DropsTheClientOfAStreamThatDoesNotRead) {
  start({.stream_buffer_bytes = 100'000});
  TcpClient client(endpoint());
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<StreamSink> sink = handler_.sink.get_future().get();
  const std::string chunk(50'000, 'x');
  int sent = 0;
  while (sink->send(chunk)) ASSERT_LT(++sent, 10'000);
  EXPECT_FALSE(sink->is_open());
}

TEST_F(HttpServerTest, StopsAfterTheRunningRequestWasAnswered) {
  start();
  TcpClient busy(endpoint());
  TcpClient idle(endpoint());
  TcpClient streaming(endpoint());
  streaming.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<StreamSink> sink = handler_.sink.get_future().get();
  busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  handler_.waiting.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { server_->stop(); });
  streaming.read_all();  // Ends at once, as idle connections do.
  idle.read_all();
  handler_.released.set_value();
  EXPECT_TRUE(busy.read_all().ends_with("GET /wait 0"));
  stopped.get();
  EXPECT_FALSE(sink->send("late"));
}

TEST_F(HttpServerTest, StopsWithinItsLimitWhateverTheClientDoes) {
  start({.stop_limit = Duration(50)});
  TcpClient client(endpoint());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  handler_.waiting.get_future().wait();
  auto stopped = std::async(std::launch::async, [&] { server_->stop(); });
  // Only the handler itself is waited for without limit.
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  handler_.released.set_value();
  stopped.get();
}

TEST_F(HttpServerTest, ListensOnIpv6) {
  HttpServerOptions options{.listen = {"[::1]:0"}};
  const auto server = HttpServer::start(options, handler_);
  if (!server) GTEST_SKIP() << server.error().message;
  const std::string address = (*server)->addresses().front();
  ASSERT_TRUE(address.starts_with("[::1]:")) << address;
  EXPECT_TRUE((*server)->loopback_only());
  TcpClient client({asio::ip::make_address("::1"), static_cast<uint16_t>(std::stoi(address.substr(6)))});
  EXPECT_TRUE(client.ask(fmt::format("GET /x HTTP/1.1\r\n{}", kLast)).ends_with("GET /x 0"));
}

TEST_F(HttpServerTest, NamesTheAddressItCannotListenOn) {
  start();
  const auto again = HttpServer::start({.listen = {server_->addresses().front()}}, handler_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  EXPECT_NE(again.error().message.find(server_->addresses().front()), std::string::npos) << again.error().message;
  for (const char* bad : {"", "9280", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "::1:80"}) {
    EXPECT_EQ(HttpServer::start({.listen = {bad}}, handler_).error().code, ErrorCode::kInvalidArgument) << bad;
  }
}

TEST_F(HttpServerTest, KnowsWhenItIsReachableFromElsewhere) {
  start({.listen = {"0.0.0.0:0"}});
  EXPECT_FALSE(server_->loopback_only());
}

class HttpServerUnixTest : public HttpServerTest {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/capstan-http-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    path_ = directory_ / "capstan.sock";
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::string ask_local() {
    return Client<asio::local::stream_protocol::socket>(asio::local::stream_protocol::endpoint(path_.string()))
        .ask(fmt::format("GET /x HTTP/1.1\r\n{}", kLast));
  }
  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(HttpServerUnixTest, ServesOnASocketOnlyItsOwnerMayOpenAndKnowsWhoAsks) {
  start({.unix_socket = path_});
  struct stat found{};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  const std::string answer = ask_local();
  EXPECT_NE(answer.find(fmt::format("X-Uid: {}\r\n", ::getuid())), std::string::npos) << answer;
  server_->stop();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(HttpServerUnixTest, ReplacesTheSocketOfACrashAndNoOther) {
  {
    asio::io_context io;
    asio::local::stream_protocol::acceptor crashed(io, asio::local::stream_protocol::endpoint(path_.string()));
  }
  ASSERT_TRUE(std::filesystem::exists(path_));
  start({.unix_socket = path_});
  EXPECT_TRUE(ask_local().ends_with("GET /x 0"));
  const auto second = HttpServer::start({.unix_socket = path_}, handler_);
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_TRUE(ask_local().ends_with("GET /x 0"));  // Still there.
}

TEST_F(HttpServerTest, SurvivesAnythingAClientSends) {
  start({.idle_limit = Duration(50), .header_limit = Duration(50), .body_limit = Duration(50)});
  SeededRandom random(7);
  const std::string good =
      "POST /large?a=%41+b HTTP/1.1\r\nHost: a\r\nCookie: x=y\r\nTransfer-Encoding: chunked\r\n"
      "Connection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (int round = 0; round < 500; ++round) {
    std::string broken = good;
    for (uint64_t change = 0; change <= random.below(4); ++change) {
      const size_t at = random.below(broken.size());
      switch (random.below(3)) {
        case 0: broken[at] = static_cast<char>(random.below(256)); break;
        case 1: broken.erase(at, random.below(8)); break;
        default: broken.insert(at, good.substr(random.below(good.size()), random.below(20)));
      }
    }
    TcpClient client(endpoint());
    client.send(broken);
    if (round % 8 == 0) {
      const std::string answer = client.read_all();
      EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.")) << broken << answer;
    }
  }
  EXPECT_TRUE(ask(fmt::format("GET /still-here HTTP/1.1\r\n{}", kLast)).ends_with("GET /still-here 0"));
}

}  // namespace
}  // namespace capstan
