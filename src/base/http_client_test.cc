#include "base/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "base/http_fetcher.h"

namespace capstan {
namespace {

// Answers every request of every connection with the same bytes; "" means: say nothing and keep the connection open.
class ScriptedServer {
 public:
  ScriptedServer(std::string answer, bool close_after) : answer_(std::move(answer)), close_after_(close_after) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 16);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    {
      std::lock_guard lock(mutex_);
      for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    connections_.clear();
    ::close(listener_);
  }
  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  int accepted() const { return accepted_; }
  std::string last_request() const {
    std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  void accept_all() {
    while (true) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++accepted_;
      std::lock_guard lock(mutex_);
      open_.push_back(fd);
      connections_.emplace_back([this, fd] { serve(fd); });
    }
  }
  void serve(int fd) {
    std::string received;
    char buffer[4096];
    while (true) {
      const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      received.append(buffer, static_cast<size_t>(got));
      if (received.find("\r\n\r\n") == std::string::npos) continue;
      {
        std::lock_guard lock(mutex_);
        last_request_ = std::exchange(received, {});
      }
      if (answer_.empty()) continue;
      (void)::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      if (close_after_) break;
    }
    ::shutdown(fd, SHUT_RDWR);
    std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    ::close(fd);
  }

  const std::string answer_;
  const bool close_after_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> accepted_{0};
  mutable std::mutex mutex_;
  std::string last_request_;
  std::vector<int> open_;
  std::vector<std::jthread> connections_;
  std::jthread thread_;
};

constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: a\r\n\r\nhello";

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.timeout = Duration(5'000);
  return request;
}

TEST(HttpClient, KeepsTheConnectionForTheNextRequest) {
  ScriptedServer server{std::string(kHello), false};
  CurlHttpClient client;
  for (int i = 0; i < 3; ++i) {
    const auto response = client.send(get(server.url("/x?y=1")));
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hello");
    EXPECT_EQ(response->header("x-ONE"), "a");
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, SendsBodyHeadersAndCredentialsAndForgetsThemAfter) {
  ScriptedServer server{std::string(kHello), false};
  CurlHttpClient client;
  HttpRequest request = get(server.url("/"));
  request.method = "POST";
  request.body = "{}";
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
  request.bearer_token = "s3cret";
  ASSERT_TRUE(client.send(request).has_value());
  EXPECT_NE(server.last_request().find("POST / HTTP/1.1"), std::string::npos);
  EXPECT_NE(server.last_request().find("Authorization: Bearer s3cret"), std::string::npos);
  EXPECT_NE(server.last_request().find("X-Empty:"), std::string::npos);
  EXPECT_NE(server.last_request().find("\r\n\r\n{}"), std::string::npos);
  ASSERT_TRUE(client.send(get(server.url("/"))).has_value());
  EXPECT_EQ(server.last_request().find("s3cret"), std::string::npos);
}

TEST(HttpClient, KeepsThePathAsItIsWhereThatIsWanted) {
  ScriptedServer server{std::string(kHello), false};
  CurlHttpClient client;
  HttpRequest request = get(server.url("/a/../b/./c"));
  ASSERT_TRUE(client.send(request).has_value());
  EXPECT_TRUE(server.last_request().starts_with("GET /b/c HTTP"));
  request.path_as_is = true;
  ASSERT_TRUE(client.send(request).has_value());
  EXPECT_TRUE(server.last_request().starts_with("GET /a/../b/./c HTTP"));
}

TEST(HttpClient, SaysNothingOfTheTypeOfABodyThatIsNotThere) {
  ScriptedServer server{std::string(kHello), false};
  CurlHttpClient client;
  HttpRequest request = get(server.url("/"));
  request.method = "PUT";
  ASSERT_TRUE(client.send(request).has_value());
  EXPECT_EQ(server.last_request().find("Content-Type"), std::string::npos);
  EXPECT_NE(server.last_request().find("Content-Length: 0"), std::string::npos);
}

TEST(HttpClient, TellsHowAnExchangeFailedAndNoSecret) {
  CurlHttpClient client;
  const auto error = [&](const HttpRequest& request) {
    const auto response = client.send(request);
    EXPECT_FALSE(response.has_value());
    const Error failed = response ? Error{} : response.error();
    EXPECT_EQ(failed.message.find("hunter2"), std::string::npos) << failed.message;
    EXPECT_EQ(failed.message.find("/hook"), std::string::npos) << failed.message;
    return failed.code;
  };
  const ScriptedServer half{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", true};
  EXPECT_EQ(error(get(half.url("/hook/hunter2"))), ErrorCode::kCorrupt);
  const ScriptedServer nothing{"\r", true};
  EXPECT_EQ(error(get(nothing.url("/hook/hunter2"))), ErrorCode::kCorrupt);
  const ScriptedServer hangs{"", false};
  HttpRequest slow = get(hangs.url("/hook/hunter2"));
  slow.timeout = Duration(50);
  EXPECT_EQ(error(slow), ErrorCode::kDeadlineExceeded);
  const ScriptedServer large{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + std::string(50, 'x'), true};
  HttpRequest limited = get(large.url("/hook/hunter2"));
  limited.max_response_bytes = 49;
  EXPECT_EQ(error(limited), ErrorCode::kResourceExhausted);
  EXPECT_EQ(error(get("http://u:hunter2@127.0.0.1:1/hook")), ErrorCode::kUnavailable);
  EXPECT_EQ(error(get("file:///hook/hunter2")), ErrorCode::kInvalidArgument);
  HttpRequest bad = get(large.url("/hook"));
  bad.headers = {{"X", "a\r\nhunter2: b"}};
  EXPECT_EQ(error(bad), ErrorCode::kInvalidArgument);
}

TEST(HttpClient, StopsWhenAsked) {
  const ScriptedServer hangs{"", false};
  CurlHttpClient client;
  std::stop_source stop;
  stop.request_stop();
  const auto response = client.send(get(hangs.url("/")), stop.get_token());
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::kCancelled);
}

TEST(HttpClient, OriginShowsNeitherUserNorPath) {
  EXPECT_EQ(http_origin("https://u:p@example.org:8443/a?b"), "https://example.org:8443");
  EXPECT_EQ(http_origin("::"), "the address");
}

TEST(HttpFetcher, AnswersWhileOthersHang) {
  const ScriptedServer hangs{"", false};
  ScriptedServer server{std::string(kHello), false};
  std::promise<Result<HttpResponse>> hung;  // Set when the fetcher goes, before this does.
  CurlHttpFetcher fetcher;
  fetcher.start(get(hangs.url("/")), [&](Result<HttpResponse> response) { hung.set_value(std::move(response)); });
  for (int i = 0; i < 3; ++i) {
    std::promise<Result<HttpResponse>> answered;
    fetcher.start(get(server.url("/")),
                  [&](Result<HttpResponse> response) { answered.set_value(std::move(response)); });
    const auto response = answered.get_future().get();
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->body, "hello");
  }
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(hung.get_future().wait_for(std::chrono::seconds(0)), std::future_status::timeout);
}

TEST(HttpFetcher, EndsWhatIsUnderWayWhenItGoes) {
  const ScriptedServer hangs{"", false};
  std::promise<Result<HttpResponse>> hung;
  {
    CurlHttpFetcher fetcher;
    fetcher.start(get(hangs.url("/")), [&](Result<HttpResponse> response) { hung.set_value(std::move(response)); });
  }
  EXPECT_EQ(hung.get_future().get().error().code, ErrorCode::kCancelled);
}

TEST(HttpFetcher, RefusesMoreThanItsLimit) {
  const ScriptedServer hangs{"", false};
  std::vector<ErrorCode> codes;
  {
    CurlHttpFetcher fetcher(1);
    fetcher.start(get(hangs.url("/")), [](const Result<HttpResponse>&) {});
    fetcher.start(get(hangs.url("/")),
                  [&](const Result<HttpResponse>& response) { codes.push_back(response.error().code); });
  }
  EXPECT_EQ(codes, std::vector<ErrorCode>{ErrorCode::kResourceExhausted});
}

// For as long as it lives.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~EnvironmentVariable() { ::unsetenv(name_); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

 private:
  const char* name_;
};

TEST(HttpClient, GoesThroughTheProxyOfTheEnvironmentOnlyWhereThatIsWanted) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  ScriptedServer server(answer, false);
  ScriptedServer proxy(answer, false);
  const EnvironmentVariable variable("http_proxy", proxy.url(""));
  const auto get = [&](bool environment_proxy) {
    HttpRequest request;
    request.url = server.url("/x");
    request.environment_proxy = environment_proxy;
    return CurlHttpClient().send(request)->status;
  };
  EXPECT_EQ(get(false), 200);
  EXPECT_EQ(proxy.accepted(), 0);
  EXPECT_EQ(get(true), 200);
  EXPECT_TRUE(proxy.last_request().starts_with("GET " + server.url("/x") + " ")) << proxy.last_request();
  const EnvironmentVariable without("no_proxy", "127.0.0.1");
  EXPECT_EQ(get(true), 200);
  EXPECT_EQ(proxy.accepted(), 1);
  EXPECT_EQ(server.accepted(), 2);
}

}  // namespace
}  // namespace capstan
