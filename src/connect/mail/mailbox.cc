#include "connect/mail/mailbox.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/suggest.h"
#include "base/url.h"
#include "connect/mail/mail_message.h"

namespace capstan::mail {
namespace {

constexpr auto kCriteria = std::to_array<std::string_view>({"to", "from", "subject", "after"});
constexpr size_t kMostBytes = 8 << 20;
constexpr size_t kMostLooked = 50;       // Of the mails that the server found, the newest.
constexpr Duration kClockSkew{120'000};  // Between the server that sent it and whoever says `after`.
constexpr long kTimeoutSeconds = 20;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_address(std::string_view text) {
  const size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size();
}

// Whether a quoted string (RFC 9051) can hold it. What it cannot, the server is not asked for, and we look ourselves.
bool can_be_quoted(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string search_for(const Json& find) {
  std::string criteria = "ALL";
  for (const char* key : {"to", "from", "subject"}) {
    const std::string& text = find[key].string_or_empty();
    if (!find.contains(key) || !can_be_quoted(text)) continue;
    std::string name = key;
    for (char& c : name) c = static_cast<char>(c - 32);
    criteria += fmt::format(" {} {}", name, quoted(text));
  }
  return criteria;
}

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return part.empty() || !std::ranges::search(text, part, same).empty();
}

// A server finds "user1@example.com" in "otheruser1@example.com": a mail for somebody else is none for us.
bool fits(const MailMessage& mail, const Json& find) {
  const std::string& to = find["to"].string_or_empty();
  const std::string& from = find["from"].string_or_empty();
  if (is_address(to) ? !is_for(mail, to) : !contains(mail.to, to)) return false;
  if (is_address(from) ? !is_from(mail, from) : !contains(mail.from, from)) return false;
  return contains(mail.subject, find["subject"].string_or_empty());
}

// The numbers of "* SEARCH 4 7 9", rising.
std::vector<int64_t> found_numbers(std::string_view answer) {
  std::vector<int64_t> numbers;
  constexpr std::string_view kSearch = "* SEARCH";
  const size_t at = answer.find(kSearch);
  if (at == std::string_view::npos) return numbers;
  std::string_view rest = answer.substr(at + kSearch.size());
  rest = rest.substr(0, rest.find_first_of("\r\n"));
  while (!rest.empty()) {
    int64_t number = 0;
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto [last, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    rest.remove_prefix(static_cast<size_t>(last - rest.data()));
  }
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace

// One connection to the server: curl speaks IMAP.
class Mailbox::Connection {
 public:
  Connection(const Json& settings, const std::string& password, const std::stop_token& stop)
      : stop_(stop), easy_(curl_easy_init()) {
    url_ = settings["url"].string_or_empty();
    while (url_.ends_with('/')) url_.pop_back();
    const std::string& box = settings["mailbox"].string_or_empty();
    url_ += "/" + percent_encode(box.empty() ? "INBOX" : box);
    curl_easy_setopt(easy_.get(), CURLOPT_PROTOCOLS_STR, "imap,imaps");
    // A password never goes in the clear, but where the operator says so.
    const bool plain = settings["tls"] == Json("none");
    curl_easy_setopt(easy_.get(), CURLOPT_USE_SSL, static_cast<long>(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(easy_.get(), CURLOPT_USERNAME, settings["user"].string_or_empty().c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_PASSWORD, password.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
    curl_easy_setopt(easy_.get(), CURLOPT_NOSIGNAL, 1L);
    if (const std::string& ca = settings["ca_file"].string_or_empty(); !ca.empty())
      curl_easy_setopt(easy_.get(), CURLOPT_CAINFO, ca.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &Connection::take);
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy_.get(), CURLOPT_XFERINFOFUNCTION, &Connection::go_on);
    curl_easy_setopt(easy_.get(), CURLOPT_XFERINFODATA, this);
  }

  Result<std::vector<int64_t>> search(const std::string& criteria) {
    curl_easy_setopt(easy_.get(), CURLOPT_URL, url_.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_CUSTOMREQUEST, ("UID SEARCH " + criteria).c_str());
    TRY(transfer());
    return found_numbers(body_);
  }

  Result<MailMessage> fetch(int64_t uid) {
    const std::string url = fmt::format("{}/;UID={}", url_, uid);
    curl_easy_setopt(easy_.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_CUSTOMREQUEST, nullptr);
    TRY(transfer());
    return read_mail(body_);
  }

 private:
  struct Close {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };

  static size_t take(char* data, size_t size, size_t count, void* self) {
    auto& here = *static_cast<Connection*>(self);
    if (here.body_.size() + size * count > kMostBytes) return 0;
    here.body_.append(data, size * count);
    return size * count;
  }
  static int go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Connection*>(self)->stop_.stop_requested() ? 1 : 0;
  }

  Status transfer() {
    body_.clear();
    const CURLcode code = curl_easy_perform(easy_.get());
    if (code == CURLE_OK) return {};
    const ErrorCode as = code == CURLE_LOGIN_DENIED          ? ErrorCode::kUnauthenticated
                         : code == CURLE_ABORTED_BY_CALLBACK ? ErrorCode::kCancelled
                         : code == CURLE_WRITE_ERROR         ? ErrorCode::kResourceExhausted
                         : code == CURLE_USE_SSL_FAILED      ? ErrorCode::kFailedPrecondition
                                                             : ErrorCode::kUnavailable;
    if (code == CURLE_USE_SSL_FAILED) {
      return fail(as,
                  "the mail server offers no STARTTLS, and the password does not go in the clear; use imaps://, or "
                  "'tls: none' for a server on this machine");
    }
    return fail(as, fmt::format("the mail server: {}", curl_easy_strerror(code)));
  }

  const std::stop_token& stop_;
  std::unique_ptr<CURL, Close> easy_;
  std::string url_;
  std::string body_;
};

Status check_mail_request(const Json& request) {
  if (request.members().size() != 1 || !request["find"].is_object())
    return fail(ErrorCode::kInvalidArgument, "a step of a mailbox is 'find' with to, from, subject or after");
  for (const auto& [key, value] : request["find"].members()) {
    if (std::ranges::find(kCriteria, key) == kCriteria.end())
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("mails are not found by '{}'{}", key, did_you_mean(key, kCriteria)));
    if (!value.is_string()) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be a text", key));
  }
  return {};
}

Result<std::unique_ptr<Mailbox>> Mailbox::create(std::string name, const Json& settings, const SecretStore& secrets) {
  const std::string& url = settings["url"].string_or_empty();
  if (!url.starts_with("imap://") && !url.starts_with("imaps://"))
    return fail(ErrorCode::kInvalidArgument, fmt::format("the mailbox '{}' needs a 'url' of imaps or imap", name));
  if (settings.contains("tls") && settings["tls"] != Json("none"))
    return fail(ErrorCode::kInvalidArgument, fmt::format("the mailbox '{}': 'tls' can only be 'none'", name));
  for (const char* key : {"user", "password"}) {
    if (settings[key].string_or_empty().empty())
      return fail(ErrorCode::kInvalidArgument, fmt::format("the mailbox '{}' needs '{}'", name, key));
  }
  return std::unique_ptr<Mailbox>(new Mailbox(std::move(name), settings, secrets));
}

Status Mailbox::check(const Json& request) const { return check_mail_request(request); }

Result<ServiceAnswer> Mailbox::call(const ServiceCall& call, const std::stop_token& stop) {
  TRY(check_mail_request(call.request));
  const Json& find = call.request["find"];
  const Secret password = TRY(secrets_.get(settings_["password"].string_or_empty()));
  Time after;
  if (find.contains("after")) after = TRY(parse_time(find["after"].string_or_empty())) - kClockSkew;
  Connection connection(settings_, password.reveal(), stop);
  std::vector<int64_t> numbers = TRY(connection.search(search_for(find)));
  std::ranges::reverse(numbers);
  if (numbers.size() > kMostLooked) numbers.resize(kMostLooked);
  ServiceAnswer answer{.status = 200, .body = Json::object({{"found", false}}), .text = {}, .headers = {}};
  for (int64_t number : numbers) {
    Result<MailMessage> fetched = connection.fetch(number);
    // One that is too large or no mail at all must not hide the others.
    const bool unreadable = !fetched && (fetched.error().code == ErrorCode::kResourceExhausted ||
                                         fetched.error().code == ErrorCode::kCorrupt);
    if (unreadable) continue;
    const MailMessage message = TRY(std::move(fetched));
    if (message.date < after || !fits(message, find)) continue;
    answer.body = Json::object({{"found", true},
                                {"from", message.from},
                                {"to", message.to},
                                {"subject", message.subject},
                                {"date", format_time(message.date)},
                                {"text", message.text},
                                {"html", message.html}});
    answer.text = message.text + "\n" + message.html;
    break;
  }
  return answer;
}

std::string Mailbox::explain(const ServiceAnswer& answer) const {
  return fmt::format("{}: no such mail in '{}'", answer.status, name_);
}

}  // namespace capstan::mail
