#include "base/curl_exchange.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/trim.h"

namespace capstan {
namespace {

constexpr size_t kMaxHeaderBytes = 256 << 10;
constexpr long kMaxRedirects = 10;
constexpr long kAuthorityCacheSeconds = 60;
constexpr long kKeepAliveIdleSeconds = 60;
constexpr long kKeepAliveIntervalSeconds = 10;

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || !text) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
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

// The text outlives the transfer, so libcurl need not copy it.
void set_pem(CURL* easy, CURLoption file_option, const std::string& file, CURLoption text_option,
             const std::string& text) {
  if (!text.empty()) {
    curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, text_option, &blob);
  } else if (!file.empty()) {
    curl_easy_setopt(easy, file_option, file.c_str());
  }
}

// A peer that is gone without a word is known as gone in a minute and a half.
int keep_alive_more_eagerly(void*, curl_socket_t socket, curlsocktype) {
  const int probes = 3;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);  // A Unix socket has none.
  return CURL_SOCKOPT_OK;
}

}  // namespace

std::string http_origin(std::string_view url) {
  const std::unique_ptr<CURLU, CloseCurl> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return "the address";
  }
  const std::string port = url_part(parsed.get(), CURLUPART_PORT);
  return url_part(parsed.get(), CURLUPART_SCHEME) + "://" + url_part(parsed.get(), CURLUPART_HOST) +
         (port.empty() ? "" : ":" + port);
}

Result<std::unique_ptr<CurlExchange>> CurlExchange::create(HttpRequest request, std::stop_token stop, CurlEasy easy,
                                                           std::shared_ptr<HttpStreamHandler> handler,
                                                           HttpConnections connections) {
  if (!easy) return fail(ErrorCode::kResourceExhausted, "no memory for an HTTP request");
  std::unique_ptr<CurlExchange> exchange(
      new CurlExchange(std::move(request), std::move(stop), std::move(easy), std::move(handler), connections));
  TRY(exchange->prepare_headers());
  exchange->set_options();
  if (exchange->handler_) exchange->set_stream_options();
  return exchange;
}

Status CurlExchange::prepare_headers() {
  const auto add = [&](const std::string& line) {
    headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
  };
  for (const auto& [name, value] : request_.headers) {
    TRY(check_header(name, value));
    add(value.empty() ? name + ";" : name + ": " + value);  // libcurl's form of an empty value.
  }
  if (!request_.bearer_token.empty()) {
    TRY(check_header("Authorization", request_.bearer_token));
    add("Authorization: Bearer " + request_.bearer_token);
  }
  const auto is_type = [](const auto& header) { return strcasecmp(header.first.c_str(), "Content-Type") == 0; };
  // libcurl would call nothing a form.
  if (request_.body.empty() && std::ranges::none_of(request_.headers, is_type)) add("Content-Type:");
  add("Expect:");  // No round trip of "100 Continue" before a body.
  return {};
}

void CurlExchange::set_options() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  if (!request_.proxy.empty() || !request_.environment_proxy) {
    curl_easy_setopt(easy, CURLOPT_PROXY, request_.proxy.c_str());  // Else libcurl reads the environment.
  }
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // A proxy's own answer is not the answer.
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::max<long>(1, request_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, std::max<long>(1, request_.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request_.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
  if (request_.path_as_is) curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  if (!request_.unix_socket.empty()) curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  // libcurl keeps what it has unpacked while a stream is paused, however much that is.
  if (request_.accept_compressed && !handler_) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  if (!request_.username.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, request_.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request_.password.c_str());
  }
  const bool shared = connections_ == HttpConnections::kShared || !handler_;  // Only streams can be paused.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, shared ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
  set_method();
  set_tls();
  set_server_name();

  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_WRITEFUNCTION, +[](char* data, size_t size, size_t count, void* self) {
        return static_cast<CurlExchange*>(self)->take_body(data, size * count);
      });
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(
      easy, CURLOPT_HEADERFUNCTION, +[](char* data, size_t size, size_t count, void* self) {
        return static_cast<CurlExchange*>(self)->take_header({data, size * count});
      });
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(
      easy, CURLOPT_XFERINFOFUNCTION, +[](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<CurlExchange*>(self)->stop_.stop_requested() ? 1 : 0;
      });
}

void CurlExchange::set_stream_options() {
  CURL* easy = easy_.get();
  if (request_.timeout.count() <= 0) curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 0L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, keep_alive_more_eagerly);
}

