#include "connect/vault/vault_store.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "connect/vault/test_vault.h"
#include "connect/vault/vault_leases.h"

namespace capstan::vault {
namespace {

using std::chrono::seconds;

class VaultStoreTest : public testing::Test, protected TestVault {
 protected:
  void SetUp() override {
    references.values = {{"env:TOKEN", "s.token-1"}};
    says("GET auth/token/lookup-self", 200, R"({"data":{"ttl":0}})");
  }
  VaultSession session{client, {.token_reference = "env:TOKEN"}, references, clock};
  VaultStore store{client, session, "team/kv"};
  VaultLeases leases{client, session, clock};
};

TEST_F(VaultStoreTest, ReadsAVersionWithValuesThatAreNoTexts) {
  says("GET team/kv/data/trial/a%40b?version=2", 200,
       R"({"data":{"data":{"password":"pa55word","port":5432,"zone":"Asia/Seoul"},
           "metadata":{"version":2,"created_time":"2026-01-08T18:00:00.123456789Z","deletion_time":"","destroyed":false}}})");
  const auto record = store.read("trial/a@b", 2).value();
  EXPECT_EQ(record.fields.at("password").reveal(), "pa55word");
  EXPECT_EQ(record.fields.at("port").reveal(), "5432");
  EXPECT_EQ(record.version.version, 2);
  EXPECT_EQ(format_time(record.version.created), "2026-01-08T18:00:00.123Z");
  EXPECT_TRUE(heard.contains("pa55word"));
  EXPECT_FALSE(heard.contains("Asia/Seoul")) << "what a record says beside its secrets stays readable";
}

TEST_F(VaultStoreTest, TellsThatAVersionWasDeleted) {
  says("GET team/kv/data/a", 404,
       R"({"data":{"data":null,"metadata":{"version":3,"deletion_time":"2026-01-08T18:00:00Z","destroyed":false}}})");
  const Error error = store.read("a").error();
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_NE(error.message.find("version 3 was deleted"), std::string::npos) << error.message;
}

TEST_F(VaultStoreTest, NamesBothVersionsOfAFailedCheckAndSet) {
  says("POST team/kv/data/a", 400, R"({"errors":["check-and-set parameter did not match the current version"]})");
  says("GET team/kv/metadata/a", 200, R"({"data":{"current_version":5,"versions":{}}})");
  const Error error = store.write("a", {{"password", Secret("x")}}, 3).error();
  EXPECT_EQ(error.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(error.message, "the secret a has changed: expected version 3, but the newest is 5");
  forgets("POST team/kv/data/a");
  says("POST team/kv/data/a", 200, R"({"data":{"version":6}})");
  EXPECT_EQ(store.write("a", {{"password", Secret("x")}}, 5).value(), 6);
  EXPECT_EQ(last_body(), R"({"data":{"password":"x"},"options":{"cas":5}})");
}

TEST_F(VaultStoreTest, KeepsWhatTheVaultCannotHoldFromBeingChanged) {
  EXPECT_EQ(store.write("a", {{"password", Secret("\xff")}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(calls().empty());
}

TEST_F(VaultStoreTest, ListsNamesAndVersionsInOrder) {
  says("GET team/kv/metadata/trial?list=true", 200, R"({"data":{"keys":["bob/","alice"]}})");
  EXPECT_EQ(store.list("trial/").value(), (std::vector<std::string>{"alice", "bob/"}));
  EXPECT_EQ(store.list("").value(), std::vector<std::string>());
  says("GET team/kv/metadata/a", 200,
       R"({"data":{"current_version":10,"versions":{
           "10":{"created_time":"2026-01-08T18:00:00Z","deletion_time":"","destroyed":false},
           "9":{"created_time":"2026-01-08T17:00:00Z","deletion_time":"2026-01-08T17:30:00Z","destroyed":false}}}})");
  const auto versions = store.versions("a").value();
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].version, 9);
  EXPECT_TRUE(versions[0].deleted);
  EXPECT_FALSE(versions[1].deleted);
}

TEST_F(VaultStoreTest, SaysThatTheMountMayBeWrong) {
  says("GET team/kv/data/a", 200, R"({"data":{"password":"x"}})");
  const Error error = store.read("a").error();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_NE(error.message.find("is 'mount' right?"), std::string::npos);
}

TEST_F(VaultStoreTest, HoldsALeaseAsLongAsItIsRenewedAndTakesANewOneAfterwards) {
  says(
      "GET database/creds/shop", 200,
      R"({"lease_id":"database/creds/shop/1","lease_duration":300,"renewable":true,"data":{"username":"u-1","password":"p-12345"}})");
  says(
      "GET database/creds/shop", 200,
      R"({"lease_id":"database/creds/shop/2","lease_duration":300,"renewable":true,"data":{"username":"u-2","password":"p-22345"}})");
  says("POST sys/leases/renew", 200, R"({"lease_id":"database/creds/shop/1","lease_duration":300,"renewable":true})");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(leases.get("database/creds/shop")->at("username").reveal(), "u-1");
    clock.advance(seconds(200));
    ASSERT_TRUE(leases.maintain());
  }
  EXPECT_TRUE(heard.contains("p-12345"));
  EXPECT_EQ(count("POST sys/leases/renew"), 5u);
  forgets("POST sys/leases/renew");
  says("POST sys/leases/renew", 400, R"({"errors":["lease expired"]})");
  clock.advance(seconds(200));
  EXPECT_FALSE(leases.maintain());
  EXPECT_EQ(leases.get("database/creds/shop")->at("username").reveal(), "u-1");
  clock.advance(seconds(100));
  EXPECT_EQ(leases.get("database/creds/shop")->at("username").reveal(), "u-2");
}

TEST_F(VaultStoreTest, AsksForPasswordsByAPolicy) {
  says("GET sys/policies/password/portal/generate", 200, R"({"data":{"password":"Abc123!!"}})");
  EXPECT_EQ(leases.generate_password("portal")->reveal(), "Abc123!!");
  EXPECT_TRUE(heard.contains("Abc123!!"));
}

TEST(VaultSettings, AreReadAndMistakesToldWithTheirPlace) {
  const auto read = [](std::string_view text) { return read_vault_settings(parse_yaml(text, "v.yaml").value()[0]); };
  const auto settings = read(R"(
address: https://vault.example.org:8200/
namespace: team
mount: kv
ca: /etc/ca.pem
auth: { approle: { role_id: env:ROLE, secret_id: "file:/run/secret-id", wrapped: true } }
)")
                            .value();
  EXPECT_EQ(settings.address, "https://vault.example.org:8200");
  EXPECT_EQ(settings.auth.kind, VaultAuth::Kind::kAppRole);
  EXPECT_TRUE(settings.auth.wrapped);
  EXPECT_EQ(read("{address: 'https://v', auth: {kubernetes: {role: r}}}")->auth.token_reference,
            "file:/var/run/secrets/kubernetes.io/serviceaccount/token");
  const Error clear = read("address: https://v\nauth: { token: s.abcdef }").error();
  EXPECT_EQ(clear.where.line, 2);
  EXPECT_EQ(clear.message.find("abcdef"), std::string::npos);
  EXPECT_FALSE(read("{address: 'https://v', auth: {token: env:T, jwt: {role: r, token: env:J}}}"));
  EXPECT_FALSE(read("{address: 'https://v', auth: {token: 'secret:a#b'}}"));
  EXPECT_FALSE(read("{address: 'https://v/path', auth: {token: env:T}}"));
  EXPECT_FALSE(read("{address: 'https://v'}"));
}

}  // namespace
}  // namespace capstan::vault
