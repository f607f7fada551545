#include "serve/event_merger.h"

#include <algorithm>

namespace capstan::serve {

void EventMerger::add(std::string_view topic, Seq seq) {
  auto found = topics_.find(topic);
  if (found == topics_.end()) found = topics_.emplace(topic, Topic()).first;
  found->second.waiting = std::max(found->second.waiting, std::max<Seq>(seq, 1));
}

std::vector<Event> EventMerger::take(Duration now) {
  std::vector<Event> events;
  for (auto& [name, topic] : topics_) {
    if (topic.waiting == 0 || topic.due > now) continue;
    events.push_back({name, std::exchange(topic.waiting, 0)});
    topic.due = now + interval_;
  }
  return events;
}

std::optional<Duration> EventMerger::next_due() const {
  std::optional<Duration> next;
  for (const auto& [name, topic] : topics_) {
    if (topic.waiting == 0) continue;
    next = std::min(next.value_or(topic.due), topic.due);
  }
  return next;
}

}  // namespace capstan::serve
