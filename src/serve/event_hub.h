// Tells everybody who listens to /capstan/v1/events what changed.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/http_server.h"
#include "loop/control.h"
#include "serve/event_merger.h"

namespace capstan::serve {

struct EventLimits {
  size_t streams = 100;
  Duration merge{500};
  Duration heartbeat{15'000};  // A comment line, so that proxies keep the connection.
};

// Thread-safe. One thread sends; a client that does not read is dropped by its sink.
class EventHub {
 public:
  EventHub(loop::Control& control, const Clock& clock, EventLimits limits = {});
  // Ends all streams.
  ~EventHub();

  // False when there are as many streams as there can be.
  bool has_room() const;
  // `still_allowed` is asked at each heartbeat, on the hub's thread: a stream ends with the session or token that
  // opened it.
  void add(std::shared_ptr<StreamSink> sink, std::function<bool()> still_allowed);

 private:
  struct Stream {
    std::shared_ptr<StreamSink> sink;
    std::function<bool()> still_allowed;
  };
  void run(const std::stop_token& stop);
  void send_due(Duration now);
  static void send_heartbeat(const std::vector<Stream>& streams);

  const Clock& clock_;
  const EventLimits limits_;
  mutable std::mutex mutex_;  // The loop's thread takes it, too: held for moments only.
  std::condition_variable_any changed_;
  EventMerger merger_;
  std::vector<Stream> streams_;
  loop::Control::Subscription subscription_;
  std::jthread thread_;
};

}  // namespace capstan::serve
