#include "serve/event_hub.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace capstan::serve {
namespace {

// https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.5.
std::string to_text(const Event& event) {
  const Json data = Json::object({{"topic", event.topic}, {"seq", event.seq}});
  return fmt::format("event: changed\nid: {}\ndata: {}\n\n", event.seq, data.dump());
}

}  // namespace

EventHub::EventHub(loop::Control& control, const Clock& clock, EventLimits limits)
    : clock_(clock), limits_(limits), merger_(limits.merge) {
  subscription_ = control.subscribe([this](std::string_view topic, Seq seq) {
    {
      std::lock_guard lock(mutex_);
      merger_.add(topic, seq);
    }
    changed_.notify_one();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

EventHub::~EventHub() {
  subscription_.reset();
  thread_.request_stop();
  thread_.join();
  for (const Stream& stream : streams_) stream.sink->close();
}

bool EventHub::has_room() const {
  std::lock_guard lock(mutex_);
  const auto open = std::ranges::count_if(streams_, [](const Stream& stream) { return stream.sink->is_open(); });
  return static_cast<size_t>(open) < limits_.streams;
}

void EventHub::add(std::shared_ptr<StreamSink> sink, std::function<bool()> still_allowed) {
  // The browser connects again after two seconds; the comment makes it see the stream at once.
  sink->send("retry: 2000\n: connected\n\n");
  std::lock_guard lock(mutex_);
  std::erase_if(streams_, [](const Stream& stream) { return !stream.sink->is_open(); });
  streams_.push_back({std::move(sink), std::move(still_allowed)});
}

void EventHub::run(const std::stop_token& stop) {
  Duration heartbeat = clock_.monotonic() + limits_.heartbeat;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Duration now = clock_.monotonic();
    send_due(now);
    if (now >= heartbeat) {
      heartbeat = now + limits_.heartbeat;
      const std::vector<Stream> streams = streams_;
      lock.unlock();
      send_heartbeat(streams);
      lock.lock();
    }
    const Duration wake = std::min(heartbeat, merger_.next_due().value_or(heartbeat));
    const Duration pause = std::max(wake - now, Duration(0));
    changed_.wait_for(lock, stop, pause, [&] { return merger_.next_due().value_or(wake) < wake; });
  }
}

// Sinks only queue, so this is short although the lock is held.
void EventHub::send_due(Duration now) {
  for (const Event& event : merger_.take(now)) {
    const std::string text = to_text(event);
    std::erase_if(streams_, [&](const Stream& stream) { return !stream.sink->send(text); });
  }
}

// Without the lock. A stream that ends here is forgotten when the next event is sent or the next stream added.
void EventHub::send_heartbeat(const std::vector<Stream>& streams) {
  for (const Stream& stream : streams) {
    if (stream.still_allowed()) {
      stream.sink->send(": still here\n\n");
    } else {
      stream.sink->close();
    }
  }
}

}  // namespace capstan::serve
