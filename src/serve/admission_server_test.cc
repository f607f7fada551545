#include "serve/admission_server.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include "base/http_client.h"
#include "serve/fake_control.h"

namespace capstan::serve {
namespace {

class AdmissionServerTest : public testing::Test {
 protected:
  AdmissionServerTest() {
    data_ = std::filesystem::temp_directory_path() / "capstan-admission-XXXXXX";
    std::string name = data_.string();
    data_ = ::mkdtemp(name.data());
  }
  ~AdmissionServerTest() override { std::filesystem::remove_all(data_); }

  HttpRequest request(const std::string& path, const std::string& body, const std::string& method = "POST") {
    HttpRequest request;
    request.method = method;
    request.url = "https://" + server_->address() + path;
    request.body = body;
    request.tls.ca_pem = tls_.certificate_pem;
    return request;
  }
  Result<HttpResponse> ask(const std::string& path, const std::string& body, const std::string& method = "POST") {
    return client_.send(request(path, body, method));
  }
  void start() {
    tls_ = admission_tls({}, data_, now_).value();
    server_ = AdmissionServer::start("127.0.0.1:0", tls_, control_).value();
  }

  const Time now_ = SystemClock().now();
  std::filesystem::path data_;
  FakeControl control_;
  HttpServerTls tls_;
  std::unique_ptr<AdmissionServer> server_;
  CurlHttpClient client_;
};

TEST_F(AdmissionServerTest, AnswersReviewsAndNothingElse) {
  start();
  const auto answer = ask("/admission/prod", R"({"a": 1})");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->status, 200);
  EXPECT_NE(answer->body.find("admit prod"), std::string::npos) << answer->body;
  EXPECT_EQ(ask("/admission/prod", "{")->status, 400);
  EXPECT_EQ(ask("/admission/prod", "", "GET")->status, 405);
  for (const char* path : {"/", "/admission", "/admission/", "/admission/a/b", "/capstan/v1/overview"}) {
    EXPECT_EQ(ask(path, "{}")->status, 404) << path;
  }
}

TEST_F(AdmissionServerTest, KeepsTheCertificateItMadeUntilItIsOfNoUse) {
  start();
  EXPECT_EQ(admission_tls({}, data_, now_)->certificate_pem, tls_.certificate_pem);
  struct stat key{};
  ASSERT_EQ(::stat((data_ / "admission.key").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600u);
  const Time in_ten_years = now_ + Duration(24LL * 3'600'000) * 3640;
  EXPECT_NE(admission_tls({}, data_, in_ten_years)->certificate_pem, tls_.certificate_pem);
  loop::AdmissionSettings named;
  named.names = {"hooks.example"};
  EXPECT_NE(admission_tls(named, data_, now_)->certificate_pem, tls_.certificate_pem);
  named.names = {"not a name"};
  EXPECT_FALSE(admission_tls(named, data_, now_));
}

TEST_F(AdmissionServerTest, TakesAnotherCertificateWhileItRuns) {
  start();
  ASSERT_TRUE(ask("/admission/prod", "{}"));
  loop::AdmissionSettings other;
  other.names = {"127.0.0.1"};
  const HttpServerTls renewed = admission_tls(other, data_, now_).value();
  HttpServerTls half = renewed;
  half.key_pem = tls_.key_pem;
  EXPECT_FALSE(server_->renew(half));
  EXPECT_TRUE(CurlHttpClient().send(request("/admission/prod", "{}")));
  EXPECT_TRUE(server_->renew(renewed));
  EXPECT_TRUE(ask("/admission/prod", "{}"));  // Its connection is the one from before.
  EXPECT_FALSE(CurlHttpClient().send(request("/admission/prod", "{}")));
  tls_ = renewed;
  EXPECT_TRUE(CurlHttpClient().send(request("/admission/prod", "{}")));
}

TEST_F(AdmissionServerTest, NamesACertificateThatIsNotThere) {
  loop::AdmissionSettings settings;
  settings.certificate_file = "/nowhere/tls.crt";
  settings.key_file = "/nowhere/tls.key";
  const auto tls = admission_tls(settings, data_, now_);
  ASSERT_FALSE(tls);
  EXPECT_NE(tls.error().message.find("/nowhere/tls.crt"), std::string::npos) << tls.error().message;
}

}  // namespace
}  // namespace capstan::serve
