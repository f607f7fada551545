#include "secret/secret_questions.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/crypto.h"
#include "secret/sealed_store.h"

namespace capstan::secret {
namespace {

class SecretQuestionsTest : public testing::Test {
 protected:
  static std::filesystem::path make_directory() {
    start_crypto();
    char pattern[] = "/tmp/capstan-service-XXXXXX";
    return ::mkdtemp(pattern);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Result<Json> ask(std::string_view what, std::string_view question) {
    return service_.answer(what, Json::parse(question).value(), "user:alice");
  }
  std::string said(std::string_view what, std::string_view question) {
    const auto answer = ask(what, question);
    return answer ? answer->dump() : answer.error().message;
  }

  const std::filesystem::path directory_ = make_directory();
  VirtualClock clock_{from_unix_ms(0)};
  SystemRandom random_;
  std::shared_ptr<SealedStore> store_ =
      SealedStore::open({.directory = directory_, .cost = {1, 8192}}, process_environment(), clock_, random_, [](auto) {
      }).value();
  std::vector<NewFact> facts_;
  Status recorded_;
  SecretQuestions service_{SecretQuestions::Parts{
      .clock = clock_,
      .store = [this] { return store_; },
      .rekey = [this](std::string_view key) { return store_->rekey(key); },
      .generate = [](std::string_view policy) -> Result<Secret> { return Secret("made-by-" + std::string(policy)); },
      .record =
          [this](NewFact fact) {
            if (recorded_) facts_.push_back(std::move(fact));
            return recorded_;
          }}};
};

TEST_F(SecretQuestionsTest, ChangesTheFieldsThatAreGivenAndKeepsTheOthers) {
  EXPECT_EQ(said("put", R"({"path":"a","fields":{"user":"alice","password":"one"}})"),
            R"({"fields":["password","user"],"path":"a","version":1})");
  EXPECT_EQ(said("put", R"({"path":"a","fields":{"password":"two"}})"),
            R"({"fields":["password"],"path":"a","version":2})");
  EXPECT_EQ(
      said("get", R"({"path":"a","reveal":true})"),
      R"({"created":"1970-01-01T00:00:00.000Z","path":"a","values":{"password":"two","user":"alice"},"version":2})");
  EXPECT_EQ(said("put", R"({"path":"a","version":1,"fields":{"password":"x"}})"),
            "the secret a has changed: expected version 1, but the newest is 2");
  EXPECT_EQ(said("put", R"({"path":"a","version":0,"fields":{"password":"x"}})"),
            "the secret a should not exist yet (version 0), but has version 2");
}

TEST_F(SecretQuestionsTest, ShowsValuesOnlyWhenThatIsAskedAndWrittenDown) {
  ASSERT_TRUE(ask("put", R"({"path":"a","fields":{"password":"open-sesame"}})"));
  EXPECT_EQ(said("get", R"({"path":"a"})").find("sesame"), std::string::npos);
  EXPECT_EQ(facts_.size(), 1u);
  ASSERT_TRUE(ask("get", R"({"path":"a","reveal":true})"));
  ASSERT_EQ(facts_.size(), 2u);
  EXPECT_EQ(facts_[1].kind, "secret.revealed");
  EXPECT_EQ(facts_[1].subject, "secret:a");
  EXPECT_EQ(facts_[1].actor, "user:alice");
  for (const NewFact& fact : facts_) EXPECT_EQ(fact.body.dump().find("sesame"), std::string::npos);
  recorded_ = fail(ErrorCode::kResourceExhausted, "the disk is full");
  EXPECT_EQ(said("get", R"({"path":"a","reveal":true})"), "the disk is full");
}

TEST_F(SecretQuestionsTest, DeletesAVersionOrAllAndWritesOnAfterwards) {
  for (const char* value : {"one", "two"}) {
    ASSERT_TRUE(ask("put", std::string(R"({"path":"a","fields":{"password":")") + value + "\"}}"));
  }
  ASSERT_TRUE(ask("delete", R"({"path":"a","version":2})"));
  EXPECT_EQ(said("get", R"({"path":"a"})"), "version 2 of the secret a was deleted");
  EXPECT_EQ(said("put", R"({"path":"a","fields":{"password":"x"}})"),
            R"({"fields":["password"],"path":"a","version":3})");
  ASSERT_TRUE(ask("delete", R"({"path":"a","version":1,"destroy":true})"));
  EXPECT_NE(said("versions", R"({"path":"a"})").find("\"destroyed\":true"), std::string::npos);
  ASSERT_TRUE(ask("delete", R"({"path":"a"})"));
  EXPECT_EQ(said("list", "{}"), R"({"names":[]})");
}

TEST_F(SecretQuestionsTest, GeneratesIntoTheStoreOrShows) {
  EXPECT_EQ(said("generate", R"({"policy":"portal"})"), R"({"password":"made-by-portal"})");
  EXPECT_EQ(said("generate", R"({"policy":"portal","path":"a"})"), R"({"fields":["password"],"path":"a","version":1})");
  EXPECT_EQ(store_->read("a")->fields.at("password").reveal(), "made-by-portal");
}

TEST_F(SecretQuestionsTest, ChangesTheKey) {
  ASSERT_TRUE(ask("put", R"({"path":"a","fields":{"password":"one"}})"));
  EXPECT_EQ(said("rekey", "{}"), R"({"key":"secrets.key"})");
  EXPECT_EQ(facts_.back().kind, "secret.rekeyed");
}

TEST_F(SecretQuestionsTest, SaysWhatIsWrongWithAQuestionWithoutRepeatingIt) {
  EXPECT_EQ(said("put", R"({"path":"a","fields":{"password":7}})"), "'fields' must have texts as values");
  EXPECT_EQ(said("put", R"({"path":"a","fields":{}})"), "'fields' must have at least one member");
  EXPECT_EQ(said("put", R"({"path":"a","fields":{"p":"x"},"sesame":1})"),
            "unknown member: expected path, fields, version");
  EXPECT_EQ(said("get", R"({"version":1})"), "'path' is missing");
  EXPECT_EQ(said("get", R"({"path":"a","version":-1})"), "'version' must be a whole number from 0");
  EXPECT_EQ(ask("sesame", "{}").error().message.find("sesame"), std::string::npos);
  EXPECT_FALSE(service_.answer("list", Json("x"), "user:alice"));
}

}  // namespace
}  // namespace capstan::secret
