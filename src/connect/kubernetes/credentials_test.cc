#include "connect/kubernetes/credentials.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "connect/kubernetes/test_folder.h"

namespace capstan::kubernetes {
namespace {

constexpr std::string_view kV1 = "client.authentication.k8s.io/v1";

class CredentialsTest : public testing::Test {
 protected:
  // The plugin counts how often it was run, and answers with a token of that number.
  ClusterAccess with_plugin(const std::string& more_status = "") {
    ClusterAccess access;
    access.server = "https://a";
    access.plugin = ExecPlugin{.api_version = std::string(kV1)};
    access.plugin->command = folder_.write_script(
        "login",
        fmt::format("cd {}; echo x >> runs; echo \"$KUBERNETES_EXEC_INFO\" > info; n=$(wc -l < runs)\n"
                    "echo '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{}\",\"status\":{{\"token\":\"t'$n'\"{}"
                    "}}}}'\n",
                    folder_.path().string(), kV1, more_status));
    return access;
  }
  std::string token(Credentials& credentials) {
    HttpRequest request;
    const auto signed_with = credentials.sign(request);
    if (!signed_with) return signed_with.error().message;
    last_ = *signed_with;
    return request.bearer_token;
  }

  TestFolder folder_;
  VirtualClock clock_{from_unix_ms(1'700'000'000'000)};
  Environment environment_{{"PATH", "/usr/bin:/bin"}};
  uint64_t last_ = 0;
};

TEST_F(CredentialsTest, ReadsATokenFileAgainEveryMinute) {
  ClusterAccess access;
  access.token_file = folder_.write("token", "one\n");
  Credentials credentials(access, {}, clock_);
  EXPECT_EQ(token(credentials), "one");
  folder_.write("token", "two\n");
  EXPECT_EQ(token(credentials), "one");
  clock_.advance(Duration(60'000));
  EXPECT_EQ(token(credentials), "two");
}

TEST_F(CredentialsTest, ReadsATokenFileAgainWhenItWasRefused) {
  ClusterAccess access;
  access.token_file = folder_.write("token", "one");
  Credentials credentials(access, {}, clock_);
  EXPECT_EQ(token(credentials), "one");
  folder_.write("token", "two");
  EXPECT_TRUE(credentials.refused(last_));
  EXPECT_EQ(token(credentials), "two");
}

TEST_F(CredentialsTest, KeepsATokenWhoseFileIsMissingForAMoment) {
  ClusterAccess access;
  access.token_file = folder_.write("token", "one");
  Credentials credentials(access, {}, clock_);
  EXPECT_EQ(token(credentials), "one");
  std::filesystem::remove(folder_.path() / "token");
  clock_.advance(Duration(61'000));
  EXPECT_EQ(token(credentials), "one");
}

TEST_F(CredentialsTest, CannotBetterAFixedToken) {
  ClusterAccess access;
  access.token = "fixed";
  Credentials credentials(access, {}, clock_);
  EXPECT_EQ(token(credentials), "fixed");
  EXPECT_FALSE(credentials.refused(last_));
}

TEST_F(CredentialsTest, AsksAPluginOnceUntilTheServerRefusesWhatItGave) {
  Credentials credentials(with_plugin(), environment_, clock_);
  EXPECT_EQ(token(credentials), "t1");
  clock_.advance(Duration(3'600'000));
  EXPECT_EQ(token(credentials), "t1");
  const uint64_t first = last_;
  EXPECT_TRUE(credentials.refused(first));
  EXPECT_EQ(token(credentials), "t2");
  EXPECT_TRUE(credentials.refused(first));  // A late answer to the old token does not cost the new one.
  EXPECT_EQ(token(credentials), "t2");
}

TEST_F(CredentialsTest, AsksAPluginAgainBeforeWhatItGaveExpires) {
  const std::string expires = format_time(clock_.now() + Duration(300'000));
  Credentials credentials(with_plugin(",\"expirationTimestamp\":\"" + expires + "\""), environment_, clock_);
  EXPECT_EQ(token(credentials), "t1");
  clock_.advance(Duration(280'000));
  EXPECT_EQ(token(credentials), "t1");
  clock_.advance(Duration(10'000));
  EXPECT_EQ(token(credentials), "t2");
}

TEST_F(CredentialsTest, RefusesWhatHasExpiredAlready) {
  Credentials credentials(with_plugin(",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\""), environment_, clock_);
  EXPECT_EQ(token(credentials), "the credential plugin gave what expired at 2001-01-01T00:00:00.000Z");
}

TEST_F(CredentialsTest, TellsThePluginWhichClusterItIsFor) {
  ClusterAccess access = with_plugin();
  access.plugin->provide_cluster_info = true;
  access.tls.ca_pem = "PEM";
  access.plugin_config = Json::object({{"audience", "x"}});
  Credentials credentials(access, environment_, clock_);
  EXPECT_EQ(token(credentials), "t1");
  const auto info = Json::parse(folder_.read("info"));
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(
      info->dump(),
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"cluster":)"
      R"({"certificate-authority-data":"UEVN","config":{"audience":"x"},"server":"https://a"},"interactive":false}})");
}

TEST_F(CredentialsTest, SaysWhatAFailingPluginSaidButNotWhatItWasGivenToKeep) {
  ClusterAccess access = with_plugin();
  access.plugin->environment = {{"SECRET", "hunter2"}};
  access.plugin->command =
      folder_.write_script("bad", "echo x >> " + (folder_.path() / "runs").string() +
                                      "; echo first >&2; echo \"no session for $SECRET\" >&2; exit 3");
  Credentials credentials(access, environment_, clock_);
  const std::string said = token(credentials);
  EXPECT_NE(said.find("exited with code 3: no session for ***"), std::string::npos) << said;
  EXPECT_EQ(token(credentials), said);
  EXPECT_EQ(folder_.read("runs"), "x\n");  // Not run again at once.
  clock_.advance(Duration(10'000));
  EXPECT_EQ(token(credentials), said);
  EXPECT_EQ(folder_.read("runs"), "x\nx\n");
}

TEST_F(CredentialsTest, SaysHowToGetAPluginThatIsMissing) {
  ClusterAccess access;
  access.plugin = ExecPlugin{.api_version = std::string(kV1), .command = "no-such-login"};
  access.plugin->install_hint = "install it with 'brew install login'";
  Credentials credentials(access, environment_, clock_);
  EXPECT_EQ(
      token(credentials),
      "the credential plugin 'no-such-login' cannot be run: there is no program 'no-such-login' in PATH (install it "
      "with 'brew install login')");
}

TEST(PluginAnswer, MayBeACertificate) {
  const auto proof = read_plugin_answer(
      R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",)"
      R"("status":{"clientCertificateData":"C","clientKeyData":"K","expirationTimestamp":"2026-01-01T00:00:00+09:00"}})",
      kV1);
  ASSERT_TRUE(proof.has_value()) << proof.error().message;
  EXPECT_EQ(proof->certificate_pem, "C");
  EXPECT_EQ(proof->key_pem, "K");
  EXPECT_EQ(format_time(*proof->expires), "2025-12-31T15:00:00.000Z");
}

TEST(PluginAnswer, IsNeverQuotedWhenItIsWrong) {
  for (
      const char* answer :
      {"hunter2", R"({"kind":"hunter2"})", R"({"kind":"ExecCredential","apiVersion":"hunter2"})",
       R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"})",
       R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientKeyData":"hunter2"}})",
       R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"hunter2",)"
       R"("expirationTimestamp":"hunter2"}})"}) {
    const auto proof = read_plugin_answer(answer, kV1);
    ASSERT_FALSE(proof.has_value()) << answer;
    EXPECT_EQ(proof.error().message.find("hunter2"), std::string::npos) << proof.error().message;
  }
}

}  // namespace
}  // namespace capstan::kubernetes
