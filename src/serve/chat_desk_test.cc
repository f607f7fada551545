#include "serve/chat_desk.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/crypto.h"
#include "model/slack_fact.h"
#include "serve/fake_control.h"

namespace capstan::serve {
namespace {

// One plan that a person can decide on, and a note of what was asked of it.
class PlanControl final : public FakeControl {
 public:
  Result<Json> plan(std::string_view id) const override {
    if (id != "plan-1") return fail(ErrorCode::kNotFound, "no plan is named so");
    return status();
  }
  Result<Json> approve_plan(std::string_view id, std::string_view hash, std::string_view by) override {
    asked.push_back(fmt::format("approve {} by {}", id, by));
    if (waiting_for != "approval") return fail(ErrorCode::kFailedPrecondition, "already approved by user:bob");
    if (hash != plan_hash) return fail(ErrorCode::kFailedPrecondition, "its hash is another");
    state = "approved";
    waiting_for = "";
    return status();
  }
  Result<Json> reject_plan(std::string_view id, std::string_view reason, std::string_view by) override {
    asked.push_back(fmt::format("reject {} by {}: {}", id, by, reason));
    return status();
  }
  Result<Json> undo_plan(std::string_view id, std::string_view, std::string_view by) override {
    asked.push_back(fmt::format("undo {} by {}", id, by));
    return status();
  }
  Result<Json> pause(std::string_view reason, std::string_view by) override {
    asked.push_back(fmt::format("pause by {}: {}", by, reason));
    return Json::object();
  }
  Json status() const {
    const Json action =
        Json::object({{"verb", "host.stop_process"}, {"target", "process/42"}, {"reason", "it is idle"}});
    return Json::object({{"plan", Json::object({{"id", "plan-1"}, {"title", "stop it"}, {"hash", plan_hash}})},
                         {"state", state},
                         {"waiting_for", waiting_for},
                         {"actions", Json::array({Json::object({{"action", action}})})},
                         {"can_be_undone", false}});
  }

  std::string state = "proposed";
  std::string waiting_for = "approval";
  std::string plan_hash = "h1";
  std::vector<std::string> asked;
};

class ChatDeskTest : public testing::Test {
 protected:
  void SetUp() override {
    start_crypto();
    char pattern[] = "/tmp/capstan-chat-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    users_ = UserStore::open(directory_, clock_, random_).value();
    ASSERT_TRUE(users_->create_user("alice", "correct horse battery", Role::kOperator));
    ASSERT_TRUE(users_->create_user("victor", "correct horse battery", Role::kViewer));
  }
  void TearDown() override {
    users_.reset();
    std::filesystem::remove_all(directory_);
  }

  ChatAnswer ask(ChatRequest request) const { return ChatDesk({control_, *users_, codes_, clock_}).answer(request); }
  ChatAnswer type(const std::string& text, const std::string& user = "alice") const {
    return ask({.account = "U1", .user = user, .text = text});
  }
  ChatAnswer press(const std::string& action, const std::string& value = "h1 plan-1",
                   const std::string& user = "alice") const {
    return ask({.kind = ChatRequest::Kind::kPress, .account = "U1", .user = user, .action = action, .value = value});
  }

