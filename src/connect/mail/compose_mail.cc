#include "connect/mail/compose_mail.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "connect/mail/gmime_handle.h"
#include "connect/mail/header_text.h"

namespace capstan::mail {
namespace {

constexpr size_t kLongestSubject = 200;
constexpr size_t kIdLength = 32;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

// One line, of at most so many bytes, never cut within a character.
std::string one_line(std::string_view text, size_t most) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (line.size() <= most) return line;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return line.substr(0, end) + "…";
}

// Only pages are linked: who reads a mail decides there.
std::vector<MessageButton> links_of(const Message& message) {
  std::vector<MessageButton> links;
  for (const MessageButton& button : message.buttons) {
    if (!button.url.empty()) links.push_back(button);
  }
  const bool known = std::ranges::find(links, message.url, &MessageButton::url) != links.end();
  if (!message.url.empty() && !known) links.push_back({.label = "", .url = message.url});
  return links;
}

std::string as_text(const Message& message) {
  std::string text = message.title + "\n";
  if (!message.text.empty()) text += "\n" + message.text + "\n";
  if (!message.fields.empty()) text += "\n";
  for (const auto& [name, value] : message.fields) text += fmt::format("{}: {}\n", name, value);
  if (!message.code_lines.empty()) text += "\n";
  for (const std::string& line : message.code_lines) text += "    " + line + "\n";
  const std::vector<MessageButton> links = links_of(message);
  if (!links.empty()) text += "\n";
  for (const MessageButton& link : links)
    text += link.label.empty() ? link.url + "\n" : fmt::format("{}: {}\n", link.label, link.url);
  return text;
}

std::string as_html(const Message& message) {
  std::string html =
      "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body style=\"font-family:sans-serif\">";
  html += fmt::format("<h3>{}</h3>", escaped(message.title));
  if (!message.text.empty()) html += fmt::format("<p style=\"white-space:pre-wrap\">{}</p>", escaped(message.text));
  if (!message.fields.empty()) html += "<table cellpadding=\"4\">";
  for (const auto& [name, value] : message.fields) {
    html += fmt::format("<tr><th align=\"left\" valign=\"top\">{}</th><td style=\"white-space:pre-wrap\">{}</td></tr>",
                        escaped(name), escaped(value));
  }
  if (!message.fields.empty()) html += "</table>";
  if (!message.code_lines.empty()) html += "<pre>";
  for (const std::string& line : message.code_lines) html += escaped(line) + "\n";
  if (!message.code_lines.empty()) html += "</pre>";
  for (const MessageButton& link : links_of(message)) {
    html += fmt::format("<p><a href=\"{}\">{}</a></p>", escaped(link.url),
                        escaped(link.label.empty() ? link.url : link.label));
  }
  return html + "</body></html>\n";
}

// The part holds the multipart alive no longer than it is added.
void add_part(GMimeMultipart* into, const char* subtype, const std::string& text) {
  const Held<GMimeTextPart> part(g_mime_text_part_new_with_subtype(subtype));
  g_mime_text_part_set_charset(part.get(), "utf-8");
  g_mime_text_part_set_text(part.get(), text.c_str());
  g_mime_part_set_content_encoding(GMIME_PART(part.get()), GMIME_CONTENT_ENCODING_BASE64);
  g_mime_multipart_add(into, GMIME_OBJECT(part.get()));
}

Status add_addresses(GMimeMessage* mail, GMimeAddressType type, const std::string& text) {
  TRY(address_of(text));
  InternetAddressList* parsed = internet_address_list_parse(nullptr, text.c_str());
  internet_address_list_append(g_mime_message_get_addresses(mail, type), parsed);
  g_object_unref(parsed);
  return {};
}

std::string with_crlf(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) result += '\r';
    result += text[i];
  }
  return result;
}

}  // namespace

Result<std::string> address_of(std::string_view text) {
  start_gmime();
  const auto refuse = [&] {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no mail address: expected ops@example.com or Ops <ops@example.com>", text));
  };
  const bool is_plain = std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  const Held<InternetAddressList> list(is_plain ? internet_address_list_parse(nullptr, std::string(text).c_str())
                                                : nullptr);
  if (!list || internet_address_list_length(list.get()) != 1) return refuse();
  InternetAddress* address = internet_address_list_get_address(list.get(), 0);
  if (!INTERNET_ADDRESS_IS_MAILBOX(address)) return refuse();
  // A domain in other letters has a form in ASCII (IDNA); what stands before the '@' has none.
  const char* mailbox = internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(address));
  const std::string_view found = mailbox == nullptr ? "" : mailbox;
  const size_t at = found.rfind('@');
  const bool is_whole = at != std::string_view::npos && at > 0 && at + 1 < found.size();
  const bool is_ascii = std::ranges::all_of(found, [](char c) { return c > 0x20 && c < 0x7f && c != '<' && c != '>'; });
  if (!is_whole || !is_ascii) return refuse();
  return std::string(found);
}

std::string message_id(const Message& message, std::string_view from_address) {
  return fmt::format("{}@{}", hex(sha256(fmt::format("{} {}", from_address, message.id))).substr(0, kIdLength),
                     from_address.substr(from_address.rfind('@') + 1));
}

Result<std::string> compose_mail(const Message& message, const MailFrame& frame) {
  start_gmime();
  const Held<GMimeMessage> mail(g_mime_message_new(TRUE));
  TRY(add_addresses(mail.get(), GMIME_ADDRESS_TYPE_FROM, frame.from));
  for (const std::string& to : frame.to) TRY(add_addresses(mail.get(), GMIME_ADDRESS_TYPE_TO, to));
  GDateTime* date = g_date_time_new_from_unix_utc(to_unix_ms(frame.at) / 1000);
  g_mime_message_set_date(mail.get(), date);
  g_date_time_unref(date);
  g_mime_message_set_message_id(mail.get(), message_id(message, TRY(address_of(frame.from))).c_str());
  const auto set = [&](const char* name, const std::string& value) {
    g_mime_object_set_header(GMIME_OBJECT(mail.get()), name, value.c_str(), "utf-8");
  };
  if (!frame.in_reply_to.empty()) {
    const std::string id = fmt::format("<{}>", one_line(frame.in_reply_to, kLongestSubject));
    set("In-Reply-To", id);
    set("References", id);
  }
  // No holiday notices in answer (RFC 3834).
  set("Auto-Submitted", "auto-generated");
  const Held<GMimeMultipart> body(g_mime_multipart_new_with_subtype("alternative"));
  add_part(body.get(), "plain", as_text(message));
  add_part(body.get(), "html", as_html(message));
  g_mime_message_set_mime_part(mail.get(), GMIME_OBJECT(body.get()));
  char* text = g_mime_object_to_string(GMIME_OBJECT(mail.get()), nullptr);
  const std::string subject = encode_header_text(one_line(message.title, kLongestSubject));
  std::string result = with_crlf(fmt::format("Subject: {}\n{}", subject, text == nullptr ? "" : text));
  g_free(text);
  return result;
}

}  // namespace capstan::mail
