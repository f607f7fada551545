// One mail as people read it: who, what, when, and its text, whatever its parts are encoded in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace capstan::mail {

struct MailMessage {
  std::string from;
  std::string to;
  std::vector<std::string> from_addresses;  // Alone, without the names: "kim@example.com".
  std::vector<std::string> to_addresses;    // Of To and Cc.
  std::string subject;
  Time date;         // Of its header; the epoch when it has none.
  std::string text;  // The parts that are text/plain, decoded to UTF-8.
  std::string html;  // Those that are text/html.
};

// RFC 5322 and MIME. kCorrupt for what is no mail; parts that cannot be decoded are left out.
Result<MailMessage> read_mail(std::string_view raw);

// Whether one of the addresses is that one; letters' case does not count.
bool is_for(const MailMessage& mail, std::string_view address);
bool is_from(const MailMessage& mail, std::string_view address);

}  // namespace capstan::mail
