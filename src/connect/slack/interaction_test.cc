#include "connect/slack/interaction.h"

#include <gtest/gtest.h>

#include "connect/slack/web_api.h"

namespace capstan::slack {
namespace {

Json parse(std::string_view text) { return Json::parse(text).value(); }

TEST(SlackInteraction, ReadsAPress) {
  const auto read = read_interaction(Door::kInteractive, parse(R"({
      "type": "block_actions", "user": {"id": "U1"}, "trigger_id": "t", "response_url": "https://hooks.slack.com/x",
      "message": {"ts": "1.2", "blocks": [{"type": "divider"}]},
      "actions": [{"action_id": "capstan-approve", "value": "h plan-1", "type": "button"}]})"));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->kind, Interaction::Kind::kPress);
  EXPECT_EQ(read->user, "U1");
  EXPECT_EQ(read->action, "approve");
  EXPECT_EQ(read->value, "h plan-1");
  EXPECT_EQ(read->blocks.items().size(), 1u);
}

TEST(SlackInteraction, TakesThePressOfALinkForNothing) {
  const auto read = read_interaction(
      Door::kInteractive,
      parse(R"({"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "link-1"}]})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->action, "");
}

TEST(SlackInteraction, ReadsACommandFromAForm) {
  const auto payload = payload_of_form(
      Door::kCommand, "user_id=U1&text=pause+%ED%95%9C%EA%B8%80&response_url=https%3A%2F%2Fhooks.slack.com%2Fc");
  ASSERT_TRUE(payload);
  const auto read = read_interaction(Door::kCommand, *payload);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text, "pause 한글");
  EXPECT_EQ(read->response_url, "https://hooks.slack.com/c");
}

TEST(SlackInteraction, SaysWhatItExpected) {
  const auto message = [](Door door, std::string_view text) {
    const auto read = read_interaction(door, parse(text));
    return read ? std::string() : read.error().message;
  };
  EXPECT_NE(message(Door::kInteractive, "[]").find("an object"), std::string::npos);
  EXPECT_NE(message(Door::kInteractive, R"({"type": "shortcut"})").find("block_actions"), std::string::npos);
  EXPECT_NE(message(Door::kInteractive, R"({"type": "block_actions"})").find("user.id"), std::string::npos);
  EXPECT_NE(
      message(Door::kInteractive, R"({"type": "block_actions", "user": {"id": "U1"}, "actions": 3})").find("actions"),
      std::string::npos);
  EXPECT_NE(message(Door::kCommand, R"({"user_id": "U1"})").find("response_url"), std::string::npos);
  EXPECT_FALSE(payload_of_form(Door::kInteractive, "payload=%7B"));
  EXPECT_FALSE(payload_of_form(Door::kInteractive, "a=1"));
}

TEST(SlackInteraction, TakesItsOwnFormsOnly) {
  const auto read = read_interaction(Door::kInteractive, parse(R"({"type": "view_submission", "user": {"id": "U1"},
      "view": {"callback_id": "another", "private_metadata": "{}"}})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->action, "");
  const Json form =
      reason_view({.title = "Reject", .label = "Reason", .submit = "Reject", .close = "Back", .memo = "m"});
  const Json sent = Json::object(
      {{"type", "view_submission"},
       {"user", Json::object({{"id", "U1"}})},
       {"view", Json::object({{"callback_id", form["callback_id"]},
                              {"private_metadata", form["private_metadata"]},
                              {"state", parse(R"({"values": {"reason": {"reason": {"value": "no"}}}})")}})}});
  const auto ours = read_interaction(Door::kInteractive, sent);
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->action, "reject");
  EXPECT_EQ(ours->text, "no");
  EXPECT_EQ(ours->memo, "m");
}

TEST(SlackInteraction, SettlesAMessageAndKeepsItsLinks) {
  const Json blocks = parse(R"([{"type": "header"}, {"type": "actions", "elements": [
      {"action_id": "capstan-approve"}, {"action_id": "capstan-reject"}, {"action_id": "link-3"}]}])");
  const Json settled = settled_blocks(blocks, "Approved by <alice>");
  ASSERT_EQ(settled.items().size(), 3u);
  ASSERT_EQ(settled.items()[1]["elements"].items().size(), 1u);
  EXPECT_EQ(settled.items()[1]["elements"].items()[0]["action_id"].string_or_empty(), "link-3");
  EXPECT_EQ(settled.items()[2]["elements"].items()[0]["text"].string_or_empty(), "Approved by <alice>");
  const Json only = parse(R"([{"type": "actions", "elements": [{"action_id": "capstan-approve"}]}])");
  EXPECT_EQ(settled_blocks(only, "x").items().size(), 1u) << "a block of buttons without any is none";
}

TEST(SlackAnswers, GoToSlackOnly) {
  const std::string api = "https://slack.com/api";
  EXPECT_TRUE(is_response_url("https://hooks.slack.com/actions/T1/2/3", api));
  EXPECT_TRUE(is_response_url("http://127.0.0.1:99/actions/1", "http://127.0.0.1:99/api"));
  EXPECT_FALSE(is_response_url("https://hooks.slack.com.example.org/actions", api));
  EXPECT_FALSE(is_response_url("https://hooks.slack.com@example.org/actions", api));
  EXPECT_FALSE(is_response_url("http://169.254.169.254/latest", api));
  EXPECT_FALSE(is_response_url("", api));
}

}  // namespace
}  // namespace capstan::slack