void CurlExchange::set_method() {
  CURL* easy = easy_.get();
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request_.method != "GET" || !request_.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

void CurlExchange::set_tls() {
  CURL* easy = easy_.get();
  const HttpTls& tls = request_.tls;
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  set_pem(easy, CURLOPT_CAINFO, tls.ca_file, CURLOPT_CAINFO_BLOB, tls.ca_pem);
  set_pem(easy, CURLOPT_SSLCERT, tls.certificate_file, CURLOPT_SSLCERT_BLOB, tls.certificate_pem);
  set_pem(easy, CURLOPT_SSLKEY, tls.key_file, CURLOPT_SSLKEY_BLOB, tls.key_pem);
  if (tls.ca_file.empty() && tls.ca_pem.empty()) return;
  // Who names an authority trusts it alone; and one whose file was replaced is read again.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, kAuthorityCacheSeconds);
}

// A certificate for another name: libcurl can only be told by asking for that name at the real address.
void CurlExchange::set_server_name() {
  const std::string& name = request_.tls.server_name;
  const std::unique_ptr<CURLU, CloseCurl> url(curl_url());
  if (name.empty() || curl_url_set(url.get(), CURLUPART_URL, request_.url.c_str(), 0) != CURLUE_OK) return;
  if (url_part(url.get(), CURLUPART_SCHEME) != "https") return;
  const std::string host = url_part(url.get(), CURLUPART_HOST);
  const std::string port = url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  connect_to_.reset(curl_slist_append(nullptr, fmt::format("{}:{}:{}:{}", name, port, host, port).c_str()));
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECT_TO, connect_to_.get());
  curl_url_set(url.get(), CURLUPART_HOST, name.c_str(), 0);
  curl_easy_setopt(easy_.get(), CURLOPT_URL, url_part(url.get(), CURLUPART_URL).c_str());
}

size_t CurlExchange::take_body(const char* data, size_t bytes) {
  if (handler_) return stream_body({data, bytes});
  if (bytes > request_.max_response_bytes - response_.body.size()) {
    too_large_ = true;
    return 0;  // Less than was offered: libcurl ends the transfer.
  }
  response_.body.append(data, bytes);
  return bytes;
}

size_t CurlExchange::stream_body(std::string_view chunk) {
  tell_head();
  ++activity_;
  if (handler_->on_chunk(chunk)) return chunk.size();
  if (connections_ == HttpConnections::kShared) {
    no_room_ = true;
    return 0;  // Ends it: libcurl 7.88 stalls the whole connection when one of its streams is paused.
  }
  paused_ = true;
  return CURL_WRITEFUNC_PAUSE;  // The same is offered again.
}

void CurlExchange::tell_head() {
  if (std::exchange(head_told_, true)) return;
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  handler_->on_head(std::move(response_));
}

// Not that of "100 Continue", nor of a redirect that is followed.
bool CurlExchange::is_final_head() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  const bool redirects = status >= 300 && status < 400 && !response_.header("Location").empty();
  return status >= 200 && !(redirects && request_.follow_redirects);
}

size_t CurlExchange::take_header(std::string_view line) {
  if (head_told_) return line.size();  // Trailers.
  ++activity_;
  if (handler_ && trim(line).empty() && is_final_head()) tell_head();
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    too_large_ = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();  // A redirect or "100 Continue" came before.
  } else if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    response_.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return line.size();
}

bool CurlExchange::was_sent() const {
  long bytes = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > 0;
}

// libcurl's own texts for the codes that use them name hosts and certificates, never paths or headers.
Error CurlExchange::describe(CURLcode code) const {
  const std::string origin = http_origin(request_.url);
  const std::string said = detail_[0] ? detail_.data() : curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (was_sent()) return {ErrorCode::kCorrupt, origin + ": the answer is not HTTP"};
      return {ErrorCode::kInvalidArgument, fmt::format("{}: the URL must be http:// or https:// with a host", origin)};
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::kInvalidArgument, fmt::format("{}: a certificate file cannot be used: {}", origin, said)};
    case CURLE_ABORTED_BY_CALLBACK: return {ErrorCode::kCancelled, origin + ": stopped while waiting for an answer"};
    case CURLE_OPERATION_TIMEDOUT:
      if (was_sent()) {
        return {ErrorCode::kDeadlineExceeded,
                fmt::format("{}: no complete answer within {}", origin, format_duration(request_.timeout))};
      }
      return {ErrorCode::kUnavailable,
              fmt::format(
                  "{}: no connection within {}", origin,
                  format_duration(request_.timeout.count() > 0 ? std::min(request_.connect_timeout, request_.timeout)
                                                               : request_.connect_timeout))};
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
  return {was_sent() ? ErrorCode::kCorrupt : ErrorCode::kUnavailable,
          fmt::format("{}: {}", origin, curl_easy_strerror(code))};
}

Status CurlExchange::end_stream(CURLcode code) {
  if (too_large_) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("{}: the headers are larger than the limit of {} bytes",
                                                           http_origin(request_.url), kMaxHeaderBytes));
  }
  if (no_room_) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("{}: the answer came faster than it was read", http_origin(request_.url)));
  }
  if (code != CURLE_OK) return fail(describe(code));
  tell_head();
  return {};
}

Result<HttpResponse> CurlExchange::finish(CURLcode code) {
  if (too_large_) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("{}: the answer is larger than the limit of {} bytes",
                                                           http_origin(request_.url), request_.max_response_bytes));
  }
  if (code != CURLE_OK) return fail(describe(code));
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

CurlEasy CurlExchange::release() {
  curl_easy_reset(easy_.get());
  return std::move(easy_);
}

}  // namespace capstan
