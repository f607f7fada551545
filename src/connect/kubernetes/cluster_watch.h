// One cluster, kept in view: finds out which types there are, again and again, and reflects all of them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "connect/kubernetes/discovery.h"
#include "connect/kubernetes/reflector_set.h"

namespace capstan::kubernetes {

// Who is told about a cluster: what a ReflectorSink is, and which types there are.
class ClusterSink : public ReflectorSink {
 public:
  // The types that are reflected from now on, told before anything about the new ones and when all calls about the old
  // ones are over: what is known of objects of those can be forgotten. Also when only the problems differ: groups that
  // cannot be asked. Not told while discovery as a whole fails.
  virtual void types(const std::vector<ResourceType>& types, const std::vector<Error>& problems) = 0;
  // Whether the types can be found out, told when it differs from before.
  virtual void reachable(Status state) = 0;
};

// Thread-safe.
class ClusterWatch {
 public:
  struct Parts {
    ApiTransport& transport;
    HttpStreamer& lists;    // As a reflector needs them.
    HttpStreamer& watches;  //
    WorkerPool& workers;
    const Clock& clock;
    Random& random;
    ClusterSink& sink;
  };
  // Which types to reflect: by default all that can be listed and watched, each object once.
  using Choice = std::function<bool(const ResourceType&)>;
  explicit ClusterWatch(Parts parts, ReflectorOptions options = {}, Choice choice = is_worth_watching);
  ~ClusterWatch();

  // Asks for the types when that is due: every half minute, and a second after a definition or an API service has
  // changed. Starts the reflectors that are due. May wait for the API server. Gives the time until the next look.
  Duration tick(const std::stop_token& stop = {});
  // Ticks until stopped: the body of a thread.
  void run(const std::stop_token& stop);

  // It can be listed and watched, and is not the second face of objects that are seen already, as the events of
  // events.k8s.io are.
  static bool is_worth_watching(const ResourceType& type);

 private:
  class Observer;
  void look(const std::stop_token& stop);

  const Parts parts_;
  const Choice choice_;
  std::unique_ptr<Observer> observer_;
  Discovery discovery_;
  std::optional<Error> failure_;
  bool looked_ = false;
  ReflectorSet reflectors_;
};

}  // namespace capstan::kubernetes
