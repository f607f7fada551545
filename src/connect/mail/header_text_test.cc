#include "connect/mail/header_text.h"

#include <gtest/gtest.h>

#include "connect/mail/mail_message.h"

namespace capstan::mail {
namespace {

TEST(HeaderText, LongKoreanSubjectsArriveWhole) {
  for (const std::string_view text :
       {"사고 inc-12: web1의 CPU가 포화 상태입니다 process yes (pid 4211) 가 98 % 를 쓰고 있습니다 — 승인이 필요합니다 "
        "plan-17",
        "가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하 abc "
        "가나다라마바사아자차카타파하",
        "web1 🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨🚨", "plain", "한", "", "=?utf-8?B?7ZWc?="}) {
    const std::string header = encode_header_text(text);
    for (size_t begin = 0; begin < header.size();) {
      const size_t end = std::min(header.find('\n', begin), header.size());
      EXPECT_LE(end - begin, 76u) << header;
      begin = end + 1;
    }
    EXPECT_EQ(decode_header_text(header), text);
  }
}

TEST(HeaderText, ATextNeverAddsAHeader) {
  EXPECT_EQ(encode_header_text("a\r\nBcc: eve@example.com"), "a  Bcc: eve@example.com");
  EXPECT_EQ(decode_header_text("=?utf-8?B?YQ0KQmNjOiBi?="), "a  Bcc: b");
}

TEST(HeaderText, ReadsWhatOthersWrite) {
  // A padded word before another one, of base64 and of quoted-printable.
  EXPECT_EQ(
      decode_header_text("=?UTF-8?B?d2ViMeydmCBDUFXqsIAg7Y+s7ZmUIOyDge2DnOyeheuLiOuLpA==?=\r\n =?UTF-8?B?IPCfmqg=?="),
      "web1의 CPU가 포화 상태입니다 🚨");
  EXPECT_EQ(decode_header_text("=?utf-8?q?=ED=95=9C_=EA=B8=80?= abc =?utf-8?Q?x?="), "한 글 abc x");
  // Korean mails of other years; a character that was cut; a language.
  EXPECT_EQ(decode_header_text("=?euc-kr?B?x9Gx2w==?="), "한글");
  EXPECT_EQ(decode_header_text("=?ks_c_5601-1987?B?x9Gx2w==?="), "한글");
  EXPECT_EQ(decode_header_text("=?iso-2022-kr?B?GyQpQw5HUTFbDw==?="), "한글");
  EXPECT_EQ(decode_header_text("=?utf-8?B?7ZU=?= =?utf-8?B?nOq4gA==?="), "한글");
  EXPECT_EQ(decode_header_text("=?utf-8*ko?B?7ZWc?="), "한");
  EXPECT_EQ(decode_header_text("한글"), "한글");
}

TEST(HeaderText, NonsenseStaysReadable) {
  EXPECT_EQ(decode_header_text("=?utf-8?X?abc?="), "=?utf-8?X?abc?=");
  EXPECT_EQ(decode_header_text("=?utf-8?B?"), "=?utf-8?B?");
  EXPECT_EQ(decode_header_text("=?nowhere?B?YWJj?="), "abc");
  EXPECT_EQ(decode_header_text("\xff\xfe"), "\xEF\xBF\xBD");
}

TEST(MailMessage, SaysWhoItIsFromAndWhoFor) {
  const auto mail = read_mail(
      "From: =?utf-8?B?7ZWc6riA?= <portal@example.org>\r\nTo: \"a, b\" <Trial_User01@Example.com>, x@y.z\r\nCc: "
      "c@d.e\r\n"
      "Subject: =?utf-8?B?7ZWc?=\r\n =?utf-8?B?6riA?=\r\nDate: Thu, 01 Jan 2026 00:00:00 +0900\r\n"
      "Content-Type: text/plain; charset=euc-kr\r\nContent-Transfer-Encoding: base64\r\n\r\nx9Gx2w==\r\n");
  ASSERT_TRUE(mail.has_value());
  EXPECT_EQ(mail->subject, "한글");
  EXPECT_EQ(mail->text, "한글");
  EXPECT_EQ(mail->from_addresses, std::vector<std::string>{"portal@example.org"});
  EXPECT_EQ(mail->to_addresses, (std::vector<std::string>{"Trial_User01@Example.com", "x@y.z", "c@d.e"}));
  EXPECT_TRUE(is_for(*mail, "trial_user01@example.com"));
  EXPECT_FALSE(is_for(*mail, "user01@example.com"));  // An IMAP server's search takes it for a part of the other.
}

}  // namespace
}  // namespace capstan::mail
