// Mails that Capstan sends, as a real server (smtp_server.py) takes them.
#include <gmock/gmock.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "connect/mail/compose_mail.h"
#include "connect/mail/mail_channel.h"
#include "connect/mail/mail_message.h"

namespace capstan::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

class MailPeerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/mail-peer-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    int in[2], out[2];
    ASSERT_EQ(::pipe(in), 0);
    ASSERT_EQ(::pipe(out), 0);
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::close(in[1]);
      ::execl("/usr/bin/python3", "python3", CAPSTAN_SOURCE_DIR "/tests/peers/mail/smtp_server.py", name, nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    std::FILE* lines = ::fdopen(out[0], "r");
    char line[32] = {};
    ASSERT_NE(std::fgets(line, sizeof(line), lines), nullptr) << "the server did not start";
    std::fclose(lines);
    port_ = std::stoi(line);
  }
  void TearDown() override {
    ::close(stdin_);
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
    std::filesystem::remove_all(directory_);
  }

  MailChannel::Options options() const {
    return {.name = "mail",
            .server = "smtp://localhost:" + std::to_string(port_),
            .plain = false,
            .ca_file = directory_ / "ca.pem",
            .user = "alice",
            .password = Secret("한글 \"pass\""),
            .from = "Capstan 알림 <capstan@example.com>",
            .to = {"Ops <ops@example.com>", "kim@example.com"}};
  }
  Delivery send(const Message& message, const MailChannel::Options& options, const std::string& thread = "") {
    return MailChannel(options, clock_).send(message, thread, {});
  }
  std::string raw(int number) { return read_file(directory_ / (std::to_string(number) + ".eml")).value_or(""); }
  // As another program than ours reads it.
  std::string subject(int number) { return read_file(directory_ / (std::to_string(number) + ".subject")).value_or(""); }
  static Message ordinary() {
    Message message;
    message.id = "inc-1:opened";
    message.thread = "incident:inc-1";
    message.severity = Severity::kHigh;
    message.title = "web1의 CPU가 포화 상태입니다 🚨";
    message.fields = {{"원인", "process <x> (pid 42) & friends"}};
    message.text = "a < b && c > d\n.\n..점으로 시작하는 줄";
    message.code_lines = {"ERROR <script>alert(1)</script>"};
    message.buttons = {{"보고 승인하기", "http://127.0.0.1:9469/plans/plan-1"}, {"Approve", "", "approve", "plan-1"}};
    return message;
  }

  VirtualClock clock_{from_unix_ms(1'795'322'096'000)};
  std::filesystem::path directory_;
  pid_t child_ = -1;
  int stdin_ = -1;
  int port_ = 0;
};

