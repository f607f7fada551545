// All types of one cluster, each with a reflector, on the threads of one pool and one transport.
#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <vector>

#include "base/worker_pool.h"
#include "connect/kubernetes/reflector.h"

namespace capstan::kubernetes {

// Thread-safe. Its parts must outlive it, and the workers the streamers.
class ReflectorSet {
 public:
  struct Parts {
    HttpStreamer& lists;    // As a reflector needs them: on connections of their own,
    HttpStreamer& watches;  // and shared.
    WorkerPool& workers;
    Credentials& credentials;
    const Clock& clock;
    Random& random;
    ReflectorSink& sink;
  };
  explicit ReflectorSet(Parts parts, ReflectorOptions options = {}, size_t lists_at_once = 8);
  // Stops all.
  ~ReflectorSet();

  // What is to be reflected from now on: new types are begun, those that are not among them are stopped. No call of the
  // sink about a type that was stopped comes after it returns. Not from the sink.
  void set_types(const std::vector<ResourceType>& types);
  // The same, but begins nothing.
  void keep_only(const std::vector<ResourceType>& types);

  // Starts what is due, no more than so many lists at once. Gives the time until the next look, at most a second.
  Duration tick();
  // Ticks until stopped: the body of a thread.
  void run(const std::stop_token& stop);

 private:
  using Wanted = std::map<std::string, ResourceType>;
  void stop_others(const Wanted& wanted);
  std::shared_ptr<Reflector> make(ResourceType type) const;

  const Parts parts_;
  const ReflectorOptions options_;
  const size_t lists_at_once_;
  std::mutex changing_;  // Held by `set_types` as a whole, taken before the other.
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Reflector>> reflectors_;  // By group, version and plural.
};

}  // namespace capstan::kubernetes
