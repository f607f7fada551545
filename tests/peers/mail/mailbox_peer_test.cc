// A mailbox as steps ask it, at a real server (dovecot).
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "connect/mail/mailbox.h"

namespace capstan::mail {
namespace {

struct Secrets final : SecretStore {
  std::string password;
  Result<Secret> get(std::string_view) const override { return Secret(password); }
};

class MailboxPeerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/mailbox-peer-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override {
    if (child_ > 0) {
      ::close(stdin_);
      ::waitpid(child_, nullptr, 0);
    }
    std::filesystem::remove_all(directory_);
  }

  void mail(const std::string& to, const std::string& subject, const std::string& text,
            const std::string& date = "Thu, 01 Jan 2026 10:00:00 +0900") {
    std::ofstream file(directory_ / ("m" + std::to_string(1000 + count_++) + ".eml"), std::ios::binary);
    file << "From: Portal <portal@example.org>\r\nTo: " << to << "\r\nSubject: " << subject << "\r\nDate: " << date
         << "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
         << text << "\r\n";
  }

  void serve() {
    int in[2], out[2];
    ASSERT_EQ(::pipe(in), 0);
    ASSERT_EQ(::pipe(out), 0);
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::close(in[1]);
      ::execl("/usr/bin/python3", "python3", CAPSTAN_SOURCE_DIR "/tests/peers/mail/imap_peer.py", directory_.c_str(),
              nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    std::FILE* lines = ::fdopen(out[0], "r");
    std::array<char, 64> login{}, password{};
    int port = 0;
    ASSERT_EQ(std::fscanf(lines, "%d %63s %63s", &port, login.data(), password.data()), 3)
        << "the server did not start";
    std::fclose(lines);
    secrets_.password = password.data();
    settings_ = Json::object({{"url", "imap://127.0.0.1:" + std::to_string(port)},
                              {"user", login.data()},
                              {"password", "env:PW"},
                              {"tls", "none"}});
  }

  Result<ServiceAnswer> find(const char* criteria) {
    const auto box = Mailbox::create("box", settings_, secrets_);
    if (!box) return fail(box.error());
    ServiceCall call;
    call.request = Json::object({{"find", *Json::parse(criteria)}});
    return (*box)->call(call, {});
  }
  std::string text(const char* criteria) {
    const Result<ServiceAnswer> answer = find(criteria);
    if (!answer) return answer.error().message;
    const std::string& text = answer->body["text"].string_or_empty();
    return answer->body["found"].bool_or(false) ? text.substr(0, text.find_first_of("\r\n")) : "nothing";
  }

  Secrets secrets_;
  Json settings_;
  std::filesystem::path directory_;
  int count_ = 0;
  pid_t child_ = -1;
  int stdin_ = -1;
};

TEST_F(MailboxPeerTest, AMailForSomebodyElseIsNotOurs) {
  mail("user1@example.com", "Confirm", "ours");
  mail("otheruser1@example.com, User2 <user2@example.com>", "Confirm", "theirs");
  serve();
  EXPECT_EQ(text(R"({"to": "user1@example.com"})"), "ours");
  EXPECT_EQ(text(R"({"to": "USER2@example.com"})"), "theirs");
  EXPECT_EQ(text(R"({"to": "user3@example.com"})"), "nothing");
  EXPECT_EQ(text(R"({"from": "portal@example.org", "subject": "confirm"})"), "theirs");
  EXPECT_EQ(text(R"({"from": "tal@example.org"})"), "nothing");
}

TEST_F(MailboxPeerTest, FindsWhatIsWrittenInOtherLetters) {
  mail("a@example.com", "=?euc-kr?B?sK3AziDIrsDO?=", "first");
  mail("a@example.com", "=?UTF-8?B?6rOE7KCVIO2ZleyduA==?=\r\n =?UTF-8?B?IOq5gOyyoOyImA==?=", "second");
  serve();
  EXPECT_EQ(text(R"({"to": "a@example.com", "subject": "김철수"})"), "second");
  EXPECT_EQ(text(R"({"to": "a@example.com", "subject": "없음"})"), "nothing");
}

TEST_F(MailboxPeerTest, WhatIsTooLargeOrNoMailHidesNothing) {
  mail("a@example.com", "Confirm", "whole");
  mail("a@example.com", "Confirm", std::string(9 << 20, 'x'));
  serve();
  EXPECT_EQ(text(R"({"to": "a@example.com"})"), "whole");
}

TEST_F(MailboxPeerTest, OldMailsAreNotTheOneThatIsWaitedFor) {
  mail("a@example.com", "Confirm", "old", "Thu, 01 Jan 2026 10:00:00 +0900");
  serve();
  EXPECT_EQ(text(R"({"to": "a@example.com", "after": "2026-01-01T01:01:00Z"})"), "old");
  EXPECT_EQ(text(R"({"to": "a@example.com", "after": "2026-01-01T02:00:00Z"})"), "nothing");
}

TEST_F(MailboxPeerTest, NoPasswordGoesInTheClearUnlessTheOperatorSaysSo) {
  mail("a@example.com", "Confirm", "x");
  serve();
  settings_.mutable_members().erase("tls");
  const Result<ServiceAnswer> answer = find(R"({"to": "a@example.com"})");
  ASSERT_FALSE(answer.has_value());
  EXPECT_NE(answer.error().message.find("STARTTLS"), std::string::npos) << answer.error().message;
  settings_.set("tls", "maybe");
  EXPECT_EQ(find("{}").error().message, "the mailbox 'box': 'tls' can only be 'none'");
}

TEST_F(MailboxPeerTest, ASearchIsNoCommand) {
  mail("a@example.com", "Confirm", "x");
  serve();
  EXPECT_EQ(text(R"({"subject": "a\"\r\nA1 DELETE INBOX"})"), "nothing");
  EXPECT_EQ(text(R"({"subject": "Confirm"})"), "x");
}

}  // namespace
}  // namespace capstan::mail
