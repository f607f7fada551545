#include "secret/sealed_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "base/crypto.h"
#include "base/file.h"
#include "secret/masking_list.h"

namespace capstan::secret {
namespace {

namespace fs = std::filesystem;
constexpr KeyCost kCheap{1, 8192};

class SealedStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    start_crypto();
    char pattern[] = "/tmp/capstan-sealed-XXXXXX";
    directory_ = ::mkdtemp(pattern);
  }
  void TearDown() override { fs::remove_all(directory_); }

  Result<std::unique_ptr<SealedStore>> try_open(std::string key = "") {
    return SealedStore::open(
        {.directory = directory_, .key = std::move(key), .most_versions = 3, .cost = kCheap},
        [this](const std::string& name) -> std::optional<std::string> {
          const auto found = variables_.find(name);
          return found == variables_.end() ? std::nullopt : std::optional(found->second);
        },
        clock_, random_, [this](std::string_view heard) { known_.add(heard); });
  }
  std::unique_ptr<SealedStore> open(std::string key = "") {
    auto store = try_open(std::move(key));
    if (!store) ADD_FAILURE() << store.error().to_string();
    return store ? std::move(*store) : nullptr;
  }
  Error refusal(std::string key = "") {
    auto store = try_open(std::move(key));
    return store ? Error{ErrorCode::kInternal, "it opened", {}} : store.error();
  }
  static SecretFields password(std::string_view value) { return {{"password", Secret(std::string(value))}}; }
  static std::string password_of(SealedStore& store, std::string_view path, int64_t version = 0) {
    const auto record = store.read(path, version);
    return record ? record->fields.at("password").reveal() : record.error().to_string();
  }
  std::string text(const char* name) { return read_file(directory_ / name).value(); }
  void put(const char* name, std::string_view content) {
    std::ofstream(directory_ / name, std::ios::binary) << content;
    fs::permissions(directory_ / name, fs::perms::owner_read | fs::perms::owner_write);
  }

  fs::path directory_;
  std::map<std::string, std::string> variables_;
  VirtualClock clock_{from_unix_ms(1'000'000)};
  SystemRandom random_;
  MaskingList known_;
};

TEST_F(SealedStoreTest, KeepsWhatWasWrittenAcrossAStartWithAnyBytesInIt) {
  const std::string bytes("p\0\xff\n\"", 5);
  ASSERT_EQ(open()->write("trial/portal", {{"user", Secret("alice")}, {"password", Secret(bytes)}}).value(), 1);
  const auto record = open()->read("trial/portal").value();
  EXPECT_EQ(record.fields.at("user").reveal(), "alice");
  EXPECT_EQ(record.fields.at("password").reveal(), bytes);
  EXPECT_EQ(record.version.version, 1);
  EXPECT_EQ(record.version.created, clock_.now());
}

