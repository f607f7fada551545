#include "base/http_fetcher.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/curl_exchange.h"

namespace capstan {
namespace {

constexpr long kMaxIdleConnections = 2'000;
constexpr Duration kLongestPoll{1'000};
constexpr size_t kMaxSpareHandles = 256;

using Steady = std::chrono::steady_clock;

struct Waiting {
  HttpRequest request;
  HttpFetcher::Done done;                      // Of a request,
  std::shared_ptr<HttpStreamHandler> handler;  // or of a stream,
  uint64_t id = 0;                             // which has a number.
};

struct Wishes {
  std::vector<Waiting> waiting;
  std::vector<uint64_t> resumed;
  std::vector<uint64_t> dropped;
};

// What other threads want of the one that transfers. Outlives it as long as there are streams' owners.
class Inbox {
 public:
  explicit Inbox(CURLM* multi) : multi_(multi) {}

  template <class F>
  void post(F&& add) {
    std::lock_guard lock(mutex_);
    if (!multi_) return;
    add(wishes_);
    curl_multi_wakeup(multi_);
  }
  Wishes take() {
    std::lock_guard lock(mutex_);
    return std::exchange(wishes_, {});
  }
  void close() {
    std::lock_guard lock(mutex_);
    multi_ = nullptr;
  }

 private:
  std::mutex mutex_;
  CURLM* multi_;
  Wishes wishes_;
};

class StreamOwner final : public HttpStream {
 public:
  StreamOwner(std::shared_ptr<Inbox> inbox, uint64_t id) : inbox_(std::move(inbox)), id_(id) {}
  ~StreamOwner() override {
    inbox_->post([&](Wishes& wishes) { wishes.dropped.push_back(id_); });
  }
  void resume() override {
    inbox_->post([&](Wishes& wishes) { wishes.resumed.push_back(id_); });
  }

 private:
  const std::shared_ptr<Inbox> inbox_;
  const uint64_t id_;
};

}  // namespace

// The thread that owns the multi handle.
class CurlHttpFetcher::Transfers {
 public:
  Transfers(size_t max_in_flight, HttpConnections connections)
      : max_in_flight_(max_in_flight),
        connections_(connections),
        multi_(curl_multi_init()),
        inbox_(std::make_shared<Inbox>(multi_)) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMaxIdleConnections);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  ~Transfers() {
    thread_.request_stop();
    curl_multi_wakeup(multi_);
    thread_.join();
    inbox_->close();
    curl_multi_cleanup(multi_);
  }

  void start(Waiting one) {
    if (in_flight_.fetch_add(1) < max_in_flight_) {
      inbox_->post([&](Wishes& wishes) { wishes.waiting.push_back(std::move(one)); });
    } else {
      end(one,
          fail(ErrorCode::kResourceExhausted, fmt::format("more than {} HTTP requests are under way", max_in_flight_)));
    }
  }

  std::unique_ptr<HttpStream> open(HttpRequest request, std::shared_ptr<HttpStreamHandler> handler) {
    const uint64_t id = ++last_id_;
    start({std::move(request), {}, std::move(handler), id});
    return std::make_unique<StreamOwner>(inbox_, id);
  }

