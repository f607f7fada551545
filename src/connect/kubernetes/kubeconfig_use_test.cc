// From a kubeconfig to a server that checks certificates, over the wire.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/http_client.h"
#include "base/tls_test_server.h"
#include "connect/kubernetes/api_client.h"
#include "connect/kubernetes/kubeconfig.h"
#include "connect/kubernetes/test_folder.h"

namespace capstan::kubernetes {
namespace {

std::string answer_with(int status, const std::string& body) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

class KubeconfigUseTest : public testing::Test {
 protected:
  std::string config(const TlsTestServer& server, const std::string& user) const {
    return fmt::format(
        "clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{}', tls-server-name: api.example, "
        "certificate-authority-data: {}}}}}]\n"
        "users: [{{name: u, user: {}}}]\n"
        "contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\ncurrent-context: x\n",
        server.port(), base64(authority_.certificate_pem()), user);
  }
  Result<Json> get(const std::string& text) {
    const Kubeconfig kubeconfig = TRY(Kubeconfig::parse(text, folder_.path() / "config"));
    Credentials credentials(TRY(kubeconfig.access()), {{"PATH", "/usr/bin:/bin"}}, clock_);
    ApiTransport transport(http_, credentials);
    return ApiClient(transport).get({.version = "v1", .plural = "nodes", .kind = "Node", .namespaced = false},
                                    {"", "n"});
  }

  TestFolder folder_;
  TestAuthority authority_;
  TestIdentity server_identity_ = authority_.issue("api", "DNS:api.example");
  SystemClock clock_;
  CurlHttpClient http_;
};

TEST_F(KubeconfigUseTest, IsKnownByACertificateInTheFile) {
  const TlsTestServer server(authority_, server_identity_, true,
                             [](const std::string&) { return answer_with(200, "{}"); });
  const TestIdentity alice = authority_.issue("alice", "");
  const auto got = get(config(server, fmt::format("{{client-certificate-data: {}, client-key-data: {}}}",
                                                  base64(alice.certificate_pem), base64(alice.key_pem))));
  EXPECT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(server.callers(), std::vector<std::string>{"alice"});
}

TEST_F(KubeconfigUseTest, IsKnownByACertificateOfAPlugin) {
  const TlsTestServer server(authority_, server_identity_, true,
                             [](const std::string&) { return answer_with(200, "{}"); });
  const TestIdentity robot = authority_.issue("robot", "");
  folder_.write("answer", Json::object({{"kind", "ExecCredential"},
                                        {"apiVersion", "client.authentication.k8s.io/v1"},
                                        {"status", Json::object({{"clientCertificateData", robot.certificate_pem},
                                                                 {"clientKeyData", robot.key_pem}})}})
                              .dump());
  folder_.write_script("login", "cat " + (folder_.path() / "answer").string());
  const auto got = get(config(server, "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login}}"));
  EXPECT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(server.callers(), std::vector<std::string>{"robot"});
}

TEST_F(KubeconfigUseTest, AsksThePluginAgainWhenItsTokenIsRefused) {
  const TlsTestServer server(authority_, server_identity_, false, [](const std::string& head) {
    return answer_with(head.find("Bearer t2\r\n") == std::string::npos ? 401 : 200, "{}");
  });
  folder_.write_script("login",
                       fmt::format("cd {}; echo x >> runs; n=$(wc -l < runs); echo '{{\"kind\":\"ExecCredential\","
                                   "\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":"
                                   "{{\"token\":\"t'$n'\"}}}}'",
                                   folder_.path().string()));
  const auto got = get(config(server, "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./login}}"));
  EXPECT_TRUE(got.has_value()) << got.error().message;
}

TEST_F(KubeconfigUseTest, SendsNothingToAServerOfAnotherAuthority) {
  const TestAuthority other;
  const TlsTestServer server(other, other.issue("api", "DNS:api.example"), false,
                             [](const std::string&) { return answer_with(200, "{}"); });
  const auto got = get(config(server, "{token: s3cret}"));
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(server.callers().empty());
}

}  // namespace
}  // namespace capstan::kubernetes
