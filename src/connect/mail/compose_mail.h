// A message as a mail: headers for threads, and the same text twice, plain and as HTML.
// Sources: RFC 5322 (Message-ID, In-Reply-To, References), RFC 2046 (multipart/alternative), RFC 2047 (headers in
// UTF-8).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/message.h"

namespace capstan::mail {

struct MailFrame {
  std::string from;             // "Capstan <capstan@example.com>"
  std::vector<std::string> to;  // The same form; at least one.
  std::string in_reply_to;      // The Message-ID of the thread's first mail; "" for none.
  Time at;
};

// The address alone, of "Name <local@domain>" or "local@domain", with its domain in ASCII; kInvalidArgument for what is
// none, and for one that only servers with SMTPUTF8 take.
Result<std::string> address_of(std::string_view text);

// The same for the same message and sender, so that a mail that was sent twice can be known as one.
std::string message_id(const Message& message, std::string_view from_address);

// Lines end in CRLF, as SMTP wants them.
Result<std::string> compose_mail(const Message& message, const MailFrame& frame);

}  // namespace capstan::mail