 private:
  struct Running {
    std::unique_ptr<CurlExchange> exchange;
    HttpFetcher::Done done;
    uint64_t id = 0;
    uint64_t activity = 0;  // What it was
    Steady::time_point at;  // at this moment, and has not been different since.
  };

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      fulfil(inbox_->take());
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_complete();
      end_idle();
      curl_multi_poll(multi_, nullptr, 0, poll_limit(), nullptr);
    }
    cancel_all();
  }

  void fulfil(Wishes wishes) {
    for (Waiting& one : wishes.waiting) add(std::move(one));
    for (const uint64_t id : wishes.resumed) {
      if (const auto found = streams_.find(id); found != streams_.end()) resume(found->second);
    }
    for (const uint64_t id : wishes.dropped) {
      if (const auto found = streams_.find(id); found != streams_.end()) {
        abandon(found->second, {ErrorCode::kCancelled, "cancelled while the answer was coming"});
      }
    }
  }

  void add(Waiting one) {
    auto exchange = CurlExchange::create(std::move(one.request), {}, take_easy(), one.handler, connections_);
    if (!exchange) return end(one, std::move(exchange.error()));
    CURL* easy = (*exchange)->easy();
    if (one.handler) {
      streams_.emplace(one.id, easy);
      if ((*exchange)->request().idle_limit.count() > 0) next_idle_check_ = Steady::time_point::min();
    }
    running_.emplace(easy, Running{std::move(*exchange), std::move(one.done), one.id, 0, Steady::now()});
    curl_multi_add_handle(multi_, easy);
  }

  void resume(CURL* easy) {
    Running& one = running_.at(easy);
    if (!one.exchange->is_paused()) return;
    one.exchange->set_resumed();
    one.at = Steady::now();
    curl_easy_pause(easy, CURLPAUSE_CONT);  // Offers what was refused from within, and may be refused again.
  }

  void finish_complete() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // The message dies with remove_handle.
      Running one = take_running(message->easy_handle);
      if (one.exchange->handler()) {
        const Status status = one.exchange->end_stream(code);
        remove(one);
        end_stream(one, status);
      } else {
        Result<HttpResponse> response = one.exchange->finish(code);
        remove(one);
        --in_flight_;
        one.done(std::move(response));
      }
    }
  }

  Running take_running(CURL* easy) {
    auto node = running_.extract(easy);
    if (node.mapped().id) streams_.erase(node.mapped().id);
    return std::move(node.mapped());
  }

  void remove(Running& one) {
    curl_multi_remove_handle(multi_, one.exchange->easy());
    if (spare_.size() < kMaxSpareHandles) spare_.push_back(one.exchange->release());
  }

  void abandon(CURL* easy, Error why) {
    Running one = take_running(easy);
    curl_multi_remove_handle(multi_, easy);
    end_stream(one, fail(std::move(why)));
  }

  void end_stream(const Running& one, Status status) {
    --in_flight_;
    one.exchange->handler()->on_end(std::move(status));
  }

  // Seldom: only when the first that can be due is.
  void end_idle() {
    const Steady::time_point now = Steady::now();
    if (now < next_idle_check_) return;
    next_idle_check_ = Steady::time_point::max();
    std::vector<CURL*> idle;
    for (auto& [easy, one] : running_) {
      const Duration limit = one.exchange->request().idle_limit;
      if (!one.exchange->handler() || limit.count() <= 0) continue;
      if (one.exchange->is_paused() || one.exchange->activity() != one.activity) {
        one.activity = one.exchange->activity();
        one.at = now;
      }
      if (now - one.at >= limit) {
        idle.push_back(easy);
      } else {
        next_idle_check_ = std::min(next_idle_check_, one.at + limit);
      }
    }
    for (CURL* easy : idle) {
      const HttpRequest& request = running_.at(easy).exchange->request();
      abandon(easy, {ErrorCode::kDeadlineExceeded, fmt::format("{}: nothing came for {}", http_origin(request.url),
                                                               format_duration(request.idle_limit))});
    }
  }

  int poll_limit() const {
    if (next_idle_check_ == Steady::time_point::max()) return static_cast<int>(kLongestPoll.count());
    const auto left = std::chrono::ceil<Duration>(next_idle_check_ - Steady::now());
    return static_cast<int>(std::clamp(left, Duration(0), kLongestPoll).count());
  }

  void cancel_all() {
    for (auto& [easy, one] : std::exchange(running_, {})) {
      curl_multi_remove_handle(multi_, easy);
      const Error why{ErrorCode::kCancelled, "stopped while waiting for an answer"};
      if (one.exchange->handler()) {
        end_stream(one, fail(why));
      } else {
        --in_flight_;
        one.done(fail(why));
      }
    }
    streams_.clear();
    for (Waiting& one : inbox_->take().waiting) end(one, {ErrorCode::kCancelled, "stopped before it was sent"});
    spare_.clear();
  }

  void end(const Waiting& one, Error why) {
    --in_flight_;
    if (one.handler) {
      one.handler->on_end(fail(std::move(why)));
    } else {
      one.done(fail(std::move(why)));
    }
  }
  void end(const Waiting& one, std::unexpected<Error> why) { end(one, std::move(why.error())); }

  CurlEasy take_easy() {
    if (spare_.empty()) return CurlEasy(curl_easy_init());
    CurlEasy easy = std::move(spare_.back());
    spare_.pop_back();
    return easy;
  }

  const size_t max_in_flight_;
  const HttpConnections connections_;
  CURLM* multi_;
  const std::shared_ptr<Inbox> inbox_;
  std::atomic<size_t> in_flight_{0};
  std::atomic<uint64_t> last_id_{0};

  // Of the thread alone.
  std::unordered_map<CURL*, Running> running_;
  std::unordered_map<uint64_t, CURL*> streams_;
  std::vector<CurlEasy> spare_;
  Steady::time_point next_idle_check_ = Steady::time_point::max();
  std::jthread thread_;
};

CurlHttpFetcher::CurlHttpFetcher(size_t max_in_flight, HttpConnections connections) {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // Counted and thread-safe in libcurl; balanced in the destructor.
  transfers_ = std::make_unique<Transfers>(max_in_flight, connections);
}

CurlHttpFetcher::~CurlHttpFetcher() {
  transfers_.reset();
  curl_global_cleanup();
}

void CurlHttpFetcher::start(HttpRequest request, Done done) {
  transfers_->start({std::move(request), std::move(done), nullptr, 0});
}

std::unique_ptr<HttpStream> CurlHttpFetcher::open(HttpRequest request, std::shared_ptr<HttpStreamHandler> handler) {
  return transfers_->open(std::move(request), std::move(handler));
}

}  // namespace capstan
