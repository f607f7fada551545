// What goes wrong with two nodes and with what they share.
#include <fmt/format.h>

#include <array>

#include "sim/pair.h"

namespace capstan::sim {
namespace {

// The shared ledger's clock may be set forward by less than the margin of a lease at once, and nodes' clocks may be
// slow by a part of it.
constexpr uint64_t kFarthestStep = 2'000;
constexpr Duration kBetweenSteps{30'000};

Fact fact_of(const ledger::KeptFact& kept) {
  return {.seq = kept.seq,
          .at = from_unix_ms(kept.at_ms),
          .kind = kept.kind,
          .subject = kept.subject,
          .body = Json::parse(kept.body).value(),
          .cause = kept.cause,
          .actor = kept.actor,
          .redacted = false};
}

}  // namespace

void Pair::listen() {
  World& world = stage_.world;
  world.on_call = [this](std::string_view call) { called(call); };
  world.on_freeze = [this] { freeze_in_request(*acting_); };
  world.roll = [this] {
    if (healed_ || !chance(25)) return Fault::kNone;
    if (chance(40) && !somebody_is_frozen_in_request_) return chance(50) ? Fault::kFrozenBefore : Fault::kFrozenAfter;
    return static_cast<Fault>(1 + below(kFaultKinds));
  };
  world.roll_blind = [this] { return (!healed_ || uncertain_looks_-- > 0) && chance(30); };
  // What a node hears that leads no more, nobody knows.
  world.on_answer = [this](const std::string& action, const Performed& said) {
    if (counts_answers()) stage_.laws.answered(action, said);
  };
  world.on_probe = [this](const std::string& action, ProbeAnswer shows) {
    if (counts_answers()) stage_.laws.probed(action, shows);
  };
}

bool Pair::counts_answers() const { return acting_ != nullptr && acting_->is_leader(); }

void Pair::called(std::string_view call) {
  Node& node = *acting_;
  const bool another_leads = !node.is_leader() && !shared_.is_free();
  const bool touches = call == "perform" || call == "undo" || call == "request";
  if (touches && another_leads && !node.woke_in_request)
    stage_.laws.breach(fmt::format("{} calls {} while {} leads", node.name(), call, shared_.standing.leader));
  if (healed_) return;
  if (chance(1)) {
    stage_.tally.count(fmt::format("fault: death at {}", call));
    die_in_request(node);
  }
  const bool looks = call == "state_before" || call == "probe";
  if (looks && chance(3) && !somebody_is_frozen_in_request_) {
    stage_.tally.count("fault: a node is frozen while it looks");
    freeze_in_request(node);
  }
}

// The process stands still in the middle of a request, and everybody else goes on.
void Pair::freeze_in_request(Node& node) {
  if (somebody_is_frozen_in_request_ || healed_) return;
  somebody_is_frozen_in_request_ = true;
  node.frozen = node.woke_in_request = true;
  stage_.story += fmt::format("-- {} is frozen in a request\n", node.name());
  if (chance(70)) pass(Duration(static_cast<int64_t>(8'000 + below(8'000))));
  for (uint64_t steps = below(25); steps > 0 && broken().empty(); --steps) step();
  stage_.story += fmt::format("-- {} wakes up\n", node.name());
  node.frozen = somebody_is_frozen_in_request_ = false;
  if (!chance(20)) return;
  stage_.tally.count("fault: a frozen node is killed");
  die_in_request(node);
}

void Pair::die_in_request(Node& node) {
  node.disk().kill();
  down_until_[&node == nodes_[0].get() ? 0 : 1] =
      stage_.clock.monotonic() + Duration(static_cast<int64_t>(below(20'000)));
  throw ProcessDied();
}

Way Pair::before_asking(size_t index, std::string_view what) {
  Node& node = *nodes_[index];
  if (healed_) return Way::kThrough;
  const bool is_append = what == "append";
  if (is_append && chance(1)) {
    stage_.tally.count("fault: a node dies before the shared ledger has its facts");
    die_in_request(node);
  }
  if ((is_append || what == "acquire") && chance(is_append ? 2 : 10) && !somebody_is_frozen_in_request_) {
    stage_.tally.count(is_append ? "fault: a node is frozen before its facts are written"
                                 : "fault: a node is frozen before it asks for the lead");
    freeze_in_request(node);
  }
  const Duration now = stage_.clock.monotonic();
  if (now < cut_until_[index] || now < away_until_) return Way::kCut;
  if (!chance(5)) return Way::kThrough;
  if (chance(40)) {
    stage_.tally.count("fault: a request to the shared ledger is lost");
    return Way::kCut;
  }
  stage_.tally.count("fault: an answer of the shared ledger is lost");
  return Way::kLostAnswer;
}

void Pair::after_asking(size_t index, std::string_view what) {
  if (healed_ || what != "append") return;
  if (chance(1)) {
    stage_.tally.count("fault: a node dies after the shared ledger has its facts");
    die_in_request(*nodes_[index]);
  }
  if (chance(2)) {
    stage_.tally.count("fault: the shared ledger answers late");
    pass(Duration(static_cast<int64_t>(below(4'000))));
  }
}

// Another leader, or the same node as another process: whatever was learned and not written down is gone.
void Pair::asked_for_lead(size_t index, bool got) {
  if (!got) return stage_.tally.count("recovery: of two nodes that ask for the lead one gets it");
  stage_.story += fmt::format("-- {} has the lease, epoch {}\n", nodes_[index]->name(), shared_.standing.epoch);
  stage_.laws.process_died();
  if (leader_ && *leader_ != index) {
    stage_.tally.count("recovery: another node leads");
    if (stage_.laws.has_open_intents()) stage_.tally.count("recovery: another node leads while an action is under way");
  }
  leader_ = index;
}

void Pair::written(size_t index, std::span<const ledger::KeptFact> facts) {
  nodes_[index]->note_written(facts.back().seq);
  for (const ledger::KeptFact& fact : facts) stage_.see(fact_of(fact));
}

void Pair::wake_and_boot() {
  const Duration now = stage_.clock.monotonic();
  for (size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = *nodes_[i];
    if (node.frozen && !node.is_busy() && now >= frozen_until_[i]) {
      node.frozen = false;
      // Whatever it goes on with first may come before it looks at its clock.
      const bool nobody_is_busy = !nodes_[0]->is_busy() && !nodes_[1]->is_busy();
      if (node.is_leading() && nobody_is_busy && chance(50)) as(node, [&] { node.live([&] { work(node); }); });
    }
    if (!node.is_up() && !node.is_busy() && now >= down_until_[i]) node.boot();
  }
}

void Pair::trouble() {
  const size_t index = below(2);
  Node& node = *nodes_[index];
  const auto later = [&](uint64_t most) {
    return stage_.clock.monotonic() + Duration(static_cast<int64_t>(1 + below(most)));
  };
  switch (below(9)) {
    case 0:
      if (node.frozen || node.is_busy()) return;
      stage_.tally.count("fault: a node is frozen between two steps");
      node.frozen = true;
      frozen_until_[index] = later(25'000);
      return;
    case 1:
    case 2:
      if (!node.is_up() || node.is_busy() || node.frozen) return;
      {
        const bool with_power = chance(60);
        stage_.tally.count(with_power ? "fault: a node is killed" : "fault: a node loses its power");
        as(node, [&] { node.die(with_power); });
        down_until_[index] = later(20'000);
        return;
      }
    case 3: return cut_off(index);
    case 4:
      stage_.tally.count("fault: the shared ledger cannot be reached");
      away_until_ = later(15'000);
      return;
    case 5: return step_clocks();
    case 6: {
      constexpr std::array<DiskFault, 3> kFaults = {DiskFault::kPowerCut, DiskFault::kFull, DiskFault::kBroken};
      return node.disk().fail_after(below(20), kFaults[below(kFaults.size())]);
    }
    default: return stage_.happenings.trouble();
  }
}

void Pair::cut_off(size_t index) {
  stage_.tally.count("fault: a node is cut off from the shared ledger");
  cut_until_[index] = stage_.clock.monotonic() + Duration(static_cast<int64_t>(1 + below(30'000)));
}

void Pair::step_clocks() {
  if (chance(50)) {
    VirtualClock& clock = nodes_[below(2)]->clock();
    const Duration by{static_cast<int64_t>(below(3'600'000))};
    stage_.tally.count("fault: a node's clock is set");
    return clock.jump_to(chance(50) ? clock.now() + by : clock.now() - by);
  }
  if (stage_.clock.monotonic() < next_database_step_) return;
  next_database_step_ = stage_.clock.monotonic() + kBetweenSteps;
  const bool forward = chance(70);
  stage_.tally.count(forward ? "fault: the shared ledger's clock is set forward"
                             : "fault: the shared ledger's clock is set back");
  const Duration by{static_cast<int64_t>(below(forward ? kFarthestStep : 60'000))};
  database_clock_.advance(forward ? by : -by);
}

}  // namespace capstan::sim
