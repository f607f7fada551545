#include "connect/mail/mail_message.h"

#include <strings.h>

#include <algorithm>

#include "connect/mail/gmime_handle.h"
#include "connect/mail/header_text.h"

namespace capstan::mail {
namespace {

constexpr size_t kMostText = 1 << 20;

std::string addresses(InternetAddressList* list) {
  if (!list) return "";
  const HeldText text(internet_address_list_to_string(list, nullptr, FALSE));
  return text ? text.get() : "";
}

// Groups have no address of their own; their members are few and passed over.
void add_addresses(InternetAddressList* list, std::vector<std::string>& into) {
  for (int i = 0; list && i < internet_address_list_length(list); ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    if (!INTERNET_ADDRESS_IS_MAILBOX(address)) continue;
    if (const char* text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address)))
      into.emplace_back(text);
  }
}

bool has_address(const std::vector<std::string>& all, std::string_view address) {
  return std::ranges::any_of(all, [&](const std::string& each) {
    return each.size() == address.size() && strncasecmp(each.data(), address.data(), address.size()) == 0;
  });
}

std::string subject_of(GMimeMessage* mail) {
  GMimeHeader* header = g_mime_header_list_get_header(g_mime_object_get_header_list(GMIME_OBJECT(mail)), "Subject");
  const char* raw = header ? g_mime_header_get_raw_value(header) : nullptr;
  const std::string subject = decode_header_text(raw ? raw : "");
  const size_t begin = std::min(subject.find_first_not_of(' '), subject.size());
  return subject.substr(begin);
}

void take_part(GMimeObject* /*parent*/, GMimeObject* part, gpointer data) {
  auto& message = *static_cast<MailMessage*>(data);
  if (!GMIME_IS_TEXT_PART(part)) return;
  GMimeContentType* type = g_mime_object_get_content_type(part);
  const bool html = g_mime_content_type_is_type(type, "text", "html");
  if (!html && !g_mime_content_type_is_type(type, "text", "plain")) return;
  const HeldText text(g_mime_text_part_get_text(GMIME_TEXT_PART(part)));
  std::string& into = html ? message.html : message.text;
  if (text && into.size() < kMostText) into += std::string_view(text.get()).substr(0, kMostText);
}

}  // namespace

Result<MailMessage> read_mail(std::string_view raw) {
  start_gmime();
  const Held<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(raw.data(), raw.size()));
  const Held<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Held<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  if (!parsed) return fail(ErrorCode::kCorrupt, "this is no mail");
  MailMessage message;
  message.from = addresses(g_mime_message_get_from(parsed.get()));
  message.to = addresses(g_mime_message_get_to(parsed.get()));
  add_addresses(g_mime_message_get_from(parsed.get()), message.from_addresses);
  add_addresses(g_mime_message_get_to(parsed.get()), message.to_addresses);
  add_addresses(g_mime_message_get_cc(parsed.get()), message.to_addresses);
  message.subject = subject_of(parsed.get());
  if (GDateTime* date = g_mime_message_get_date(parsed.get()))
    message.date = from_unix_ms(g_date_time_to_unix(date) * 1000);
  g_mime_message_foreach(parsed.get(), take_part, &message);
  return message;
}

bool is_for(const MailMessage& mail, std::string_view address) { return has_address(mail.to_addresses, address); }
bool is_from(const MailMessage& mail, std::string_view address) { return has_address(mail.from_addresses, address); }

}  // namespace capstan::mail
