#include "connect/mail/mail_message.h"

#include <gmime/gmime.h>

#include <memory>
#include <mutex>

namespace capstan::mail {
namespace {

constexpr size_t kMostText = 1 << 20;

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Held = std::unique_ptr<T, Unref>;

struct Free {
  void operator()(char* text) const { g_free(text); }
};
using Text = std::unique_ptr<char, Free>;

void start_gmime() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

std::string addresses(InternetAddressList* list) {
  if (!list) return "";
  const Text text(internet_address_list_to_string(list, nullptr, FALSE));
  return text ? text.get() : "";
}

void take_part(GMimeObject* /*parent*/, GMimeObject* part, gpointer data) {
  auto& message = *static_cast<MailMessage*>(data);
  if (!GMIME_IS_TEXT_PART(part)) return;
  GMimeContentType* type = g_mime_object_get_content_type(part);
  const bool html = g_mime_content_type_is_type(type, "text", "html");
  if (!html && !g_mime_content_type_is_type(type, "text", "plain")) return;
  const Text text(g_mime_text_part_get_text(GMIME_TEXT_PART(part)));
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
  if (const char* subject = g_mime_message_get_subject(parsed.get())) message.subject = subject;
  if (GDateTime* date = g_mime_message_get_date(parsed.get()))
    message.date = from_unix_ms(g_date_time_to_unix(date) * 1000);
  g_mime_message_foreach(parsed.get(), take_part, &message);
  return message;
}

}  // namespace capstan::mail
