#include <gtest/gtest.h>

#include "base/certificate.h"
#include "base/http_client.h"
#include "base/http_server.h"
#include "base/test_authority.h"

namespace capstan {
namespace {

class Greeter final : public HttpHandler {
 public:
  std::expected<size_t, HttpServerResponse> admit(const HttpServerRequest&) override { return 1 << 20; }
  HttpServerResponse handle(const HttpServerRequest& request) override {
    return {.status = 200, .headers = {}, .body = "hello " + request.body, .stream = {}};
  }
  HttpServerResponse refuse(int status, std::string_view message) override {
    return {.status = status, .headers = {}, .body = std::string(message), .stream = {}};
  }
};

class HttpServerTlsTest : public testing::Test {
 protected:
  void start(const std::string& client_ca_pem = "") {
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.tls =
        HttpServerTls{.certificate_pem = own_.certificate_pem, .key_pem = own_.key_pem, .client_ca_pem = client_ca_pem};
    server_ = HttpServer::start(std::move(options), greeter_).value();
  }
  Result<HttpResponse> ask(const std::string& body, const TestIdentity& client = {}) {
    HttpRequest request;
    request.method = "POST";
    request.url = "https://" + server_->addresses()[0] + "/";
    request.body = body;
    request.tls.ca_pem = own_.certificate_pem;
    request.tls.certificate_pem = client.certificate_pem;
    request.tls.key_pem = client.key_pem;
    return client_.send(request);
  }

  const CertificateAndKey own_ = make_certificate({"127.0.0.1", "capstan.capstan.svc"}, from_unix_ms(1'700'000'000'000),
                                                  from_unix_ms(4'000'000'000'000))
                                     .value();
  Greeter greeter_;
  std::unique_ptr<HttpServer> server_;
  CurlHttpClient client_;
};

TEST_F(HttpServerTlsTest, SpeaksHttpsWithACertificateOfItsOwn) {
  start();
  const std::string large(300'000, 'x');
  for (int i = 0; i < 3; ++i) {
    const auto answer = ask(large);
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->body, "hello " + large);
  }
}

TEST_F(HttpServerTlsTest, AsksForAClientsCertificateWhereItIsToldTo) {
  const TestAuthority authority;
  start(authority.certificate_pem());
  EXPECT_FALSE(ask("nobody"));
  EXPECT_FALSE(ask("a stranger", TestAuthority().issue("stranger", "")));
  const auto answer = ask("a friend", authority.issue("friend", ""));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "hello a friend");
}

TEST_F(HttpServerTlsTest, OutlivesAClientThatDoesNotSpeakTls) {
  start();
  HttpRequest plain;
  plain.url = "http://" + server_->addresses()[0] + "/";
  EXPECT_FALSE(client_.send(plain));
  EXPECT_TRUE(ask("still there"));
}

TEST_F(HttpServerTlsTest, RefusesACertificateThatIsNone) {
  HttpServerOptions options;
  options.listen = {"127.0.0.1:0"};
  options.tls = HttpServerTls{.certificate_pem = "no certificate", .key_pem = own_.key_pem, .client_ca_pem = ""};
  const auto server = HttpServer::start(std::move(options), greeter_);
  ASSERT_FALSE(server);
  EXPECT_TRUE(server.error().message.starts_with("the certificate cannot be used")) << server.error().message;
}

TEST(Certificate, SaysUntilWhenItIsGoodAndForWhichNames) {
  const Time until = from_unix_ms(1'900'000'000'000);
  const auto made = make_certificate({"capstan.svc", "10.0.0.1", "::1"}, from_unix_ms(0), until);
  ASSERT_TRUE(made);
  const auto facts = read_certificate(made->certificate_pem);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->until, until);
  EXPECT_EQ(facts->names, (std::vector<std::string>{"capstan.svc", "10.0.0.1", "::1"}));
  EXPECT_FALSE(make_certificate({"two words"}, from_unix_ms(0), until));
  EXPECT_FALSE(read_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
}

}  // namespace
}  // namespace capstan
