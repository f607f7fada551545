#include "base/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>

namespace capstan {
namespace {

constexpr size_t kMaxHeaderBytes = 256 << 10;
constexpr size_t kMaxIdlePerOrigin = 8;
constexpr size_t kMaxIdleOrigins = 512;
constexpr long kMaxRedirects = 10;

struct CloseEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, CloseEasy>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || !text) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// What the callbacks of one exchange share.
struct Exchange {
  HttpResponse response;
  size_t limit = 0;
  size_t header_bytes = 0;
  bool too_large = false;
  const std::stop_token* stop = nullptr;
};

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const size_t bytes = size * count;
  if (bytes > exchange.limit - exchange.response.body.size()) {
    exchange.too_large = true;
    return 0;  // Less than was offered: libcurl ends the transfer.
  }
  exchange.response.body.append(data, bytes);
  return bytes;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::strchr(" \t\r\n", text.front())) text.remove_prefix(1);
  while (!text.empty() && std::strchr(" \t\r\n", text.back())) text.remove_suffix(1);
  return text;
}

size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kMaxHeaderBytes) {
    exchange.too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    exchange.response.headers.clear();  // A redirect or "100 Continue" came before.
  } else if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    exchange.response.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return line.size();
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(user)->stop->stop_requested() ? 1 : 0;
}

Status check_header(std::string_view name, std::string_view value) {
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  if (name.empty() || name.find_first_of(": \t") != std::string_view::npos || std::ranges::any_of(name, breaks)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no HTTP header name", name));
  }
  if (std::ranges::any_of(value, breaks)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the value of the HTTP header '{}' has a line break", name));
  }
  return {};
}

Result<HeaderList> make_headers(const HttpRequest& request) {
  HeaderList list;
  const auto add = [&](const std::string& line) { list.reset(curl_slist_append(list.release(), line.c_str())); };
  for (const auto& [name, value] : request.headers) {
    TRY(check_header(name, value));
    add(value.empty() ? name + ";" : name + ": " + value);  // libcurl's form of an empty value.
  }
  if (!request.bearer_token.empty()) {
    TRY(check_header("Authorization", request.bearer_token));
    add("Authorization: Bearer " + request.bearer_token);
  }
  add("Expect:");  // No round trip of "100 Continue" before a body.
  return list;
}

void set_tls(CURL* easy, const HttpTls& tls) {
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  if (!tls.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
  if (!tls.certificate_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.certificate_file.c_str());
  if (!tls.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
}

void set_method(CURL* easy, const HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void set_all(CURL* easy, const HttpRequest& request, curl_slist* headers, Exchange& exchange) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_PROXY, request.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::max<long>(1, request.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, std::max<long>(1, request.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
  if (request.accept_compressed) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  if (!request.username.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, request.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
  }
  set_tls(easy, request.tls);
  set_method(easy, request);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &exchange);
}

// A certificate for another name: curl can only be told by connecting to that name at the real address.
HeaderList connect_to(CURL* easy, const HttpRequest& request) {
  if (request.tls.server_name.empty()) return nullptr;
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), 0) != CURLUE_OK) return nullptr;
  if (url_part(url.get(), CURLUPART_SCHEME) != "https") return nullptr;
  const std::string host = url_part(url.get(), CURLUPART_HOST);
  const std::string port = url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  HeaderList list(
      curl_slist_append(nullptr, fmt::format("{}:{}:{}:{}", request.tls.server_name, port, host, port).c_str()));
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, list.get());
  curl_url_set(url.get(), CURLUPART_HOST, request.tls.server_name.c_str(), 0);
  curl_easy_setopt(easy, CURLOPT_URL, url_part(url.get(), CURLUPART_URL).c_str());
  return list;
}

