#include "base/worker_pool.h"

namespace capstan {

WorkerPool::WorkerPool(size_t threads, size_t queue_limit) : queue_(queue_limit) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) {
      while (auto work = queue_.take(stop)) (*work)();
    });
  }
}

WorkerPool::~WorkerPool() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

bool WorkerPool::try_run(std::function<void()> work) { return queue_.try_put(std::move(work)); }

}  // namespace capstan
