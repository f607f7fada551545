// Whatever a message says, its mail has the headers that were meant and no others.
#include <cstdint>
#include <cstdlib>

#include "connect/mail/compose_mail.h"
#include "connect/mail/header_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)capstan::mail::address_of(text);
  (void)capstan::mail::decode_header_text(text);
  capstan::Message message;
  message.id = message.title = message.text = text;
  message.fields = {{text, text}};
  const auto mail = capstan::mail::compose_mail(
      message, {.from = "a@example.com", .to = {"b@example.com"}, .in_reply_to = text, .at = {}});
  if (!mail) return 0;
  const std::string head = mail->substr(0, mail->find("\r\n\r\n"));
  if (head.find("\nBcc:") != std::string::npos || head.find("\nCc:") != std::string::npos) std::abort();
  return 0;
}
