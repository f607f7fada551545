#include "connect/mail/mail_channel.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "connect/mail/compose_mail.h"

namespace capstan::mail {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kTimeoutSeconds = 60;
constexpr size_t kMostAnswer = 16 << 10;
constexpr size_t kMostTold = 300;

struct Close {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One mail on its way, and what the server says to it.
struct Transfer {
  std::string mail;
  size_t sent = 0;
  std::string answer;
  const std::stop_token& stop;
};

size_t give(char* into, size_t size, size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  const size_t bytes = std::min(size * count, transfer.mail.size() - transfer.sent);
  std::copy_n(transfer.mail.data() + transfer.sent, bytes, into);
  transfer.sent += bytes;
  return bytes;
}

size_t hear(char* text, size_t size, size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  if (transfer.answer.size() + size * count <= kMostAnswer) transfer.answer.append(text, size * count);
  return size * count;
}

int go_on(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(data)->stop.stop_requested() ? 1 : 0;
}

// The server's last refusal, in its own words: "550 5.1.1 no such user".
std::string refusal_in(std::string_view answer) {
  std::string last;
  for (size_t begin = 0; begin < answer.size();) {
    const size_t end = std::min(answer.find('\n', begin), answer.size());
    std::string_view line = answer.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > 3 && (line[0] == '4' || line[0] == '5') && line[3] == ' ') last = line;
    begin = end + 1;
  }
  std::ranges::replace_if(last, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return last.substr(0, kMostTold);
}

// What is wrong with the mail itself stays wrong; what is wrong with a login, a server or the way there may be set
// right meanwhile.
Delivery failure(CURLcode code, long status, const Transfer& transfer, const std::string& server) {
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return {.status = fail(ErrorCode::kCancelled, "the mail was not sent: stopped"), .retry = true};
  const bool is_login = code == CURLE_LOGIN_DENIED || status == 530 || status == 534 || status == 535;
  const bool is_refused = status >= 500 && status < 600 && !is_login;
  const std::string said = refusal_in(transfer.answer);
  const std::string why = said.empty() ? curl_easy_strerror(code) : said;
  const std::string text =
      is_login ? fmt::format("{} does not take the login: {}; check 'user' and 'password'", server, why)
      : code == CURLE_USE_SSL_FAILED ? fmt::format(
                                           "{} offers no STARTTLS, and nothing is sent in the clear; use smtps://, "
                                           "or 'tls: none' for a relay on this machine",
                                           server)
                                     : fmt::format("{}: {}", server, why);
  const ErrorCode as = is_login     ? ErrorCode::kUnauthenticated
                       : is_refused ? ErrorCode::kFailedPrecondition
                                    : ErrorCode::kUnavailable;
  return {.status = fail(as, text), .retry = !is_refused};
}

}  // namespace

Delivery MailChannel::send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) {
  const Result<std::string> from = address_of(options_.from);
  if (!from) return {.status = fail(from.error())};
  Result<std::string> mail = compose_mail(
      message, {.from = options_.from, .to = options_.to, .in_reply_to = thread_reference, .at = clock_.now()});
  if (!mail) return {.status = fail(mail.error())};
  Transfer transfer{.mail = *std::move(mail), .sent = 0, .answer = "", .stop = stop};
  const std::unique_ptr<CURL, Close> easy(curl_easy_init());
  std::unique_ptr<curl_slist, Close> recipients;
  for (const std::string& to : options_.to) {
    const Result<std::string> address = address_of(to);
    if (!address) return {.status = fail(address.error())};
    recipients.reset(curl_slist_append(recipients.release(), fmt::format("<{}>", *address).c_str()));
  }
  curl_easy_setopt(easy.get(), CURLOPT_URL, options_.server.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy.get(), CURLOPT_USE_SSL, static_cast<long>(options_.plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!options_.ca_file.empty()) curl_easy_setopt(easy.get(), CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!options_.user.empty()) {
    curl_easy_setopt(easy.get(), CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PASSWORD, options_.password.reveal().c_str());
  }
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_FROM, fmt::format("<{}>", *from).c_str());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_READFUNCTION, &give);
  curl_easy_setopt(easy.get(), CURLOPT_READDATA, &transfer);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, &hear);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, &go_on);
  curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  const CURLcode code = curl_easy_perform(easy.get());
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK) return failure(code, status, transfer, options_.server);
  if (const std::string refused = refusal_in(transfer.answer); !refused.empty())
    log::warning("mail", fmt::format("{} took a mail, but not for all: {}", options_.server, refused));
  return {.reference = message_id(message, *from)};
}

}  // namespace capstan::mail
