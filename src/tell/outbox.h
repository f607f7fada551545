// Sees to it that every message reaches every channel: in order, tried again with growing waits, remembered over a
// restart. A message may arrive twice when Capstan dies between its delivery and the note of it; it is never lost.
// Where a message was put is in its message.sent fact, so that it can be revised after a restart.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/draft.h"
#include "model/fact.h"
#include "model/fact_sink.h"
#include "model/message.h"
#include "tell/digest.h"

namespace capstan::tell {

// A channel with what is sent to it.
struct Route {
  std::shared_ptr<Channel> channel;
  Severity least = Severity::kInfo;  // Less severe messages are not sent here.
  Language language = Language::kEnglish;
  Duration digest{60'000};  // A flood of messages alike becomes one after so long; 0 for never.
};

// How one attempt ended, on its way back into the loop.
struct Attempt {
  std::string channel;
  std::string message;
  Delivery delivery;
};

// Owned by the loop; not thread-safe. Deliveries run elsewhere, one at a time a channel.
class Outbox {
 public:
  struct Options {
    Duration first_wait{1'000};
    Duration longest_wait{300'000};
    Duration give_up_after{86'400'000};
    size_t most_waiting = 1'000;  // A channel; the oldest is given up beyond it.
  };
  // Runs work on another thread; false when it has no room now.
  using Run = std::function<bool(std::function<void(const std::stop_token&)>)>;
  // Hands the end of an attempt to the loop, which calls `finished`. Called from that other thread.
  using Report = std::function<void(Attempt)>;

  Outbox(Options options, Run run, Report report)
      : options_(options), run_(std::move(run)), report_(std::move(report)) {}

  // Replaces the channels. What waits for one that is not among them waits for its return, until it is given up.
  void set_routes(std::vector<Route> routes);

  // What was queued and not yet sent or given up when Capstan stopped, whatever the channels are now. Takes facts in
  // their order, in as many calls as is convenient; those of other kinds change nothing.
  void restore(std::span<const Fact> facts);

  // Writes message.queued and starts what can be started. The same id is queued once.
  Status queue(const Draft& message, Time now, FactSink& facts);
  // The same in two steps, for who writes the fact together with what it tells of: the fact to append, none where
  // nobody is to be told (any more); and, once it is durable, its number. `facts` takes what has to give way.
  std::optional<NewFact> announcement(const Draft& message, Time now) const;
  void announced(const Draft& message, Seq fact, Time now, FactSink& facts);
  // Starts what is due, and gives up what has waited for too long.
  Status tick(Time now, FactSink& facts);
  // Writes message.sent or message.failed, or waits for the next attempt.
  Status finished(const Attempt& attempt, Time now, FactSink& facts);

  struct ChannelState {
    std::string name;
    size_t waiting = 0;
    std::string error;  // Of the last attempt; "" when it went well.
    Time last;
  };
  std::vector<ChannelState> channels() const;

 private:
  struct Waiting {
    Draft message;
    Seq queued = 0;
    Time since;
    Time due;
    Duration wait{0};            // How long it was made to wait the last time.
    std::optional<NewFact> end;  // It is over, and only that could not be written down yet.
    int attempts = 0;
    std::string group = {};  // Of the digest.
    bool flying = false;     // On its way, alone or with others of its group.
  };
  struct Lane {
    Route route;  // Without a channel: it is not configured any more, or not yet again.
    bool is_set = false;
    Digest digest;
    std::deque<Waiting> waiting;
    std::string in_flight;                       // The id of what is on its way; "" for nothing.
    std::map<std::string, std::string> threads;  // Message thread -> the channel's own reference.
    std::deque<std::string> thread_order;        // The oldest first.
    std::map<std::string, std::string> posted;   // Messages that may be revised -> the channel's own reference.
    std::deque<std::string> posted_order;        // The oldest first.
    std::string error;
    Time last;
  };

  void note_queued(const std::string& message, Seq fact);
  static void remember_thread(Lane& lane, const std::string& thread, const std::string& reference);
  static void remember_posted(Lane& lane, const Draft& message, const std::string& reference);
  // Whether a message is for a lane: severe enough, and a revision only where what it revises went.
  static bool is_for(const Lane& lane, const Draft& message);
  // What a revision revises has not arrived: there is nothing to put it in the place of.
  Status drop_groundless(Lane& lane, const std::string& channel, Time now, FactSink& facts);
  static NewFact end_of(const Waiting& waiting, const Attempt& attempt, Time now);
  Status note_end(Lane& lane, FactSink& facts);
  Status give_up(Lane& lane, const std::string& channel, size_t at, std::string why, Time now, FactSink& facts);
  void start(Lane& lane, Time now);
  // What is to be sent next: one message, or several as one; nothing while all are held or not due.
  static std::vector<Waiting*> choose(Lane& lane, Time now);
  void launch(Lane& lane, const std::vector<Waiting*>& chosen);
  void wait(Waiting& waiting, Duration asked, Time now) const;

  Options options_;
  Run run_;
  Report report_;
  std::map<std::string, Lane> lanes_;  // By the channel's name.
  std::map<std::string, Seq> seen_;    // Message ids ever queued, with the fact.
  std::deque<std::string> seen_order_;
};

}  // namespace capstan::tell
