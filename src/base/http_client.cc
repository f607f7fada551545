#include "base/http_client.h"

#include <curl/curl.h>
#include <strings.h>

#include <map>
#include <mutex>

#include "base/curl_exchange.h"

namespace capstan {
namespace {

constexpr size_t kMaxIdlePerOrigin = 8;
constexpr size_t kMaxIdleOrigins = 512;

}  // namespace

// Handles that are not in use, each with its open connection, by origin.
class CurlHttpClient::Idle {
 public:
  CurlEasy take(const std::string& origin) {
    std::lock_guard lock(mutex_);
    const auto found = handles_.find(origin);
    if (found == handles_.end()) return CurlEasy(curl_easy_init());
    CurlEasy easy = std::move(found->second.back());
    found->second.pop_back();
    if (found->second.empty()) handles_.erase(found);
    return easy;
  }

  void give_back(const std::string& origin, CurlEasy easy) {
    std::lock_guard lock(mutex_);
    if (handles_.size() >= kMaxIdleOrigins && !handles_.contains(origin)) handles_.erase(handles_.begin());
    std::vector<CurlEasy>& same = handles_[origin];
    if (same.size() < kMaxIdlePerOrigin) same.push_back(std::move(easy));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<CurlEasy>> handles_;
};

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  }
  return {};
}

CurlHttpClient::CurlHttpClient() {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // Counted and thread-safe in libcurl; balanced in the destructor.
  idle_ = std::make_unique<Idle>();
}

CurlHttpClient::~CurlHttpClient() {
  idle_.reset();
  curl_global_cleanup();
}

Result<HttpResponse> CurlHttpClient::send(const HttpRequest& request, const std::stop_token& stop) {
  const std::string origin = http_origin(request.url);
  const std::unique_ptr<CurlExchange> exchange = TRY(CurlExchange::create(request, stop, idle_->take(origin)));
  Result<HttpResponse> response = exchange->finish(curl_easy_perform(exchange->easy()));
  if (response) idle_->give_back(origin, exchange->release());
  return response;
}

}  // namespace capstan
