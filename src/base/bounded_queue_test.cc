#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/worker_pool.h"

namespace capstan {
namespace {

TEST(BoundedQueue, RefusesWhatIsTooMuch) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.try_put(1));
  EXPECT_TRUE(queue.try_put(2));
  EXPECT_FALSE(queue.try_put(3));
  EXPECT_EQ(queue.try_take(), 1);
  EXPECT_TRUE(queue.try_put(4));
  EXPECT_EQ(queue.size(), 2u);
}

TEST(BoundedQueue, GivesWhatIsLeftAfterClosing) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.put(1));
  queue.close();
  EXPECT_FALSE(queue.put(2));
  std::stop_source stop;
  EXPECT_EQ(queue.take(stop.get_token()), 1);
  EXPECT_EQ(queue.take(stop.get_token()), std::nullopt);
}

TEST(BoundedQueue, WakesWhoWaitsWhenStopped) {
  BoundedQueue<int> queue(1);
  std::optional<int> got = 7;
  std::jthread waiter([&](const std::stop_token& stop) { got = queue.take(stop); });
  waiter.request_stop();
  waiter.join();
  EXPECT_EQ(got, std::nullopt);
}

TEST(BoundedQueue, WaitsNoLongerThanItIsAskedTo) {
  BoundedQueue<int> queue(1);
  std::stop_source stop;
  EXPECT_EQ(queue.take_within(stop.get_token(), std::chrono::milliseconds(1)), std::nullopt);
  EXPECT_TRUE(queue.try_put(5));
  EXPECT_EQ(queue.take_within(stop.get_token(), std::chrono::milliseconds(1)), 5);
}

TEST(BoundedQueue, CarriesEverythingBetweenThreads) {
  BoundedQueue<int> queue(3);
  std::jthread producer([&] {
    for (int i = 1; i <= 1000; ++i) EXPECT_TRUE(queue.put(i));
    queue.close();
  });
  std::stop_source stop;
  int sum = 0;
  while (const auto item = queue.take(stop.get_token())) sum += *item;
  EXPECT_EQ(sum, 500'500);
}

TEST(WorkerPool, RunsWhatItTakesAndRefusesTheRest) {
  BoundedQueue<int> gate(1);
  BoundedQueue<int> done(10);
  std::stop_source stop;
  WorkerPool pool(1, 1);
  const auto work = [&] {
    gate.take(stop.get_token());
    EXPECT_TRUE(done.put(1));
  };
  EXPECT_TRUE(pool.try_run(work));
  // The first may or may not have left the queue yet; of two more at least one finds no room.
  int taken = 1;
  for (int i = 0; i < 2; ++i) taken += pool.try_run(work) ? 1 : 0;
  EXPECT_LT(taken, 3);
  gate.close();
  for (int i = 0; i < taken; ++i) EXPECT_EQ(done.take(stop.get_token()), 1);
}

}  // namespace
}  // namespace capstan
