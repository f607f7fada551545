#include <gtest/gtest.h>

#include "base/file.h"
#include "base/http_client.h"
#include "base/tls_test_server.h"

namespace capstan {
namespace {

std::string hello(const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"; }

class HttpTlsTest : public testing::Test {
 protected:
  HttpRequest request(const TlsTestServer& server, const std::string& host = "127.0.0.1") const {
    HttpRequest made;
    made.url = "https://" + host + ":" + std::to_string(server.port()) + "/";
    return made;
  }
  TestAuthority authority_;
  TestIdentity server_identity_ = authority_.issue("api", "DNS:api.example,IP:127.0.0.1");
  CurlHttpClient client_;
};

TEST_F(HttpTlsTest, TrustsAnAuthorityGivenAsText) {
  const TlsTestServer server(authority_, server_identity_, false, hello);
  HttpRequest made = request(server);
  made.tls.ca_pem = authority_.certificate_pem();
  const auto response = client_.send(made);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->body, "hello");
}

TEST_F(HttpTlsTest, RefusesACertificateOfAnotherAuthority) {
  const TlsTestServer server(authority_, server_identity_, false, hello);
  HttpRequest made = request(server);
  made.tls.ca_pem = TestAuthority().certificate_pem();
  EXPECT_EQ(client_.send(made).error().code, ErrorCode::kUnavailable);
  made.tls.ca_pem.clear();  // The system's authorities do not know it either.
  EXPECT_EQ(client_.send(made).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(server.callers().empty());
  made.tls.verify = false;
  EXPECT_TRUE(client_.send(made).has_value());
}

TEST_F(HttpTlsTest, ExpectsTheNameItWasTold) {
  const TestIdentity named = authority_.issue("api", "DNS:api.example");
  const TlsTestServer server(authority_, named, false, hello);
  HttpRequest made = request(server);
  made.tls.ca_pem = authority_.certificate_pem();
  EXPECT_EQ(client_.send(made).error().code, ErrorCode::kUnavailable);
  made.tls.server_name = "api.example";
  EXPECT_TRUE(client_.send(made).has_value());
}

TEST_F(HttpTlsTest, ShowsACertificateGivenAsText) {
  const TlsTestServer server(authority_, server_identity_, true, hello);
  const TestIdentity alice = authority_.issue("alice", "");
  HttpRequest made = request(server);
  made.tls.ca_pem = authority_.certificate_pem();
  EXPECT_FALSE(client_.send(made).has_value());
  made.tls.certificate_pem = alice.certificate_pem;
  made.tls.key_pem = alice.key_pem;
  ASSERT_TRUE(client_.send(made).has_value());
  EXPECT_EQ(server.callers(), std::vector<std::string>{"alice"});
}

TEST_F(HttpTlsTest, NeverShowsTheCertificateOfAnotherRequest) {
  const TlsTestServer server(authority_, server_identity_, true, hello);
  for (const char* name : {"alice", "bob"}) {
    const TestIdentity identity = authority_.issue(name, "");
    HttpRequest made = request(server);
    made.tls.ca_pem = authority_.certificate_pem();
    made.tls.certificate_pem = identity.certificate_pem;
    made.tls.key_pem = identity.key_pem;
    made.headers = {{"Connection", "close"}};
    ASSERT_TRUE(client_.send(made).has_value());
  }
  EXPECT_EQ(server.callers(), (std::vector<std::string>{"alice", "bob"}));
}

TEST_F(HttpTlsTest, SaysThatACertificateIsNone) {
  const TlsTestServer server(authority_, server_identity_, false, hello);
  HttpRequest made = request(server);
  made.tls.ca_pem = "no certificate";
  const auto response = client_.send(made);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::kInvalidArgument) << response.error().message;
}

}  // namespace
}  // namespace capstan
