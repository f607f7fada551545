#include "tell/outbox.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::tell {
namespace {

constexpr size_t kMostSeen = 10'000;
constexpr size_t kMostThreads = 1'000;

NewFact make_fact(std::string_view kind, Time at, const std::string& message, Json body, Seq cause) {
  return {at, std::string(kind), message, std::move(body), cause, "capstan"};
}

}  // namespace

void Outbox::set_routes(std::vector<Route> routes) {
  for (auto& [name, lane] : lanes_) lane.route.channel.reset();
  for (Route& route : routes) {
    const std::string name(route.channel->name());
    lanes_[name].route = std::move(route);
  }
  std::erase_if(lanes_, [](const auto& named) {
    const Lane& lane = named.second;
    return !lane.route.channel && lane.waiting.empty() && !lane.in_flight;
  });
}

void Outbox::restore(std::span<const Fact> facts) {
  for (const Fact& fact : facts) {
    if (fact.kind == fact_kind::kMessageQueued) {
      note_queued(fact.subject, fact.seq);
      if (fact.redacted) continue;
      for (const Json& channel : fact.body["channels"].items()) {
        lanes_[channel.string_or_empty()].waiting.push_back(
            {Message::from_json(fact.body["message"]), fact.seq, fact.at, fact.at, 0});
      }
    } else if (fact.kind == fact_kind::kMessageSent || fact.kind == fact_kind::kMessageFailed) {
      Lane& lane = lanes_[fact.body["channel"].string_or_empty()];
      std::erase_if(lane.waiting, [&](const Waiting& waiting) { return waiting.message.id == fact.subject; });
      if (fact.kind == fact_kind::kMessageSent) {
        remember_thread(lane, fact.body["thread"].string_or_empty(), fact.body["reference"].string_or_empty());
      }
    }
  }
}

void Outbox::note_queued(const std::string& message, Seq fact) {
  seen_[message] = fact;
  seen_order_.push_back(message);
  if (seen_order_.size() <= kMostSeen) return;
  seen_.erase(seen_order_.front());
  seen_order_.pop_front();
}

void Outbox::remember_thread(Lane& lane, const std::string& thread, const std::string& reference) {
  if (thread.empty()) return;
  if (lane.threads.size() >= kMostThreads) lane.threads.erase(lane.threads.begin());
  lane.threads.emplace(thread, reference);
}

Status Outbox::queue(const Message& message, Time now, FactSink& facts) {
  if (seen_.contains(message.id)) return {};
  std::vector<std::pair<const std::string, Lane>*> lanes;
  Json::Array names;
  for (auto& named : lanes_) {
    if (!named.second.route.channel || message.severity < named.second.route.least) continue;
    lanes.push_back(&named);
    names.push_back(named.first);
  }
  if (lanes.empty()) return {};
  const NewFact fact =
      make_fact(fact_kind::kMessageQueued, now, message.id,
                Json::object({{"message", message.to_json()}, {"channels", std::move(names)}}), message.cause);
  const Seq queued = TRY(facts.append(std::span(&fact, 1))).front();
  note_queued(message.id, queued);
  for (auto* named : lanes) {
    auto& [name, lane] = *named;
    lane.waiting.push_back({message, queued, now, now, 0});
    if (lane.waiting.size() > options_.most_waiting) {
      const size_t oldest = lane.in_flight ? 1 : 0;  // The first one is on its way.
      TRY(give_up(lane, name, oldest,
                  fmt::format("given up: more than {} messages wait for this channel", options_.most_waiting), now,
                  facts));
    }
    start(lane, now);
  }
  return {};
}

Status Outbox::give_up(Lane& lane, const std::string& channel, size_t at, std::string why, Time now, FactSink& facts) {
  const auto victim = lane.waiting.begin() + static_cast<ptrdiff_t>(at);
  const NewFact fact = make_fact(fact_kind::kMessageFailed, now, victim->message.id,
                                 Json::object({{"channel", channel}, {"error", std::move(why)}}), victim->queued);
  TRY(facts.append(std::span(&fact, 1)));
  lane.waiting.erase(victim);
  return {};
}

Status Outbox::tick(Time now, FactSink& facts) {
  for (auto& [name, lane] : lanes_) {
    while (!lane.in_flight && !lane.waiting.empty() && now - lane.waiting.front().since > options_.give_up_after) {
      TRY(give_up(lane, name, 0, fmt::format("given up after {}", format_duration(options_.give_up_after)), now,
                  facts));
    }
    start(lane, now);
  }
  return {};
}

void Outbox::start(Lane& lane, Time now) {
  if (!lane.route.channel || lane.in_flight || lane.waiting.empty()) return;
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
  if (delivery.status) remember_thread(lane, waiting.message.thread, delivery.reference);
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
  for (const auto& [name, lane] : lanes_) {
    if (lane.route.channel) states.push_back({name, lane.waiting.size(), lane.error, lane.last});
  }
  return states;
}

}  // namespace capstan::tell
