#include "model/slack_fact.h"
#include "serve/server_fixture.h"

namespace capstan::serve {
namespace {

// What Slack's side does: `server().answer_chat`; what the other side does: requests.
class LinkTest : public ServerFixture {
 protected:
  ChatAnswer type(const std::string& text, const std::string& account = "U1", const std::string& declared = "") {
    return server().answer_chat({.account = account, .user = declared, .text = text});
  }
  std::string code_for(const std::string& account) {
    const ChatAnswer answer = type("link", account);
    EXPECT_EQ(answer.kind, ChatAnswer::Kind::kTold) << "for the eyes of who asked";
    EXPECT_EQ(answer.says.title.key(), "chat.link");
    return answer.says.title.place("code").text;
  }
  HttpResponse bring(const Json& body, HttpHeaders headers) {
    return post("/capstan/v1/slack/links", body, std::move(headers));
  }
  HttpResponse bring(const std::string& code, std::string_view session) {
    return bring(Json::object({{"code", code}}), page(session));
  }
  std::string add_user(std::string_view admin, std::string_view name, std::string_view role) {
    EXPECT_EQ(
        post("/capstan/v1/users", Json::object({{"user", name}, {"password", kPassword}, {"role", role}}), page(admin))
            .status,
        200);
    return cookie(log_in(name));
  }
  Json links(std::string_view session) { return json(get("/capstan/v1/slack/links", page(session)))["links"]; }
};

TEST_F(LinkTest, AnAccountActsAsTheUserOfTheSessionThatBringsItsCode) {
  const std::string alice = set_up();
  EXPECT_EQ(type("status").says.title.key(), "chat.unlinked");
  const HttpResponse linked = bring(code_for("U1"), alice);
  ASSERT_EQ(linked.status, 200) << linked.body;
  EXPECT_EQ(json(linked)["account"], Json("U1"));
  EXPECT_EQ(json(linked)["user"], Json("alice"));
  EXPECT_EQ(type("status").says.title.key(), "chat.status");
  EXPECT_EQ(type("link").says.title.key(), "chat.linked");
  EXPECT_EQ(type("status", "U2").says.title.key(), "chat.unlinked");
  const std::vector<NewFact> facts = control_.recorded();
  ASSERT_FALSE(facts.empty());
  EXPECT_EQ(facts.back().kind, fact_kind::kSlackLinked);
  EXPECT_EQ(facts.back().subject, "slack:U1");
  EXPECT_EQ(facts.back().actor, "user:alice");
  EXPECT_EQ(facts.back().body.dump().find('-'), std::string::npos) << "no code in a fact";
}

TEST_F(LinkTest, SurvivesARestartAndGoesWithItsUser) {
  const std::string alice = set_up();
  const std::string bob = add_user(alice, "bob", "viewer");
  ASSERT_EQ(bring(code_for("U2"), bob).status, 200);
  restart();
  EXPECT_EQ(type("status", "U2").says.title.key(), "chat.status");
  ASSERT_EQ(send("DELETE", "/capstan/v1/users/bob", page(alice)).status, 200);
  EXPECT_EQ(type("status", "U2").says.title.key(), "chat.unlinked");
  add_user(alice, "bob", "admin");
  EXPECT_EQ(type("status", "U2").says.title.key(), "chat.unlinked") << "another bob";
}

TEST_F(LinkTest, NobodyLinksAnAccountToSomebodyElse) {
  const std::string alice = set_up();
  const std::string bob = add_user(alice, "bob", "viewer");
  const std::string code = code_for("U1");
  const auto as = [&](std::string_view user, std::string_view password) {
    return Json::object({{"code", code}, {"user", user}, {"password", password}});
  };
  EXPECT_EQ(bring(as("alice", kPassword), page(bob)).status, 403);
  const std::string token = make_token(alice, "robot", "admin");
  EXPECT_EQ(bring(Json::object({{"code", code}}), bearer(token)).status, 400) << "a token is no person";
  EXPECT_EQ(bring(as("bob", "wrong password"), bearer(token)).status, 401);
  EXPECT_EQ(bring(Json::object({{"code", code}}), {}).status, 401);
  EXPECT_EQ(type("status").says.title.key(), "chat.unlinked");
  const HttpResponse linked = bring(as("bob", kPassword), bearer(token));
  EXPECT_EQ(json(linked)["user"], Json("bob")) << linked.body;
}

TEST_F(LinkTest, GuessesAreSlowedDown) {
  const std::string alice = set_up();
  const std::string code = code_for("U1");
  int wrong = 0;
  while (wrong < 20 && bring("AAAA-AAA" + std::to_string(wrong % 8 + 2), alice).status == 404) ++wrong;
  EXPECT_LT(wrong, 12);
  EXPECT_EQ(bring(code, alice).status, 429) << "also for the right one";
  clock_.advance(std::chrono::minutes(16));
  EXPECT_EQ(bring(code, alice).status, 404) << "it has expired";
  EXPECT_EQ(bring(code_for("U1"), alice).status, 429) << "and that was one guess more";
}

TEST_F(LinkTest, OneSeesAndEndsOnesOwnLinksAndAnAdministratorAll) {
  const std::string alice = set_up();
  const std::string bob = add_user(alice, "bob", "operator");
  ASSERT_EQ(bring(code_for("U1"), alice).status, 200);
  ASSERT_EQ(bring(code_for("U2"), bob).status, 200);
  EXPECT_EQ(links(alice).items().size(), 2u);
  ASSERT_EQ(links(bob).items().size(), 1u);
  EXPECT_EQ(links(bob).items()[0]["account"], Json("U2"));
  EXPECT_EQ(post("/capstan/v1/slack/links/U1/end", Json::object(), page(bob)).status, 404);
  EXPECT_EQ(post("/capstan/v1/slack/links/U2/end", Json::object(), page(alice)).status, 200);
  EXPECT_EQ(control_.recorded().back().kind, fact_kind::kSlackUnlinked);
  EXPECT_EQ(control_.recorded().back().actor, "user:alice");
  EXPECT_EQ(type("status", "U2").says.title.key(), "chat.unlinked");
  EXPECT_EQ(type("unlink", "U1").says.title.key(), "chat.no_longer_linked");
  EXPECT_EQ(type("unlink", "U1").says.title.key(), "chat.not_linked_here");
  EXPECT_EQ(type("status", "U1").says.title.key(), "chat.unlinked");
}

TEST_F(LinkTest, WhatTheSettingsDeclareComesFirst) {
  const std::string alice = set_up();
  const std::string bob = add_user(alice, "bob", "viewer");
  ASSERT_EQ(bring(code_for("U1"), bob).status, 200);
  EXPECT_EQ(type("pause now", "U1").says.title.key(), "chat.needs_role");
  EXPECT_EQ(type("pause now", "U1", "alice").says.title.key(), "chat.paused");
  EXPECT_EQ(type("link", "U1", "alice").says.title.place("user").text, "alice");
}

}  // namespace
}  // namespace capstan::serve