  std::filesystem::path directory_;
  VirtualClock clock_{from_unix_ms(1'800'000'000'000)};
  mutable SystemRandom random_;
  mutable LinkCodes codes_{clock_, random_};
  std::unique_ptr<UserStore> users_;
  mutable PlanControl control_;
};

TEST_F(ChatDeskTest, DoesNothingForWhoIsLinkedToNobody) {
  const ChatAnswer unlinked = press("approve", "h1 plan-1", "");
  EXPECT_EQ(unlinked.says.title.key(), "chat.unlinked");
  EXPECT_EQ(unlinked.says.title.place("account").text, "U1");
  EXPECT_EQ(press("approve", "h1 plan-1", "mallory").says.title.key(), "chat.no_user") << "an account that was deleted";
  EXPECT_EQ(type("pause now", "").says.title.key(), "chat.unlinked");
  EXPECT_EQ(type("status", "").says.title.key(), "chat.unlinked") << "not even a look";
  EXPECT_TRUE(control_.asked.empty());
}

TEST_F(ChatDeskTest, LetsAViewerLookAndNotDecide) {
  EXPECT_EQ(press("approve", "h1 plan-1", "victor").says.title.key(), "chat.needs_role");
  EXPECT_EQ(press("reject", "h1 plan-1", "victor").says.title.key(), "chat.needs_role");
  for (const char* words : {"approve plan-1", "reject plan-1 no", "undo plan-1", "pause now", "resume"})
    EXPECT_EQ(type(words, "victor").says.title.key(), "chat.needs_role") << words;
  EXPECT_TRUE(control_.asked.empty());
  EXPECT_EQ(type("plan plan-1", "victor").says.title.key(), "chat.plan");
}

TEST_F(ChatDeskTest, ApprovesWhatWasShownInTheNameOfTheUser) {
  const ChatAnswer answer = press("approve");
  EXPECT_EQ(answer.kind, ChatAnswer::Kind::kDecided);
  EXPECT_EQ(answer.says.title.key(), "chat.approved");
  EXPECT_EQ(control_.asked, std::vector<std::string>{"approve plan-1 by user:alice"});
}

TEST_F(ChatDeskTest, SaysThatAPlanHasChangedAndShowsItAsItIs) {
  control_.plan_hash = "h2";
  const ChatAnswer answer = press("approve");
  EXPECT_EQ(answer.says.title.key(), "chat.changed");
  ASSERT_FALSE(answer.says.buttons.empty());
  EXPECT_EQ(answer.says.buttons[0].value, "h2 plan-1");
  EXPECT_EQ(control_.state, "proposed");
}

TEST_F(ChatDeskTest, SaysThatSomebodyWasFaster) {
  ASSERT_EQ(press("approve").says.title.key(), "chat.approved");
  const ChatAnswer second = press("approve");
  EXPECT_EQ(second.kind, ChatAnswer::Kind::kDecided) << "the buttons go";
  EXPECT_EQ(second.says.title.key(), "chat.already");
  EXPECT_EQ(press("reject").says.title.key(), "chat.already") << "nobody is asked for a reason in vain";
}

TEST_F(ChatDeskTest, AsksForAReasonBeforeItRejects) {
  EXPECT_EQ(press("reject").kind, ChatAnswer::Kind::kAskReason);
  EXPECT_TRUE(control_.asked.empty());
  const ChatAnswer answer = ask({.kind = ChatRequest::Kind::kForm,
                                 .account = "U1",
                                 .user = "alice",
                                 .text = "not today",
                                 .action = "reject",
                                 .value = "h1 plan-1"});
  EXPECT_EQ(answer.says.title.key(), "chat.rejected");
  EXPECT_EQ(control_.asked, std::vector<std::string>{"reject plan-1 by user:alice: not today"});
}

TEST_F(ChatDeskTest, ShowsAPlanBeforeItIsApprovedByCommand) {
  const ChatAnswer answer = type("  APPROVE   plan-1 ");
  ASSERT_EQ(answer.says.buttons.size(), 2u);
  EXPECT_EQ(answer.says.buttons[0].value, "h1 plan-1");
  EXPECT_TRUE(control_.asked.empty());
}

TEST_F(ChatDeskTest, UnderstandsWhatIsTyped) {
  EXPECT_EQ(type("reject plan-1 not  today").says.title.key(), "chat.rejected");
  EXPECT_EQ(type("undo plan-1").says.title.key(), "chat.undoing");
  EXPECT_EQ(type("pause the database moves").says.title.key(), "chat.paused");
  EXPECT_EQ(control_.asked,
            (std::vector<std::string>{"reject plan-1 by user:alice: not  today", "undo plan-1 by user:alice",
                                      "pause by user:alice: the database moves"}));
  EXPECT_EQ(type("why").says.title.key(), "chat.needs_id");
  EXPECT_EQ(type("plan plan-9").says.title.key(), "chat.failed");
  EXPECT_EQ(type("status").says.title.key(), "chat.status");
  EXPECT_EQ(type("incidents").says.title.key(), "chat.incidents");
  const ChatAnswer unknown = type("aprove plan-1");
  EXPECT_EQ(unknown.says.title.key(), "chat.no_command");
  EXPECT_GT(unknown.says.lines.size(), 5u) << "what there is";
  EXPECT_EQ(type("").says.title.key(), "chat.help");
}

TEST_F(ChatDeskTest, KnowsOnlyItsOwnButtons) {
  for (const auto& [action, value] : {std::pair("approve", ""), std::pair("approve", "plan-1"),
                                      std::pair("approve", " plan-1"), std::pair("delete", "h1 plan-1")})
    EXPECT_EQ(press(action, value).says.title.key(), "chat.no_button") << action << " " << value;
  EXPECT_TRUE(control_.asked.empty());
}

}  // namespace
}  // namespace capstan::serve