bool was_sent(CURL* easy) {
  long bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

// `detail` is libcurl's own text; it names hosts and certificates, never paths or headers.
Error describe(CURLcode code, CURL* easy, const HttpRequest& request, const Exchange& exchange, const char* detail) {
  const std::string origin = http_origin(request.url);
  const std::string said = *detail ? detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {ErrorCode::kInvalidArgument, fmt::format("{}: the URL must be http:// or https:// with a host", origin)};
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::kInvalidArgument, fmt::format("{}: a certificate file cannot be used: {}", origin, said)};
    case CURLE_WRITE_ERROR:
      if (exchange.too_large) {
        return {ErrorCode::kResourceExhausted,
                fmt::format("{}: the answer is larger than the limit of {} bytes", origin, exchange.limit)};
      }
      break;
    case CURLE_ABORTED_BY_CALLBACK: return {ErrorCode::kCancelled, origin + ": stopped while waiting for an answer"};
    case CURLE_OPERATION_TIMEDOUT:
      if (!was_sent(easy)) {
        return {ErrorCode::kUnavailable,
                fmt::format("{}: no connection within {}", origin,
                            format_duration(std::min(request.connect_timeout, request.timeout)))};
      }
      return {ErrorCode::kDeadlineExceeded,
              fmt::format("{}: no complete answer within {}", origin, format_duration(request.timeout))};
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return {ErrorCode::kCorrupt, fmt::format("{}: the connection ended before the answer was complete", origin)};
    case CURLE_TOO_MANY_REDIRECTS:
      return {ErrorCode::kCorrupt, fmt::format("{}: redirected more than {} times", origin, kMaxRedirects)};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: return {ErrorCode::kUnavailable, fmt::format("{}: {}", origin, said)};
    default: break;
  }
  return {was_sent(easy) ? ErrorCode::kCorrupt : ErrorCode::kUnavailable,
          fmt::format("{}: {}", origin, curl_easy_strerror(code))};
}

}  // namespace

// Handles that are not in use, each with its open connection, by origin.
class CurlHttpClient::Idle {
 public:
  Easy take(const std::string& origin) {
    std::lock_guard lock(mutex_);
    const auto found = handles_.find(origin);
    if (found == handles_.end()) return Easy(curl_easy_init());
    Easy easy = std::move(found->second.back());
    found->second.pop_back();
    if (found->second.empty()) handles_.erase(found);
    return easy;
  }

  void give_back(const std::string& origin, Easy easy) {
    curl_easy_reset(easy.get());  // Forgets options and credentials, keeps the connection.
    std::lock_guard lock(mutex_);
    if (handles_.size() >= kMaxIdleOrigins && !handles_.contains(origin)) handles_.erase(handles_.begin());
    std::vector<Easy>& same = handles_[origin];
    if (same.size() < kMaxIdlePerOrigin) same.push_back(std::move(easy));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<Easy>> handles_;
};

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  }
  return {};
}

std::string http_origin(std::string_view url) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return "the address";
  }
  const std::string port = url_part(parsed.get(), CURLUPART_PORT);
  return url_part(parsed.get(), CURLUPART_SCHEME) + "://" + url_part(parsed.get(), CURLUPART_HOST) +
         (port.empty() ? "" : ":" + port);
}

CurlHttpClient::CurlHttpClient() : idle_(std::make_unique<Idle>()) {
  // Counted and thread-safe in libcurl; balanced in the destructor.
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

CurlHttpClient::~CurlHttpClient() {
  idle_.reset();
  curl_global_cleanup();
}

Result<HttpResponse> CurlHttpClient::send(const HttpRequest& request, const std::stop_token& stop) {
  HeaderList headers = TRY(make_headers(request));
  const std::string origin = http_origin(request.url);
  Easy easy = idle_->take(origin);
  if (!easy) return fail(ErrorCode::kResourceExhausted, "no memory for an HTTP request");

  Exchange exchange;
  exchange.limit = request.max_response_bytes;
  exchange.stop = &stop;
  set_all(easy.get(), request, headers.get(), exchange);
  const HeaderList connect = connect_to(easy.get(), request);
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, detail.data());

  const CURLcode code = curl_easy_perform(easy.get());
  if (code != CURLE_OK) return fail(describe(code, easy.get(), request, exchange, detail.data()));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  idle_->give_back(origin, std::move(easy));
  return std::move(exchange.response);
}

}  // namespace capstan
