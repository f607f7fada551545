#include "loop/secret_desk.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/crypto.h"
#include "base/fake_http_client.h"

namespace capstan::loop {
namespace {

class NoReferences final : public SecretStore {
 public:
  Result<Secret> get(std::string_view) const override { return Secret("s.token"); }
};

class SecretDeskTest : public testing::Test {
 protected:
  static std::filesystem::path make_directory() {
    start_crypto();
    char pattern[] = "/tmp/capstan-desk-XXXXXX";
    return ::mkdtemp(pattern);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path directory_ = make_directory();
  VirtualClock clock_{from_unix_ms(0)};
  SystemRandom random_;
  NoReferences references_;
  FakeHttpClient http_{[](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url.ends_with("lookup-self"))
      return HttpResponse{.status = 200, .headers = {}, .body = R"({"data":{"ttl":0}})"};
    return HttpResponse{.status = 503, .headers = {}, .body = R"({"errors":["Vault is sealed"]})"};
  }};
  std::vector<std::string> reports_;
  SecretDesk desk_{SecretDesk::Parts{.directory = directory_,
                                     .clock = clock_,
                                     .random = random_,
                                     .http = http_,
                                     .references = references_,
                                     .heard = [](auto) {},
                                     .report = [this](std::string error) { reports_.push_back(std::move(error)); }}};
};

TEST_F(SecretDeskTest, KeepsSecretsInItsOwnFileUntilThereIsAVault) {
  EXPECT_FALSE(std::filesystem::exists(directory_ / "secrets.sealed"));
  ASSERT_TRUE(desk_.store().value()->write("a", {{"password", Secret("one")}}));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "secrets.sealed"));
  desk_.maintain();
  EXPECT_TRUE(reports_.empty());

  desk_.apply({}, {.address = "https://vault.test", .auth = {.token_reference = "env:T"}});
  EXPECT_EQ(desk_.store().value()->read("a").error().code, ErrorCode::kUnavailable);
  desk_.maintain();
  EXPECT_EQ(reports_, std::vector<std::string>{""});

  desk_.apply({}, {});
  EXPECT_EQ(desk_.store().value()->read("a")->fields.at("password").reveal(), "one");
}

TEST_F(SecretDeskTest, TellsWhatIsWrongWithTheKeyEachTimeUntilItIsMended) {
  ASSERT_TRUE(desk_.store());
  desk_.apply({.key = "file:" + (directory_ / "other.key").string()}, {});
  EXPECT_EQ(desk_.store().error().code, ErrorCode::kNotFound);
  EXPECT_EQ(desk_.store().error().code, ErrorCode::kNotFound);
  desk_.apply({}, {});
  EXPECT_TRUE(desk_.store());
}

}  // namespace
}  // namespace capstan::loop
