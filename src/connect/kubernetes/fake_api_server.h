// An API server for tests: holds objects, lists them in pages, has them watched, and misbehaves as it is told.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/http_server.h"
#include "base/json.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

// Thread-safe. Speaks plain HTTP.
class FakeApiServer final : public HttpHandler {
 public:
  FakeApiServer() {
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.stream_buffer_bytes = size_t{256} << 20;
    options.stop_limit = Duration(1'000);
    server_ = *HttpServer::start(options, *this);
  }
  ~FakeApiServer() override { server_->stop(); }

  std::string url() const { return "http://" + server_->addresses().front(); }

  ResourceType add_type(const std::string& plural, const std::string& kind) {
    std::lock_guard lock(mutex_);
    collections_[plural];
    return {.version = "v1", .plural = plural, .kind = kind, .verbs = {"list", "watch"}};
  }

  // Adds or changes an object, `filler` bytes large.
  void put(const std::string& plural, const std::string& name, size_t filler = 0) {
    std::lock_guard lock(mutex_);
    Collection& all = collections_[plural];
    const std::string type = all.objects.contains(name) ? "MODIFIED" : "ADDED";
    const int64_t version = ++version_;
    all.objects[name] = {
        version, fmt::format(R"({{"metadata":{{"name":"{}","resourceVersion":"{}","managedFields":[{{"f":1}}]}},)"
                             R"("spec":{{"filler":"{}"}}}})",
                             name, version, std::string(filler, 'x'))};
    record(all, version, type, all.objects[name].text);
  }
  void remove(const std::string& plural, const std::string& name) {
    std::lock_guard lock(mutex_);
    Collection& all = collections_[plural];
    all.objects.erase(name);
    const int64_t version = ++version_;
    record(all, version, "DELETED",
           fmt::format(R"({{"metadata":{{"name":"{}","resourceVersion":"{}"}}}})", name, version));
  }

  // The next requests for the collection get these answers, one each.
  void answer_next(const std::string& plural, HttpServerResponse answer) {
    std::lock_guard lock(mutex_);
    collections_[plural].canned.push_back(std::move(answer));
  }
  // Every request for it is refused, or no longer.
  void forbid(const std::string& plural, bool forbidden) {
    std::lock_guard lock(mutex_);
    collections_[plural].forbidden = forbidden;
  }
  // Ends all watches; in the midst of an event.
  void cut_watches() {
    std::lock_guard lock(mutex_);
    for (auto& [plural, all] : collections_) {
      for (const auto& watcher : all.watchers) {
        watcher->send(R"({"type":"MODIFIED","object":{"metadata":{"na)");
        watcher->close();
      }
      all.watchers.clear();
    }
  }
  // Forgets what has happened so far: watches from before, and lists under way, have expired.
  void compact() {
    std::lock_guard lock(mutex_);
    for (auto& [plural, all] : collections_) all.events.clear();
    compacted_ = version_;
  }
  void send_bookmarks() {
    std::lock_guard lock(mutex_);
    for (auto& [plural, all] : collections_) {
      for (const auto& watcher : all.watchers) {
        watcher->send(fmt::format(R"({{"type":"BOOKMARK","object":{{"metadata":{{"resourceVersion":"{}"}}}}}})"
                                  "\n",
                                  version_));
      }
    }
  }

  // What was asked for, as "pods?limit=500".
  std::vector<std::string> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }

  std::expected<size_t, HttpServerResponse> admit(const HttpServerRequest&) override { return 1 << 20; }
  HttpServerResponse refuse(int status, std::string_view message) override {
    return {status, {}, std::string(message), {}};
  }
  HttpServerResponse handle(const HttpServerRequest& request) override {
    std::lock_guard lock(mutex_);
    const std::string plural = request.target.segments.back();
    std::map<std::string, std::string> query(request.target.query.begin(), request.target.query.end());
    requests_.push_back(plural + (query.contains("watch")      ? "?watch=" + query["resourceVersion"]
                                  : query.contains("continue") ? "?continue=" + query["continue"]
                                                               : ""));
    const auto found = collections_.find(plural);
    if (found == collections_.end()) return refusal(404, "NotFound");
    Collection& all = found->second;
    if (all.forbidden) return refusal(403, "Forbidden");
    if (!all.canned.empty()) {
      HttpServerResponse answer = std::move(all.canned.front());
      all.canned.pop_front();
      return answer;
    }
    return query.contains("watch") ? watch(all, query) : list(all, query);
  }

  static HttpServerResponse refusal(int status, const std::string& reason, HttpHeaders headers = {}) {
    return {status,
            std::move(headers),
            fmt::format(R"({{"kind":"Status","status":"Failure","code":{},"reason":"{}","message":"refused"}})", status,
                        reason),
            {}};
  }

 private:
  struct Object {
    int64_t version = 0;
    std::string text;
  };
  struct Collection {
    std::map<std::string, Object> objects;
    std::vector<std::pair<int64_t, std::string>> events;
    std::vector<std::shared_ptr<StreamSink>> watchers;
    std::deque<HttpServerResponse> canned;
    bool forbidden = false;
  };

  void record(Collection& all, int64_t version, const std::string& type, const std::string& object) {
    const std::string event = fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object);
    all.events.emplace_back(version, event);
    std::erase_if(all.watchers, [&](const auto& watcher) { return !watcher->send(event); });
  }

  // A token is the version of the list and the name before the page.
  HttpServerResponse list(Collection& all, std::map<std::string, std::string>& query) {
    const std::string token = query["continue"];
    const int64_t version = token.empty() ? version_ : std::stoll(token);
    if (version < compacted_) return refusal(410, "Expired");
    auto at = token.empty() ? all.objects.begin() : all.objects.upper_bound(token.substr(token.find(':') + 1));
    const size_t limit = query["limit"].empty() ? SIZE_MAX : std::stoull(query["limit"]);
    std::string items;
    std::string last;
    for (size_t count = 0; count < limit && at != all.objects.end(); ++at, ++count) {
      items += (items.empty() ? "" : ",") + at->second.text;
      last = at->first;
    }
    const std::string next = at == all.objects.end() ? "" : fmt::format("{}:{}", version, last);
    return {200,
            {{"Content-Type", "application/json"}},
            fmt::format(R"({{"kind":"List","metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
                        version, next, items),
            {}};
  }

  HttpServerResponse watch(Collection& all, std::map<std::string, std::string>& query) {
    const int64_t version = std::stoll(query["resourceVersion"]);
    if (version < compacted_) return refusal(410, "Gone");
    HttpServerResponse answer{200, {{"Content-Type", "application/json"}}, "", {}};
    answer.stream = [this, &all, version](std::shared_ptr<StreamSink> sink) {
      std::lock_guard lock(mutex_);
      if (all.forbidden) return sink->close();  // Since the answer began.
      for (const auto& [at, event] : all.events) {
        if (at > version) sink->send(event);
      }
      all.watchers.push_back(std::move(sink));
    };
    return answer;
  }

  mutable std::mutex mutex_;
  std::map<std::string, Collection> collections_;
  std::vector<std::string> requests_;
  int64_t version_ = 100;
  int64_t compacted_ = 0;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace capstan::kubernetes
