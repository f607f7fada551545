#include <gtest/gtest.h>

#include <fmt/format.h>

#include "secret/rotation.h"

namespace capstan::secret {
namespace {

constexpr std::string_view kPath = "trial/alice";
constexpr int kMostEffects = 8;

// A portal whose accounts are confirmed once, with their first password, and a store; both outlive the process.
class World final : public VersionedSecretStore {
 public:
  Result<SecretRecord> read(std::string_view path, int64_t) override {
    if (dead_) return fail(ErrorCode::kCancelled, "dead");
    if (fields_.empty()) return fail(ErrorCode::kNotFound, std::string(path));
    return SecretRecord{fields_, {.version = version_}};
  }
  Result<int64_t> write(std::string_view path, const SecretFields& fields, std::optional<int64_t> expected) override {
    const int64_t before = fields_.empty() ? 0 : version_;
    if (!dead_ && expected && *expected != before) return fail(version_conflict(path, *expected, before));
    if (!effect([&] {
          fields_ = fields;
          ++version_;
        }))
      return fail(ErrorCode::kDeadlineExceeded, "no answer");
    return version_;
  }
  Result<std::vector<std::string>> list(std::string_view) override { return std::vector<std::string>(); }
  Result<std::vector<SecretVersion>> versions(std::string_view) override { return std::vector<SecretVersion>(); }
  Status remove(std::string_view, int64_t) override { return {}; }
  Status destroy(std::string_view, int64_t) override { return {}; }
  Status remove_all(std::string_view) override {
    if (!effect([&] { fields_.clear(); })) return fail(ErrorCode::kDeadlineExceeded, "no answer");
    return {};
  }

  Result<RotationReport> issue(int crash_at = -1, bool crash_after = false) {
    crash_at_ = crash_at;
    crash_after_ = crash_after;
    dead_ = false;
    step_ = 0;
    const RotationParts parts{
        .store = *this,
        .set_password = [this](const Secret& old, const Secret& wanted) { return set(old, wanted); },
        .try_login = [this](const Secret& password) { return log_in(password); },
        .make_password = [this]() -> Result<Secret> { return Secret(fmt::format("new-{}", ++made_)); },
        .marks = {{"closed_on", ""}}};
    return issue_password(parts, kPath);
  }

  // Whoever has the store can log in, if anybody can.
  bool is_known() const {
    if (password_.empty()) return true;
    for (const char* field : {"password", "pending_password"}) {
      const auto found = fields_.find(field);
      if (found != fields_.end() && found->second.reveal() == password_) return true;
    }
    return false;
  }
  bool is_settled() const {
    const size_t marks = fields_.count("closed_on");
    return fields_.size() == 1 + marks && fields_.contains("password") && fields_.at("password").reveal() == password_;
  }

  std::string password_;
  std::string refuses_;  // A password that the portal's rules do not allow.
  SecretFields fields_;
  bool lost_ = false;
  int confirmed_ = 0;

 private:
  template <class Do>
  bool effect(Do&& happen) {
    if (dead_) return false;
    if (step_++ == crash_at_) {
      dead_ = true;
      if (crash_after_) happen();
    } else {
      happen();
    }
    lost_ = lost_ || !is_known();
    return !dead_;
  }
  SetAnswer set(const Secret& old, const Secret& wanted) {
    EXPECT_TRUE(old.empty());
    SetAnswer answer = SetAnswer::kRefused;
    const bool answered = effect([&] {
      if (!password_.empty() || wanted.reveal() == refuses_) return;
      password_ = wanted.reveal();
      ++confirmed_;
      answer = SetAnswer::kDone;
    });
    return answered ? answer : SetAnswer::kCannotTell;
  }
  LoginAnswer log_in(const Secret& password) {
    LoginAnswer answer = LoginAnswer::kCannotTell;
    const bool answered =
        effect([&] { answer = password.reveal() == password_ ? LoginAnswer::kWorks : LoginAnswer::kRefused; });
    return answered ? answer : LoginAnswer::kCannotTell;
  }

  int64_t version_ = 0;
  int made_ = 0;
  int crash_at_ = -1;
  bool crash_after_ = false;
  bool dead_ = false;
  int step_ = 0;
};

TEST(FirstPassword, IsKeptBeforeItIsSetAndProvenByALogin) {
  World world;
  EXPECT_EQ(world.issue()->end, RotationEnd::kRotated);
  EXPECT_TRUE(world.is_settled());
  EXPECT_FALSE(world.lost_);
  // Issued already: a login says so, and nothing is set again.
  EXPECT_EQ(world.issue()->logins, 1);
  EXPECT_EQ(world.confirmed_, 1);
}

TEST(FirstPassword, IsKnownWheneverItIsKilledAndEndsWell) {
  for (int first = 0; first < kMostEffects; ++first) {
    for (int second = -1; second < kMostEffects; ++second) {
      for (const bool after : {false, true}) {
        World world;
        (void)world.issue(first, after);
        if (second >= 0) (void)world.issue(second, !after);
        for (int i = 0; i < 3 && !world.is_settled(); ++i) (void)world.issue();
        EXPECT_TRUE(world.is_settled()) << first << " " << second << " " << after;
        EXPECT_FALSE(world.lost_) << first << " " << second << " " << after;
        EXPECT_EQ(world.confirmed_, 1);
      }
    }
  }
}

// The record of a trial stays when its account is taken back; the next trial of the name finds it.
TEST(FirstPassword, IsIssuedAnewForAnAccountWhoseRecordHasOneOfAnEarlierAccount) {
  for (int crash = -1; crash < kMostEffects; ++crash) {
    for (const bool after : {false, true}) {
      World world;
      world.fields_ = {{"password", Secret("of-last-term")}};
      (void)world.issue(crash, after);
      for (int i = 0; i < 3 && !world.is_settled(); ++i) (void)world.issue();
      EXPECT_TRUE(world.is_settled()) << crash << " " << after;
      EXPECT_NE(world.password_, "of-last-term");
      EXPECT_FALSE(world.lost_) << crash << " " << after;
      EXPECT_EQ(world.confirmed_, 1);
    }
  }
}

TEST(FirstPassword, TakesAwayWhatMarkedTheEndOfAnEarlierAccount) {
  World world;
  world.fields_ = {{"password", Secret("of an earlier account")}, {"closed_on", Secret("2026-05-29")}};
  EXPECT_EQ(world.issue()->end, RotationEnd::kRotated);
  EXPECT_TRUE(world.fields_.at("closed_on").empty());
  EXPECT_EQ(world.fields_.at("password").reveal(), world.password_);
}

TEST(FirstPassword, OneThatThePortalRefusesGivesWayToAnother) {
  World world;
  world.refuses_ = "new-1";
  EXPECT_EQ(world.issue()->end, RotationEnd::kRefused);
  EXPECT_TRUE(world.fields_.empty());
  EXPECT_EQ(world.issue()->end, RotationEnd::kRotated);
  EXPECT_EQ(world.password_, "new-2");
}

}  // namespace
}  // namespace capstan::secret
