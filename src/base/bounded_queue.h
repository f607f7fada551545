// A queue between threads with a limit: who puts faster than the other side takes is told so, or waits.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <stop_token>

namespace capstan {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  // False when the queue is full or closed; the item is then lost to the caller's choice.
  [[nodiscard]] bool try_put(T item) {
    {
      std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    changed_.notify_all();
    return true;
  }

  // Waits for room: until fewer than `most`, or the capacity, are there. False when the queue was closed instead.
  [[nodiscard]] bool put(T item, size_t most = std::numeric_limits<size_t>::max()) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closed_ || items_.size() < std::min(capacity_, most); });
      if (closed_) return false;
      items_.push_back(std::move(item));
    }
    changed_.notify_all();
    return true;
  }

  // Waits for an item. Nothing when `stop` was requested, or the queue is closed and empty.
  std::optional<T> take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return closed_ || !items_.empty(); });
    if (stop.stop_requested() || items_.empty()) return std::nullopt;
    return take_front(lock);
  }

  // The same, but waits no longer than `wait`.
  std::optional<T> take_within(const std::stop_token& stop, std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, wait, [&] { return closed_ || !items_.empty(); });
    if (stop.stop_requested() || items_.empty()) return std::nullopt;
    return take_front(lock);
  }

  std::optional<T> try_take() {
    std::unique_lock lock(mutex_);
    if (items_.empty()) return std::nullopt;
    return take_front(lock);
  }

  // What is in the queue can still be taken; nothing more can be put.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

  bool empty() const { return size() == 0; }
  size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  std::optional<T> take_front(std::unique_lock<std::mutex>& lock) {
    std::optional<T> item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return item;
  }

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace capstan
