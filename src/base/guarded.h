// A value that can only be touched while its lock is held.
#pragma once

#include <functional>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace capstan {

template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Many may read at once. The callback must not call back into the same Guarded.
  template <class F>
  auto read(F&& use) const {
    std::shared_lock lock(mutex_);
    return std::invoke(std::forward<F>(use), std::as_const(value_));
  }
  template <class F>
  auto write(F&& use) {
    std::unique_lock lock(mutex_);
    return std::invoke(std::forward<F>(use), value_);
  }

 private:
  mutable std::shared_mutex mutex_;
  T value_;
};

}  // namespace capstan
