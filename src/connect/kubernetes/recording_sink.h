// A sink for tests: writes down what it is told, in a line each.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "connect/kubernetes/reflector.h"

namespace capstan::kubernetes {

// Thread-safe.
class RecordingSink final : public ReflectorSink {
 public:
  void listing(const ResourceType& type) override { add("listing " + type.name()); }
  void page(const ResourceType& type, std::vector<Json> objects) override {
    std::string line = "page " + type.name();
    for (const Json& object : objects) line += " " + label(object);
    add(line);
  }
  void listed(const ResourceType& type) override { add("listed " + type.name()); }
  void changed(const ResourceType& type, Json object) override {
    {
      std::lock_guard lock(mutex_);
      last_ = object;
    }
    add("changed " + type.name() + " " + label(object));
  }
  void deleted(const ResourceType& type, Json object) override { add("deleted " + type.name() + " " + label(object)); }
  void state(const ResourceType& type, Status state) override {
    add("state " + type.name() + " " + (state ? "ok" : std::string(to_string(state.error().code))));
    std::lock_guard lock(mutex_);
    if (!state) last_error_ = state.error().message;
  }

  // What came since the last call.
  std::vector<std::string> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }
  Json last() const {
    std::lock_guard lock(mutex_);
    return last_;
  }
  std::string last_error() const {
    std::lock_guard lock(mutex_);
    return last_error_;
  }
  // False when the line does not come within a time that only a failing test takes.
  bool wait_for(const std::string& line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return seen_.contains(line); });
  }

 private:
  static std::string label(const Json& object) {
    return object["metadata"]["name"].string_or_empty() + "@" + object["metadata"]["resourceVersion"].string_or_empty();
  }
  void add(std::string line) {
    std::lock_guard lock(mutex_);
    seen_.insert(line);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::multiset<std::string> seen_;
  Json last_;
  std::string last_error_;
};

}  // namespace capstan::kubernetes
