#include "tell/outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace capstan::tell {
namespace {

constexpr size_t kMostSeen = 10'000;
constexpr size_t kMostThreads = 1'000;

NewFact make_fact(std::string_view kind, Time at, const std::string& message, Json body, Seq cause) {
  return {at, std::string(kind), message, std::move(body), cause, "capstan"};
}

}  // namespace

void Outbox::set_routes(std::vector<Route> routes) {
  std::map<std::string, Lane> lanes;
  for (Route& route : routes) {
    const std::string name(route.channel->name());
    const auto known = lanes_.find(name);
    Lane lane = known == lanes_.end() ? Lane() : std::move(known->second);
    lane.route = std::move(route);
    lanes.insert_or_assign(name, std::move(lane));
  }
  lanes_ = std::move(lanes);
}

void Outbox::restore(std::span<const Fact> facts) {
  std::map<std::string, std::pair<Fact, std::set<std::string>>> open;  // Message id -> queued, channels that are done.
  for (const Fact& fact : facts) {
    const std::string& channel = fact.body["channel"].string_or_empty();
    if (fact.kind == fact_kind::kMessageQueued) {
      open[fact.subject] = {fact, {}};
      seen_[fact.subject] = fact.seq;
      seen_order_.push_back(fact.subject);
    } else if (fact.kind == fact_kind::kMessageSent || fact.kind == fact_kind::kMessageFailed) {
      open[fact.subject].second.insert(channel);
      const auto lane = lanes_.find(channel);
      const std::string& thread = fact.body["thread"].string_or_empty();
      if (lane != lanes_.end() && !thread.empty()) {
        lane->second.threads.emplace(thread, fact.body["reference"].string_or_empty());
      }
    }
  }
  std::vector<const std::pair<Fact, std::set<std::string>>*> in_order;
  for (const auto& [id, entry] : open) in_order.push_back(&entry);
  std::ranges::sort(in_order, {}, [](const auto* entry) { return entry->first.seq; });
  for (const auto* entry : in_order) {
    const Fact& queued = entry->first;
    if (queued.kind.empty() || queued.redacted) continue;
    for (const Json& channel : queued.body["channels"].items()) {
      const auto lane = lanes_.find(channel.string_or_empty());
      if (lane == lanes_.end() || entry->second.contains(lane->first)) continue;
      lane->second.waiting.push_back({Message::from_json(queued.body["message"]), queued.seq, queued.at, queued.at, 0});
    }
  }
}

Status Outbox::queue(const Message& message, Time now, FactSink& facts) {
  if (seen_.contains(message.id)) return {};
  std::vector<Lane*> lanes;
  Json::Array names;
  for (auto& [name, lane] : lanes_) {
    if (message.severity < lane.route.least) continue;
    lanes.push_back(&lane);
    names.push_back(name);
  }
  if (lanes.empty()) return {};
  const NewFact fact =
      make_fact(fact_kind::kMessageQueued, now, message.id,
                Json::object({{"message", message.to_json()}, {"channels", std::move(names)}}), message.cause);
  const Seq queued = TRY(facts.append(std::span(&fact, 1))).front();
  seen_[message.id] = queued;
  seen_order_.push_back(message.id);
  if (seen_order_.size() > kMostSeen) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  for (Lane* lane : lanes) {
    lane->waiting.push_back({message, queued, now, now, 0});
    if (lane->waiting.size() > options_.most_waiting) {
      const auto victim = lane->waiting.begin() + (lane->in_flight ? 1 : 0);  // The first one is on its way.
      const Waiting oldest = std::move(*victim);
      lane->waiting.erase(victim);
      const NewFact dropped = make_fact(
          fact_kind::kMessageFailed, now, oldest.message.id,
          Json::object(
              {{"channel", lane->route.channel->name()},
               {"error", fmt::format("given up: more than {} messages wait for this channel", options_.most_waiting)}}),
          oldest.queued);
      TRY(facts.append(std::span(&dropped, 1)));
    }
    start(*lane, now);
  }
  return {};
}

void Outbox::tick(Time now) {
  for (auto& [name, lane] : lanes_) start(lane, now);
}

void Outbox::start(Lane& lane, Time now) {
  if (lane.in_flight || lane.waiting.empty()) return;
  const Waiting& next = lane.waiting.front();
  // A due time far ahead means that the wall clock went back.
  if (next.due > now && next.due - now <= options_.longest_wait) return;
  const auto thread = lane.threads.find(next.message.thread);
  const std::string reference = thread == lane.threads.end() ? "" : thread->second;
  lane.in_flight = run_(
      [channel = lane.route.channel, message = next.message, reference, report = report_](const std::stop_token& stop) {
        report({std::string(channel->name()), message.id, channel->send(message, reference, stop)});
      });
}

Status Outbox::finished(const Attempt& attempt, Time now, FactSink& facts) {
  const auto found = lanes_.find(attempt.channel);
  if (found == lanes_.end()) return {};
  Lane& lane = found->second;
  lane.in_flight = false;
  lane.last = now;
  if (lane.waiting.empty() || lane.waiting.front().message.id != attempt.message) return {};
  Waiting& waiting = lane.waiting.front();
  ++waiting.attempts;
  const Delivery& delivery = attempt.delivery;
  lane.error = delivery.status ? "" : delivery.status.error().message;
  const bool give_up = !delivery.retry || now - waiting.since > options_.give_up_after;
  if (!delivery.status && !give_up) {
    waiting.due = now + wait_after(waiting.attempts, delivery.retry_after);
    return {};
  }
  Json body = Json::object({{"channel", attempt.channel}, {"attempts", waiting.attempts}});
  if (delivery.status) {
    body.set("reference", delivery.reference);
    body.set("thread", waiting.message.thread);
  } else {
    body.set("error", delivery.status.error().message);
  }
  const NewFact fact = make_fact(delivery.status ? fact_kind::kMessageSent : fact_kind::kMessageFailed, now,
                                 waiting.message.id, std::move(body), waiting.queued);
  if (auto written = facts.append(std::span(&fact, 1)); !written) {
    // Not noted, so it counts as not done.
    waiting.due = now + wait_after(waiting.attempts, Duration(0));
    return fail(std::move(written).error());
  }
  if (delivery.status && !waiting.message.thread.empty()) {
    if (lane.threads.size() >= kMostThreads) lane.threads.erase(lane.threads.begin());
    lane.threads.emplace(waiting.message.thread, delivery.reference);
  }
  lane.waiting.pop_front();
  start(lane, now);
  return {};
}

Duration Outbox::wait_after(int attempts, Duration asked) const {
  if (asked.count() > 0) return asked;
  const int doublings = std::min(attempts - 1, 20);
  return std::min(options_.longest_wait, options_.first_wait * (int64_t{1} << doublings));
}

std::vector<Outbox::ChannelState> Outbox::channels() const {
  std::vector<ChannelState> states;
  for (const auto& [name, lane] : lanes_) states.push_back({name, lane.waiting.size(), lane.error, lane.last});
  return states;
}

}  // namespace capstan::tell
