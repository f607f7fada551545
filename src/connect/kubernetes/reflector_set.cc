#include "connect/kubernetes/reflector_set.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

namespace capstan::kubernetes {
namespace {

constexpr Duration kLongestSleep{1'000};
constexpr Duration kShortestSleep{20};

std::map<std::string, ResourceType> by_key(const std::vector<ResourceType>& types) {
  std::map<std::string, ResourceType> keyed;
  for (const ResourceType& type : types) keyed.emplace(type.api_version() + "/" + type.plural, type);
  return keyed;
}

}  // namespace

ReflectorSet::ReflectorSet(Parts parts, ReflectorOptions options, size_t lists_at_once)
    : parts_(parts), options_(options), lists_at_once_(lists_at_once) {}

ReflectorSet::~ReflectorSet() { set_types({}); }

void ReflectorSet::set_types(const std::vector<ResourceType>& types) {
  std::lock_guard one_at_a_time(changing_);
  Wanted wanted = by_key(types);
  stop_others(wanted);
  std::lock_guard lock(mutex_);
  for (auto& [key, type] : wanted) {
    std::shared_ptr<Reflector>& reflector = reflectors_[key];
    if (!reflector) reflector = make(std::move(type));
  }
}

void ReflectorSet::keep_only(const std::vector<ResourceType>& types) {
  std::lock_guard one_at_a_time(changing_);
  stop_others(by_key(types));
}

void ReflectorSet::stop_others(const Wanted& wanted) {
  std::vector<std::shared_ptr<Reflector>> gone;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(reflectors_, [&](auto& entry) {
      const auto found = wanted.find(entry.first);
      if (found != wanted.end() && found->second == entry.second->type()) return false;
      gone.push_back(std::move(entry.second));
      return true;
    });
  }
  for (const auto& reflector : gone) reflector->stop();  // Waits for the sink, so not under the lock.
}

std::shared_ptr<Reflector> ReflectorSet::make(ResourceType type) const {
  WorkerPool& workers = parts_.workers;  // Not `this`: work under way may outlive it.
  const Reflector::Parts parts{.lists = parts_.lists,
                               .watches = parts_.watches,
                               .executor = [&workers](auto work) { return workers.try_run(std::move(work)); },
                               .credentials = parts_.credentials,
                               .clock = parts_.clock,
                               .random = parts_.random,
                               .sink = parts_.sink};
  return std::make_shared<Reflector>(parts, std::move(type), options_);
}

Duration ReflectorSet::tick() {
  std::lock_guard lock(mutex_);
  size_t listing = 0;
  for (const auto& [key, reflector] : reflectors_) listing += reflector->is_listing() ? 1 : 0;
  Duration next = kLongestSleep;
  for (const auto& [key, reflector] : reflectors_) {
    const std::optional<Duration> left = reflector->tick(listing < lists_at_once_);
    if (left && left->count() <= 0) ++listing;  // It may be a watch that begins; then there is room at the next tick.
    if (left) next = std::min(next, *left);
  }
  return std::max(next, kShortestSleep);
}

void ReflectorSet::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) changed.wait_for(lock, stop, tick(), [] { return false; });
}

}  // namespace capstan::kubernetes
