#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/crypto.h"
#include "base/file.h"
#include "secret/masking_list.h"
#include "secret/reference_store.h"
#include "secret/sealed_store.h"

namespace capstan::secret {
namespace {

class ReferenceStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/capstan-secret-XXXXXX";
    directory_ = ::mkdtemp(pattern);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string file(std::string_view content, unsigned mode = 0600) {
    const std::filesystem::path path = directory_ / "token";
    EXPECT_TRUE(write_file_atomically(path, content, mode));
    ::chmod(path.c_str(), mode);
    return "file:" + path.string();
  }
  std::string value(std::string_view reference) { return store_.get(reference).value().reveal(); }
  ErrorCode problem(std::string_view reference) { return store_.get(reference).error().code; }

  std::filesystem::path directory_;
  std::map<std::string, std::string> variables_;
  MaskingList known_;
  ReferenceStore store_{[this](const std::string& name) -> std::optional<std::string> {
                          const auto found = variables_.find(name);
                          return found == variables_.end() ? std::nullopt : std::optional(found->second);
                        },
                        known_};
};

TEST_F(ReferenceStoreTest, ReadsTheEnvironment) {
  variables_["SLACK_TOKEN"] = "xoxb-1234";
  EXPECT_EQ(value("env:SLACK_TOKEN"), "xoxb-1234");
  EXPECT_EQ(problem("env:OTHER"), ErrorCode::kNotFound);
}

TEST_F(ReferenceStoreTest, ReadsAFileWithoutItsLastLineBreakAndAnewEachTime) {
  const std::string reference = file("first one\n");
  EXPECT_EQ(value(reference), "first one");
  file("second\r\n");
  EXPECT_EQ(value(reference), "second");
}

TEST_F(ReferenceStoreTest, TellsWhatIsMissing) {
  EXPECT_EQ(problem("file:/nowhere/at/all"), ErrorCode::kNotFound);
  EXPECT_EQ(problem(file("\n")), ErrorCode::kFailedPrecondition);
}

TEST_F(ReferenceStoreTest, NeverRepeatsATextThatIsNoReference) {
  for (const char* text : {"xoxb-1234", "env:", "file:relative", "file:", "secret:xoxb-1234", "secret:xoxb#a#b",
                           "secret:a#xoxb@0", "secret:a#xoxb@1x", "secret:#xoxb", ""}) {
    const auto got = store_.get(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(got.error().message.find("xoxb"), std::string::npos);
  }
}

TEST_F(ReferenceStoreTest, WarnsOnceOfAFileThatEverybodyCanRead) {
  const std::string reference = file("a secret", 0644);
  testing::internal::CaptureStderr();
  EXPECT_EQ(value(reference), "a secret");
  EXPECT_EQ(value(reference), "a secret");
  const std::string log = testing::internal::GetCapturedStderr();
  const size_t first = log.find("chmod o-r");
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("chmod o-r", first + 1), std::string::npos) << log;
  EXPECT_EQ(log.find("a secret"), std::string::npos);
}

TEST_F(ReferenceStoreTest, MakesWhatItHandedOutKnown) {
  variables_["TOKEN"] = "xoxb-1234";
  EXPECT_EQ(known_.mask("bad token xoxb-1234"), "bad token xoxb-1234");
  EXPECT_TRUE(store_.get("env:TOKEN"));
  EXPECT_EQ(known_.mask("bad token xoxb-1234"), "bad token ***");
}

TEST_F(ReferenceStoreTest, ReadsAFieldOfAStoredSecretByItsVersion) {
  start_crypto();
  const VirtualClock clock(from_unix_ms(0));
  SystemRandom random;
  const std::shared_ptr<SealedStore> sealed =
      SealedStore::open({.directory = directory_, .cost = {1, 8192}}, process_environment(), clock, random, [](auto) {
      }).value();
  ASSERT_TRUE(sealed->write("trial/a@b", {{"password", Secret("first-one")}, {"none", Secret()}}));
  ASSERT_TRUE(
      sealed->write("trial/a@b", {{"password", Secret("second-one")}, {"none", Secret()}, {"pin", Secret("123456")}}));
  const ReferenceStore store(process_environment(), known_, [&] { return sealed; });
  EXPECT_EQ(store.get("secret:trial/a@b#password")->reveal(), "second-one");
  EXPECT_EQ(store.get("secret:trial/a@b#password@1")->reveal(), "first-one");
  EXPECT_EQ(known_.mask("first-one second-one"), "*** ***");
  // Whatever its name, what was handed out by a reference is a secret.
  EXPECT_EQ(known_.mask("pin 123456"), "pin 123456");
  EXPECT_EQ(store.get("secret:trial/a@b#pin")->reveal(), "123456");
  EXPECT_EQ(known_.mask("pin 123456"), "pin ***");
  EXPECT_EQ(store.get("secret:trial/a@b#password@3").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store.get("secret:trial/a@b#user").error().message, "the secret trial/a@b has no field user");
  EXPECT_EQ(store.get("secret:trial/a@b#none").error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(problem("secret:trial/a@b#password"), ErrorCode::kFailedPrecondition);
}

TEST_F(ReferenceStoreTest, ReadsAFieldOfWhatAVaultMakesForAWhile) {
  const ReferenceStore store(process_environment(), known_, {}, [](std::string_view path) -> Result<SecretFields> {
    return SecretFields{{"password", Secret("made for " + std::string(path))}};
  });
  EXPECT_EQ(store.get("vault:database/creds/shop#password")->reveal(), "made for database/creds/shop");
  EXPECT_EQ(store.get("vault:database/creds/shop#user").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store.get("vault:database/creds/shop#password@1").error().code, ErrorCode::kInvalidArgument);
}

TEST(MaskingList, MasksTheLongestFirstAndEveryTime) {
  MaskingList list;
  list.add("secret");
  list.add("secret-and-more");
  list.add("ab");
  EXPECT_EQ(list.mask("secret-and-more secretsecret ab"), "*** ****** ab");
}

}  // namespace
}  // namespace capstan::secret