TEST_F(SealedStoreTest, WritesOnlyWhereTheExpectedVersionIsTheNewestAndNamesBoth) {
  const auto store = open();
  EXPECT_EQ(store->write("a", password("first"), SealedStore::kMustNotExist).value(), 1);
  EXPECT_EQ(store->write("a", password("second"), 1).value(), 2);
  const Error late = store->write("a", password("third"), 1).error();
  EXPECT_EQ(late.code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(late.message, "the secret a has changed: expected version 1, but the newest is 2");
  EXPECT_EQ(store->write("a", password("third"), 0).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(password_of(*store, "a"), "second");
}

TEST_F(SealedStoreTest, KeepsSoManyVersionsAndNoMore) {
  const auto store = open();
  for (const char* value : {"one", "two", "three", "four"}) ASSERT_TRUE(store->write("a", password(value)));
  EXPECT_EQ(password_of(*store, "a", 2), "two");
  EXPECT_EQ(store->read("a", 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store->versions("a")->size(), 3u);
}

TEST_F(SealedStoreTest, GivesNothingOutOfADeletedVersionAndForgetsADestroyedOne) {
  const auto store = open();
  ASSERT_TRUE(store->write("a", password("one")));
  ASSERT_TRUE(store->write("a", password("two")));
  ASSERT_TRUE(store->remove("a", 2));
  EXPECT_EQ(store->read("a").error().message, "version 2 of the secret a was deleted");
  EXPECT_EQ(password_of(*store, "a", 1), "one");
  EXPECT_EQ(store->write("a", password("three"), 1).error().code, ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(store->destroy("a", 1));
  EXPECT_EQ(open()->read("a", 1).error().message, "version 1 of the secret a was destroyed");
  ASSERT_TRUE(store->remove_all("a"));
  EXPECT_EQ(open()->read("a").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store->write("a", password("anew"), SealedStore::kMustNotExist).value(), 1);
}

TEST_F(SealedStoreTest, ListsNamesAndWhatHasNamesBelow) {
  const auto store = open();
  for (const char* path : {"trial/alice", "trial/bob/aws", "trial/bob", "slack"}) {
    ASSERT_TRUE(store->write(path, password("x")));
  }
  EXPECT_EQ(store->list("").value(), (std::vector<std::string>{"slack", "trial/"}));
  EXPECT_EQ(store->list("trial/").value(), (std::vector<std::string>{"alice", "bob", "bob/"}));
  EXPECT_EQ(store->list("tri").error().code, ErrorCode::kNotFound);
}

TEST_F(SealedStoreTest, RefusesNamesThatAreNone) {
  const auto store = open();
  for (const char* path : {"", "/a", "a/", "a//b", "a/../b", ".", "a b", "a#b", "a%2fb", "\xec\x95\x88"}) {
    EXPECT_EQ(store->write(path, password("x")).error().code, ErrorCode::kInvalidArgument) << path;
  }
  EXPECT_EQ(store->write("a", {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store->write("a", {{"", Secret("x")}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store->write("a", password(std::string(300 << 10, 'x'))).error().code, ErrorCode::kResourceExhausted);
}

TEST_F(SealedStoreTest, WhatARecordSaysBesideItsSecretsStaysReadable) {
  ASSERT_TRUE(open()->write("trial/a", {{"password", Secret("open-sesame")},
                                        {"pending_password", Secret("next-sesame")},
                                        {"mcm_api_key", Secret("key-of-mcm")},
                                        {"zone", Secret("Asia/Seoul")}}));
  ASSERT_TRUE(open()->read("trial/a"));
  EXPECT_EQ(known_.mask("open-sesame next-sesame key-of-mcm Asia/Seoul"), "*** *** *** Asia/Seoul");
  ASSERT_TRUE(open()->write("webhook", {{"value", Secret("the-only-one")}}));
  EXPECT_EQ(known_.mask("the-only-one"), "***");
}

TEST_F(SealedStoreTest, MakesKnownWhatItHandsOutAndWritesNothingInTheClear) {
  ASSERT_TRUE(open()->write("a", password("open-sesame")));
  EXPECT_EQ(text("secrets.sealed").find("sesame"), std::string::npos);
  EXPECT_EQ(text("secrets.sealed").find(base64("open-sesame")), std::string::npos);
  EXPECT_EQ(known_.mask("bad open-sesame"), "bad ***");
  struct stat found{};
  for (const char* name : {"secrets.key", "secrets.sealed"}) {
    ASSERT_EQ(::stat((directory_ / name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(SealedStoreTest, SaysThatTheKeyIsAnotherOne) {
  variables_["KEY"] = "a passphrase that is long enough";
  ASSERT_TRUE(open("env:KEY")->write("a", password("one")));
  EXPECT_EQ(password_of(*open("env:KEY"), "a"), "one");
  variables_["KEY"] = "another passphrase, long enough";
  const Error wrong = refusal("env:KEY");
  EXPECT_EQ(wrong.code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(wrong.message.find("sealed with another key"), std::string::npos) << wrong.message;
  EXPECT_EQ(wrong.message.find("passphrase"), std::string::npos);
  variables_["KEY"] = "short";
  EXPECT_EQ(refusal("env:KEY").code, ErrorCode::kInvalidArgument);
  variables_.clear();
  EXPECT_EQ(refusal("env:KEY").code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal("a passphrase").message.find("passphrase"), std::string::npos);
}

TEST_F(SealedStoreTest, TakesItsKeyFromACredentialOfSystemd) {
  put("capstan-key", "a key that systemd decrypted\n");
  variables_["CREDENTIALS_DIRECTORY"] = directory_.string();
  ASSERT_TRUE(open("credential:capstan-key")->write("a", password("one")));
  EXPECT_EQ(password_of(*open("credential:capstan-key"), "a"), "one");
  EXPECT_EQ(refusal("credential:../x").code, ErrorCode::kInvalidArgument);
}

TEST_F(SealedStoreTest, RefusesAKeyThatOthersMayRead) {
  open();
  ::chmod((directory_ / "secrets.key").c_str(), 0640);
  const Error open_to_others = refusal();
  EXPECT_EQ(open_to_others.code, ErrorCode::kPermissionDenied);
  EXPECT_NE(open_to_others.message.find("chmod 600"), std::string::npos);
}

TEST_F(SealedStoreTest, IsNeverSilentlyEmpty) {
  ASSERT_TRUE(open()->write("a", password("one")));
  const std::string store = text("secrets.sealed"), key = text("secrets.key");
  fs::remove(directory_ / "secrets.sealed");
  EXPECT_EQ(refusal().code, ErrorCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(directory_ / "secrets.sealed"));
  put("secrets.sealed", store);
  fs::remove(directory_ / "secrets.key");
  EXPECT_EQ(refusal().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(directory_ / "secrets.key"));
  put("secrets.key", key);
  EXPECT_EQ(password_of(*open(), "a"), "one");
}

TEST_F(SealedStoreTest, RefusesAFileThatIsTornForeignOrChangedAnywhere) {
  ASSERT_TRUE(open()->write("trial/alice", password("one")));
  const std::string good = text("secrets.sealed");
  for (size_t length = 0; length < good.size(); ++length) {
    put("secrets.sealed", good.substr(0, length));
    EXPECT_EQ(refusal().code, ErrorCode::kCorrupt) << "the first " << length << " bytes";
  }
  for (size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    put("secrets.sealed", changed);
    EXPECT_FALSE(try_open()) << "byte " << at;
  }
  put("secrets.sealed", good + "x");
  EXPECT_EQ(refusal().code, ErrorCode::kCorrupt);
  put("secrets.sealed", "SQLite format 3");
  EXPECT_EQ(refusal().where.file, (directory_ / "secrets.sealed").string());
}

TEST_F(SealedStoreTest, SealsEverythingWithANewKey) {
  const auto store = open();
  ASSERT_TRUE(store->write("a", password("one")));
  ASSERT_TRUE(store->write("a", password("two")));
  const std::string before = text("secrets.key");
  ASSERT_TRUE(store->rekey(""));
  EXPECT_NE(text("secrets.key"), before);
  EXPECT_EQ(password_of(*store, "a", 1), "one");
  ASSERT_TRUE(store->write("b", password("three")));
  EXPECT_EQ(password_of(*open(), "a"), "two");
  EXPECT_EQ(password_of(*open(), "b"), "three");
  variables_["KEY"] = "a passphrase that is long enough";
  ASSERT_TRUE(store->rekey("env:KEY"));
  EXPECT_EQ(refusal().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(password_of(*open("env:KEY"), "a", 1), "one");
  ASSERT_TRUE(open("env:KEY")->rekey(""));
  EXPECT_EQ(password_of(*open(), "a"), "two");
}

// Every state of the directory that a kill between, or within, two steps of a change of the key can leave.
TEST_F(SealedStoreTest, OpensWhereverAChangeOfTheKeyWasKilled) {
  ASSERT_TRUE(open()->write("a", password("one")));
  const std::string old_key = text("secrets.key"), old_store = text("secrets.sealed");
  ASSERT_TRUE(open()->rekey(""));
  const std::string new_key = text("secrets.key"), new_store = text("secrets.sealed");
  struct State {
    std::string key, store;
    std::map<std::string, std::string> more;
  };
  const std::vector<State> states = {
      {old_key, old_store, {{"secrets.key.next.new", new_key.substr(0, 7)}}},
      {old_key, old_store, {{"secrets.key.next", new_key}}},
      {old_key, old_store, {{"secrets.key.next", new_key}, {"secrets.sealed.new", new_store.substr(0, 99)}}},
      {old_key, old_store, {{"secrets.key.next", new_key}, {"secrets.sealed.new", new_store}}},
      {old_key, new_store, {{"secrets.key.next", new_key}}},
      {new_key, new_store, {}},
  };
  for (size_t i = 0; i < states.size(); ++i) {
    for (const bool changes_again : {false, true}) {
      fs::remove(directory_ / "secrets.key.next");
      put("secrets.key", states[i].key);
      put("secrets.sealed", states[i].store);
      for (const auto& [name, content] : states[i].more) put(name.c_str(), content);
      const auto store = open();
      ASSERT_TRUE(store) << i;
      EXPECT_EQ(password_of(*store, "a"), "one") << i;
      EXPECT_FALSE(fs::exists(directory_ / "secrets.key.next")) << i;
      if (changes_again) {
        ASSERT_TRUE(store->rekey(""));
      }
      EXPECT_EQ(password_of(*open(), "a"), "one") << i;
    }
  }
}

TEST_F(SealedStoreTest, IsMadeAnewWhereItsMakingWasKilled) {
  put("secrets.key.next", "a key that no store was sealed with\n");
  ASSERT_TRUE(open()->write("a", password("one")));
  EXPECT_EQ(password_of(*open(), "a"), "one");
  // The store was written, its key not yet in its place.
  fs::rename(directory_ / "secrets.key", directory_ / "secrets.key.next");
  EXPECT_EQ(password_of(*open(), "a"), "one");
  EXPECT_TRUE(fs::exists(directory_ / "secrets.key"));
}

}  // namespace
}  // namespace capstan::secret
