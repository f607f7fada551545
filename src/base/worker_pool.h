// A fixed number of threads for work that must not hold up the loop.
#pragma once

#include <functional>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"

namespace capstan {

class WorkerPool {
 public:
  WorkerPool(size_t threads, size_t queue_limit);
  // Finishes what runs, drops what waits.
  ~WorkerPool();

  // False when the queue is full: the caller says so to whom it concerns.
  [[nodiscard]] bool try_run(std::function<void()> work);

 private:
  BoundedQueue<std::function<void()>> queue_;
  std::vector<std::jthread> threads_;
};

}  // namespace capstan