TEST_F(MailPeerTest, ArrivesAsItWasMeantInBothForms) {
  const Delivery delivery = send(ordinary(), options());
  ASSERT_TRUE(delivery.status) << delivery.status.error().to_string();
  const std::string mail = raw(1);
  EXPECT_THAT(mail, HasSubstr("X-Peer-From: capstan@example.com"));
  EXPECT_THAT(mail, HasSubstr("X-Peer-To: ops@example.com, kim@example.com"));
  EXPECT_THAT(mail, HasSubstr("X-Peer-Tls: True"));
  EXPECT_THAT(mail, HasSubstr("Message-Id: <" + delivery.reference + ">"));
  const MailMessage read = read_mail(mail).value();
  EXPECT_EQ(subject(1), ordinary().title);
  EXPECT_THAT(read.from, HasSubstr("Capstan 알림"));
  EXPECT_EQ(read.date, clock_.now());
  EXPECT_THAT(read.text, HasSubstr("a < b && c > d"));
  EXPECT_THAT(read.text, HasSubstr("..점으로 시작하는 줄")) << "dots are no end of the mail";
  EXPECT_THAT(read.text, HasSubstr("보고 승인하기: http://127.0.0.1:9469/plans/plan-1"));
  EXPECT_THAT(read.text, Not(HasSubstr("Approve"))) << "nobody decides by mail";
  EXPECT_THAT(read.html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(read.html, HasSubstr("<a href=\"http://127.0.0.1:9469/plans/plan-1\">보고 승인하기</a>"));
  // Headers are ASCII, and no line is longer than a server has to take (RFC 5322, 2.1.1).
  const std::string head = mail.substr(0, mail.find("\r\n\r\n"));
  EXPECT_TRUE(std::ranges::all_of(head, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  for (size_t begin = 0; begin < mail.size();) {
    const size_t end = std::min(mail.find("\r\n", begin), mail.size());
    EXPECT_LE(end - begin, 998u);
    begin = end + 2;
  }
}

TEST_F(MailPeerTest, KeepsWhatBelongsTogetherInOneThread) {
  const Delivery first = send(ordinary(), options());
  Message later = ordinary();
  later.id = "inc-1:closed";
  const Delivery second = send(later, options(), first.reference);
  ASSERT_TRUE(second.status);
  EXPECT_NE(first.reference, second.reference);
  EXPECT_THAT(raw(1), Not(HasSubstr("In-Reply-To")));
  EXPECT_THAT(raw(2), HasSubstr("In-Reply-To: <" + first.reference + ">"));
  EXPECT_THAT(raw(2), HasSubstr("References: <" + first.reference + ">"));
  // The same message again is known as the same.
  EXPECT_EQ(send(ordinary(), options()).reference, first.reference);
}

TEST_F(MailPeerTest, ATitleCannotAddAHeader) {
  Message message = ordinary();
  message.title = "innocent\r\nBcc: eve@example.com\r\n\r\nbody";
  ASSERT_TRUE(send(message, options()).status);
  EXPECT_THAT(raw(1), Not(HasSubstr("\nBcc:")));
  EXPECT_EQ(subject(1), "innocent  Bcc: eve@example.com    body");
}

TEST_F(MailPeerTest, ALongKoreanTitleArrivesWholeAndSoDoOthersReadIt) {
  Message message = ordinary();
  message.title =
      "사고 inc-12: web1의 CPU가 포화 상태입니다 process yes (pid 4211) 가 98 % 를 쓰고 있습니다 — 승인이 필요합니다 "
      "🚨";
  ASSERT_TRUE(send(message, options()).status);
  EXPECT_EQ(subject(1), message.title);
  EXPECT_EQ(read_mail(raw(1)).value().subject, message.title);
  for (size_t word = raw(1).find("=?utf-8?B?"); word != std::string::npos; word = raw(1).find("=?utf-8?B?", word + 1))
    EXPECT_LE(raw(1).find("?=", word) + 2 - word, 75u);  // RFC 2047, section 2.
}

TEST_F(MailPeerTest, TellsAWrongLoginAndTriesAgainLater) {
  MailChannel::Options wrong = options();
  wrong.password = Secret("wrong-password");
  const Delivery delivery = send(ordinary(), wrong);
  ASSERT_FALSE(delivery.status);
  EXPECT_TRUE(delivery.retry) << "the password may be set right";
  EXPECT_EQ(delivery.status.error().code, ErrorCode::kUnauthenticated);
  EXPECT_THAT(delivery.status.error().message, HasSubstr("does not take the login"));
  EXPECT_THAT(delivery.status.error().message, Not(HasSubstr("wrong-password")));
}

TEST_F(MailPeerTest, TellsForNowFromForGood) {
  MailChannel::Options busy = options();
  busy.to = {"busy@example.com"};
  const Delivery later = send(ordinary(), busy);
  ASSERT_FALSE(later.status);
  EXPECT_TRUE(later.retry) << later.status.error().to_string();
  EXPECT_THAT(later.status.error().message, HasSubstr("450 4.2.1 mailbox busy"));
  MailChannel::Options nobody = options();
  nobody.to = {"nobody@example.com"};
  const Delivery never = send(ordinary(), nobody);
  ASSERT_FALSE(never.status);
  EXPECT_FALSE(never.retry) << never.status.error().to_string();
  EXPECT_THAT(never.status.error().message, HasSubstr("550 5.1.1 no such user here"));
}

TEST_F(MailPeerTest, ReachesTheOthersWhereOneRecipientIsRefused) {
  MailChannel::Options mixed = options();
  mixed.to = {"nobody@example.com", "ops@example.com"};
  EXPECT_TRUE(send(ordinary(), mixed).status);
  EXPECT_THAT(raw(1), HasSubstr("X-Peer-To: ops@example.com\r\n"));
}

TEST_F(MailPeerTest, SendsNothingToAServerThatItCannotBeSureOf) {
  MailChannel::Options unknown = options();
  unknown.ca_file.clear();  // Nobody that the system trusts has signed the server's certificate.
  const Delivery delivery = send(ordinary(), unknown);
  ASSERT_FALSE(delivery.status);
  EXPECT_TRUE(delivery.retry);
  EXPECT_EQ(raw(1), "");
  // Nor without TLS to one that wants it.
  MailChannel::Options plain = options();
  plain.plain = true;
  plain.user.clear();
  EXPECT_FALSE(send(ordinary(), plain).status);
  EXPECT_EQ(raw(1), "");
}

TEST_F(MailPeerTest, SaysThatAServerIsNotThere) {
  MailChannel::Options gone = options();
  gone.server = "smtp://127.0.0.1:1";
  const Delivery delivery = send(ordinary(), gone);
  ASSERT_FALSE(delivery.status);
  EXPECT_TRUE(delivery.retry);
  EXPECT_EQ(delivery.status.error().code, ErrorCode::kUnavailable);
}

TEST(MailAddress, IsTakenWithOrWithoutAName) {
  EXPECT_EQ(address_of("ops@example.com").value(), "ops@example.com");
  EXPECT_EQ(address_of("운영팀 <ops@example.com>").value(), "ops@example.com");
  EXPECT_EQ(address_of("김 <kim@예시.한국>").value(), "kim@xn--vv4b11d.xn--3e0b707e");
  for (const char* bad :
       {"홍길동@예시.한국", "", "ops", "ops@", "@example.com", "a@b.c, d@e.f", "a@b.c\r\nBcc: x@y.z", "Group: a@b.c;"})
    EXPECT_FALSE(address_of(bad)) << bad;
}

}  // namespace
}  // namespace capstan::mail
