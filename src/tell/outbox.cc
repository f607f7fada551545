#include "tell/outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/fit.h"
#include "tell/wording.h"

namespace capstan::tell {
namespace {

constexpr size_t kMostSeen = 10'000;
constexpr size_t kMostThreads = 1'000;
constexpr size_t kMostPosted = 2'000;
constexpr size_t kMostBytes = 48 << 10;  // Of a message as a fact.

NewFact make_fact(std::string_view kind, Time at, const std::string& message, Json body, Seq cause) {
  return {at, std::string(kind), message, std::move(body), cause, "capstan"};
}

}  // namespace

void Outbox::set_routes(std::vector<Route> routes) {
  for (auto& [name, lane] : lanes_) lane.route.channel.reset();
  for (Route& route : routes) {
    const std::string name(route.channel->name());
    Lane& lane = lanes_[name];
    if (lane.route.digest != route.digest || !lane.is_set) lane.digest = Digest(route.digest);
    lane.is_set = true;
    lane.route = std::move(route);
  }
  std::erase_if(lanes_, [](const auto& named) {
    const Lane& lane = named.second;
    return !lane.route.channel && lane.waiting.empty() && lane.in_flight.empty();
  });
}

void Outbox::restore(std::span<const Fact> facts) {
  for (const Fact& fact : facts) {
    if (fact.kind == fact_kind::kMessageQueued) {
      note_queued(fact.subject, fact.seq);
      if (fact.redacted) continue;
      for (const Json& channel : fact.body["channels"].items()) {
        lanes_[channel.string_or_empty()].waiting.push_back(
            {.message = Draft::from_json(fact.body["message"]), .queued = fact.seq, .since = fact.at, .due = fact.at});
      }
    } else if (fact.kind == fact_kind::kMessageSent || fact.kind == fact_kind::kMessageFailed) {
      Lane& lane = lanes_[fact.body["channel"].string_or_empty()];
      const auto sent =
          std::ranges::find(lane.waiting, fact.subject, [](const Waiting& one) { return one.message.id; });
      if (sent != lane.waiting.end() && fact.kind == fact_kind::kMessageSent && !fact.body.contains("digest"))
        remember_posted(lane, sent->message, fact.body["reference"].string_or_empty());
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
  if (!lane.threads.emplace(thread, reference).second) return;
  lane.thread_order.push_back(thread);
  if (lane.thread_order.size() <= kMostThreads) return;
  lane.threads.erase(lane.thread_order.front());
  lane.thread_order.pop_front();
}

void Outbox::remember_posted(Lane& lane, const Draft& message, const std::string& reference) {
  if (!message.has_decisions() || !message.revises.empty() || reference.empty()) return;
  if (!lane.posted.emplace(message.id, reference).second) return;
  lane.posted_order.push_back(message.id);
  if (lane.posted_order.size() <= kMostPosted) return;
  lane.posted.erase(lane.posted_order.front());
  lane.posted_order.pop_front();
}

bool Outbox::is_for(const Lane& lane, const Draft& message) {
  if (!lane.route.channel || message.severity < lane.route.least) return false;
  if (message.revises.empty()) return true;
  const bool waits =
      std::ranges::any_of(lane.waiting, [&](const Waiting& waiting) { return waiting.message.id == message.revises; });
  return lane.route.channel->can_revise() && (waits || lane.posted.contains(message.revises));
}

Status Outbox::queue(const Draft& message, Time now, FactSink& facts) {
  const std::optional<NewFact> fact = announcement(message, now);
  if (!fact) return {};
  const Seq queued = TRY(facts.append(std::span(&*fact, 1))).front();
  announced(message, queued, now, facts);
  return {};
}

std::optional<NewFact> Outbox::announcement(const Draft& message, Time now) const {
  if (seen_.contains(message.id)) return std::nullopt;
  Json::Array names;
  for (const auto& [name, lane] : lanes_) {
    if (is_for(lane, message)) names.push_back(name);
  }
  if (names.empty()) return std::nullopt;
  Json body = Json::object({{"message", fit_texts(message.to_json(), kMostBytes)}, {"channels", std::move(names)}});
  return make_fact(fact_kind::kMessageQueued, now, message.id, std::move(body), message.cause);
}

void Outbox::announced(const Draft& message, Seq fact, Time now, FactSink& facts) {
  note_queued(message.id, fact);
  for (auto& [name, lane] : lanes_) {
    if (!is_for(lane, message)) continue;
    lane.waiting.push_back(
        {.message = message, .queued = fact, .since = now, .due = now, .group = Digest::group_of(message)});
    const auto idle = std::ranges::find(lane.waiting, false, &Waiting::flying);
    if (lane.waiting.size() > options_.most_waiting && idle != lane.waiting.end()) {
      const auto oldest = static_cast<size_t>(idle - lane.waiting.begin());  // What is on its way stays.
      // What cannot be written down now stays; the next one tries again.
      (void)give_up(lane, name, oldest,
                    fmt::format("given up: more than {} messages wait for this channel", options_.most_waiting), now,
                    facts);
    }
    start(lane, now);
  }
}

Status Outbox::give_up(Lane& lane, const std::string& channel, size_t at, std::string why, Time now, FactSink& facts) {
  const auto victim = lane.waiting.begin() + static_cast<ptrdiff_t>(at);
  const NewFact fact = make_fact(fact_kind::kMessageFailed, now, victim->message.id,
                                 Json::object({{"channel", channel}, {"error", std::move(why)}}), victim->queued);
  TRY(facts.append(std::span(&fact, 1)));
  lane.waiting.erase(victim);
  return {};
}

// A ledger that takes no facts keeps nobody from being told.
Status Outbox::tick(Time now, FactSink& facts) {
  Status first_problem;
  for (auto& [name, lane] : lanes_) {
    Status done;
    done = note_end(lane, facts);
    while (done && lane.in_flight.empty() && !lane.waiting.empty() &&
           now - lane.waiting.front().since > options_.give_up_after) {
      done =
          give_up(lane, name, 0, fmt::format("given up after {}", format_duration(options_.give_up_after)), now, facts);
    }
    if (done) done = drop_groundless(lane, name, now, facts);
    start(lane, now);
    if (!done && first_problem) first_problem = done;
  }
  return first_problem;
}

Status Outbox::drop_groundless(Lane& lane, const std::string& channel, Time now, FactSink& facts) {
  for (size_t at = 0; at < lane.waiting.size(); ++at) {
    const Waiting& waiting = lane.waiting[at];
    const std::string& revised = waiting.message.revises;
    if (revised.empty() || waiting.flying || waiting.end || lane.posted.contains(revised)) continue;
    const bool comes = std::ranges::any_of(lane.waiting, [&](const Waiting& one) { return one.message.id == revised; });
    if (comes) continue;
    TRY(give_up(lane, channel, at--, fmt::format("{}, which it revises, did not arrive", revised), now, facts));
  }
  return {};
}

std::vector<Outbox::Waiting*> Outbox::choose(Lane& lane, Time now) {
  std::set<std::string_view> held;  // Threads: what an incident came to is not told before the incident.
  for (Waiting& next : lane.waiting) {
    if (next.end) return {};
    const std::string& revised = next.message.revises;
    if (!revised.empty() && !lane.posted.contains(revised)) continue;  // Comes after what it revises, or is dropped.
    const auto verdict =
        held.contains(next.message.thread) ? Digest::Verdict::kHold : lane.digest.judge(next.group, next.since, now);
    if (verdict == Digest::Verdict::kHold) {
      if (!next.message.thread.empty()) held.insert(next.message.thread);
      continue;
    }
    // A due time further ahead than it was set means that the wall clock went back.
    if (next.due > now && next.due - now <= next.wait) return {};
    if (verdict == Digest::Verdict::kAlone) return {&next};
    std::vector<Waiting*> alike;
    for (Waiting& other : lane.waiting) {
      if (other.group == next.group && !held.contains(other.message.thread)) alike.push_back(&other);
    }
    return alike;
  }
  return {};
}

void Outbox::start(Lane& lane, Time now) {
  if (!lane.route.channel || !lane.in_flight.empty()) return;
  if (const std::vector<Waiting*> chosen = choose(lane, now); !chosen.empty()) launch(lane, chosen);
}

void Outbox::launch(Lane& lane, const std::vector<Waiting*>& chosen) {
  std::vector<const Draft*> drafts;
  for (const Waiting* one : chosen) drafts.push_back(&one->message);
  const Draft draft = drafts.size() == 1 ? *drafts.front() : fold(drafts);
  const auto thread = lane.threads.find(draft.thread);
  const std::string reference = thread == lane.threads.end() ? "" : thread->second;
  Message message = word(draft, lane.route.language);
  if (!draft.revises.empty()) message.replaces = lane.posted.at(draft.revises);
  const bool taken = run_([channel = lane.route.channel, message = std::move(message), reference,
                           report = report_](const std::stop_token& stop) {
    report({std::string(channel->name()), message.id, channel->send(message, reference, stop)});
  });
  if (!taken) return;
  lane.in_flight = draft.id;
  for (Waiting* one : chosen) one->flying = true;
}

Status Outbox::finished(const Attempt& attempt, Time now, FactSink& facts) {
  const auto found = lanes_.find(attempt.channel);
  if (found == lanes_.end() || found->second.in_flight != attempt.message) return {};
  Lane& lane = found->second;
  lane.in_flight.clear();
  lane.last = now;
  const Delivery& delivery = attempt.delivery;
  lane.error = delivery.status ? "" : delivery.status.error().message;
  const auto told = std::ranges::count(lane.waiting, true, &Waiting::flying);
  bool first = true;
  for (Waiting& waiting : lane.waiting) {
    if (!std::exchange(waiting.flying, false)) continue;
    ++waiting.attempts;
    const bool again = delivery.retry && now - waiting.since <= options_.give_up_after;
    if (!delivery.status && again) {
      wait(waiting, delivery.retry_after, now);
      continue;
    }
    waiting.end = end_of(waiting, attempt, now);
    if (told > 1) waiting.end->body.set("digest", attempt.message);
    if (!delivery.status) continue;
    if (waiting.message.revises.empty()) remember_thread(lane, waiting.message.thread, delivery.reference);
    if (told == 1) remember_posted(lane, waiting.message, delivery.reference);
    if (std::exchange(first, false)) lane.digest.note_told(waiting.group, told > 1, now);
  }
  TRY(note_end(lane, facts));
  start(lane, now);
  return {};
}

NewFact Outbox::end_of(const Waiting& waiting, const Attempt& attempt, Time now) {
  const Delivery& delivery = attempt.delivery;
  Json body = Json::object({{"channel", attempt.channel}, {"attempts", waiting.attempts}});
  if (delivery.status) {
    body.set("reference", delivery.reference);
    if (waiting.message.revises.empty()) body.set("thread", waiting.message.thread);
  } else {
    body.set("error", delivery.status.error().message);
  }
  return make_fact(delivery.status ? fact_kind::kMessageSent : fact_kind::kMessageFailed, now, waiting.message.id,
                   std::move(body), waiting.queued);
}

// What cannot be written down now is, at a later tick: the message is not sent again for that.
Status Outbox::note_end(Lane& lane, FactSink& facts) {
  std::vector<NewFact> ends;
  for (const Waiting& waiting : lane.waiting) {
    if (waiting.end) ends.push_back(*waiting.end);
  }
  if (ends.empty()) return {};
  TRY(facts.append(ends));
  std::erase_if(lane.waiting, [](const Waiting& waiting) { return waiting.end.has_value(); });
  return {};
}

void Outbox::wait(Waiting& waiting, Duration asked, Time now) const {
  const int doublings = std::min(waiting.attempts - 1, 20);
  waiting.wait =
      asked.count() > 0 ? asked : std::min(options_.longest_wait, options_.first_wait * (int64_t{1} << doublings));
  waiting.due = now + waiting.wait;
}

std::vector<Outbox::ChannelState> Outbox::channels() const {
  std::vector<ChannelState> states;
  for (const auto& [name, lane] : lanes_) {
    if (lane.route.channel) states.push_back({name, lane.waiting.size(), lane.error, lane.last});
  }
  return states;
}

}  // namespace capstan::tell
