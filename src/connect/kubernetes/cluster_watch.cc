#include "connect/kubernetes/cluster_watch.h"

#include <algorithm>
#include <condition_variable>

namespace capstan::kubernetes {
namespace {

constexpr Duration kLookInterval{30'000};
constexpr Duration kAfterAChange{1'000};  // The server needs a moment itself, and definitions come in crowds.

}  // namespace

// Passes everything on, and sees when what is told changes which types there are.
class ClusterWatch::Observer final : public ReflectorSink {
 public:
  Observer(ClusterSink& sink, const Clock& clock) : sink_(sink), clock_(clock), due_ms_(clock.monotonic().count()) {}

  void listing(const ResourceType& type) override { sink_.listing(type); }
  void page(const ResourceType& type, std::vector<Json> objects) override { sink_.page(type, std::move(objects)); }
  void listed(const ResourceType& type) override {
    notice(type);
    sink_.listed(type);
  }
  void changed(const ResourceType& type, Json object) override {
    notice(type);
    sink_.changed(type, std::move(object));
  }
  void deleted(const ResourceType& type, Json object) override {
    notice(type);
    sink_.deleted(type, std::move(object));
  }
  void state(const ResourceType& type, Status state) override { sink_.state(type, std::move(state)); }

  Duration time_until_look() const { return Duration(due_ms_) - clock_.monotonic(); }
  void set_due(Duration in) { due_ms_ = (clock_.monotonic() + in).count(); }

 private:
  void notice(const ResourceType& type) {
    const bool defines = (type.group == "apiextensions.k8s.io" && type.plural == "customresourcedefinitions") ||
                         (type.group == "apiregistration.k8s.io" && type.plural == "apiservices");
    if (!defines) return;
    const int64_t wanted = (clock_.monotonic() + kAfterAChange).count();
    int64_t due = due_ms_;
    while (wanted < due && !due_ms_.compare_exchange_weak(due, wanted)) {
    }
  }

  ClusterSink& sink_;
  const Clock& clock_;
  std::atomic<int64_t> due_ms_;  // By the monotonic clock.
};

ClusterWatch::ClusterWatch(Parts parts, ReflectorOptions options, Choice choice)
    : parts_(parts),
      choice_(std::move(choice)),
      observer_(std::make_unique<Observer>(parts.sink, parts.clock)),
      discovery_(parts.transport),
      reflectors_({.lists = parts.lists,
                   .watches = parts.watches,
                   .workers = parts.workers,
                   .credentials = parts.transport.credentials(),
                   .clock = parts.clock,
                   .random = parts.random,
                   .sink = *observer_},
                  options) {}

ClusterWatch::~ClusterWatch() = default;

bool ClusterWatch::is_worth_watching(const ResourceType& type) {
  if (!type.can("list") || !type.can("watch")) return false;
  return !(type.group == "events.k8s.io" && type.plural == "events");
}

void ClusterWatch::look(const std::stop_token& stop) {
  observer_->set_due(kLookInterval);
  Result<Discovered> found = discovery_.look(stop);
  if (!found) {
    if (stop.stop_requested()) return;
    const bool told = failure_ && failure_->message == found.error().message;
    failure_ = found.error();
    if (!told) parts_.sink.reachable(fail(std::move(found.error())));
    return;
  }
  if (failure_ || !looked_) parts_.sink.reachable({});
  failure_.reset();
  if (!found->changed && looked_) return;
  looked_ = true;
  std::vector<ResourceType> chosen;
  std::ranges::copy_if(found->types, std::back_inserter(chosen), choice_);
  reflectors_.keep_only(chosen);
  parts_.sink.types(chosen, found->problems);
  reflectors_.set_types(chosen);
}

Duration ClusterWatch::tick(const std::stop_token& stop) {
  if (observer_->time_until_look().count() <= 0) look(stop);
  return std::min(reflectors_.tick(), std::max(observer_->time_until_look(), Duration(0)));
}

void ClusterWatch::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) changed.wait_for(lock, stop, tick(stop), [] { return false; });
}

}  // namespace capstan::kubernetes
