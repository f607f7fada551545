#include "base/http_fetcher.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/curl_exchange.h"

namespace capstan {
namespace {

constexpr long kMaxIdleConnections = 2'000;
constexpr int kLongestPollMs = 1'000;

}  // namespace

// The thread that owns the multi handle, and the requests on their way to it.
class CurlHttpFetcher::Transfers {
 public:
  explicit Transfers(size_t max_in_flight) : max_in_flight_(max_in_flight), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMaxIdleConnections);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  ~Transfers() {
    thread_.request_stop();
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void start(HttpRequest request, Done done) {
    {
      std::lock_guard lock(mutex_);
      if (in_flight_ < max_in_flight_) {
        ++in_flight_;
        waiting_.push_back({std::move(request), std::move(done)});
        curl_multi_wakeup(multi_);
        return;
      }
    }
    done(fail(ErrorCode::kResourceExhausted, fmt::format("more than {} HTTP requests are under way", max_in_flight_)));
  }

 private:
  struct Waiting {
    HttpRequest request;
    Done done;
  };
  struct Running {
    std::unique_ptr<CurlExchange> exchange;
    Done done;
  };

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      add_waiting();
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_complete();
      curl_multi_poll(multi_, nullptr, 0, kLongestPollMs, nullptr);
    }
    cancel_all();
  }

  std::vector<Waiting> take_waiting() {
    std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

  void add_waiting() {
    for (Waiting& one : take_waiting()) {
      auto exchange = CurlExchange::create(std::move(one.request), {}, take_easy());
      if (!exchange) {
        end(one.done, fail(std::move(exchange.error())));
        continue;
      }
      CURL* easy = (*exchange)->easy();
      running_.emplace(easy, Running{std::move(*exchange), std::move(one.done)});
      curl_multi_add_handle(multi_, easy);
    }
  }

  void finish_complete() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // The message dies with remove_handle.
      CURL* easy = message->easy_handle;
      const auto found = running_.find(easy);
      Running one = std::move(found->second);
      running_.erase(found);
      Result<HttpResponse> response = one.exchange->finish(code);
      curl_multi_remove_handle(multi_, easy);
      if (spare_.size() < kMaxSpare) spare_.push_back(one.exchange->release());
      end(one.done, std::move(response));
    }
  }

  void cancel_all() {
    for (auto& [easy, one] : running_) {
      curl_multi_remove_handle(multi_, easy);
      end(one.done, fail(ErrorCode::kCancelled, "stopped while waiting for an answer"));
    }
    running_.clear();
    for (Waiting& one : take_waiting()) end(one.done, fail(ErrorCode::kCancelled, "stopped before it was sent"));
    spare_.clear();
  }

  void end(const Done& done, Result<HttpResponse> response) {
    {
      std::lock_guard lock(mutex_);
      --in_flight_;
    }
    done(std::move(response));
  }

  CurlEasy take_easy() {
    if (spare_.empty()) return CurlEasy(curl_easy_init());
    CurlEasy easy = std::move(spare_.back());
    spare_.pop_back();
    return easy;
  }

  static constexpr size_t kMaxSpare = 256;
  const size_t max_in_flight_;
  CURLM* multi_;
  std::mutex mutex_;
  std::vector<Waiting> waiting_;
  size_t in_flight_ = 0;

  // Of the thread alone.
  std::unordered_map<CURL*, Running> running_;
  std::vector<CurlEasy> spare_;
  std::jthread thread_;
};

CurlHttpFetcher::CurlHttpFetcher(size_t max_in_flight) {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // Counted and thread-safe in libcurl; balanced in the destructor.
  transfers_ = std::make_unique<Transfers>(max_in_flight);
}

CurlHttpFetcher::~CurlHttpFetcher() {
  transfers_.reset();
  curl_global_cleanup();
}

void CurlHttpFetcher::start(HttpRequest request, Done done) { transfers_->start(std::move(request), std::move(done)); }

}  // namespace capstan
