// How two nodes live: who does what, and how they come to rest.
#include "sim/pair.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::sim {
namespace {

constexpr Duration kSlice{500};
// As for one node, and a while for somebody to lead.
constexpr Duration kWithin{80 * 60'000};
constexpr Duration kPace{20'000};

}  // namespace

Pair::Pair(uint64_t seed)
    : stage_(seed, [this](Duration time, const std::stop_token& stop) { return pause(time, stop); }),
      database_clock_(world_begins()) {
  // Any zero will do, but the lease that was given back ended at 0.
  database_clock_.advance(Duration(1'000'000));
  listen();
  for (size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i] = make_node(i);
    // Nobody compares clocks with anybody.
    nodes_[i]->clock().advance(Duration(static_cast<int64_t>(below(600'000))));
    nodes_[i]->clock().jump_to(world_begins() + Duration(static_cast<int64_t>(below(120'000))) - Duration(60'000));
    slowness_[i] = static_cast<int64_t>(below(50));
  }
  stage_.tally.count("fault: two nodes start at once");
  for (const auto& node : nodes_) node->boot();
}

std::unique_ptr<Node> Pair::make_node(size_t index) {
  return std::make_unique<Node>(
      index == 0 ? "a" : "b", stage_, shared_,
      Node::Hooks{
          .store = {.before = [this, index](std::string_view what) { return before_asking(index, what); },
                    .after = [this, index](std::string_view what) { after_asking(index, what); },
                    .written = [this, index](std::span<const ledger::KeptFact> facts) { written(index, facts); },
                    .asked_for_lead = [this, index](bool got) { asked_for_lead(index, got); },
                    .recovered =
                        [this](std::string_view how) { stage_.tally.count(fmt::format("recovery: {}", how)); }},
          .pass = [this](Duration time) { pass(time); },
          .told = [this](std::string_view says) { stage_.story += fmt::format("-- {}\n", says); },
          .breach = [this](std::string_view says) { stage_.laws.breach(std::string(says)); }});
}

// Time goes on for everybody, and whoever is awake does what it does by itself.
void Pair::pass(Duration time) {
  while (time > Duration(0)) {
    const Duration slice = std::min(time, kSlice);
    time -= slice;
    stage_.clock.advance(slice);
    database_clock_.advance(slice);
    for (size_t i = 0; i < nodes_.size(); ++i)
      nodes_[i]->clock().advance(slice - Duration(slice.count() * slowness_[i] / 1'000));
    wake_and_boot();
    for (const auto& node : nodes_) {
      if (!node->frozen) as(*node, [&] { node->turn(); });
    }
    if (nodes_[0]->may_act() && nodes_[1]->may_act()) stage_.laws.breach("both nodes may act");
  }
}

// What has been cancelled goes on at once, to its end; what does not end is ended with its process.
bool Pair::pause(Duration time, const std::stop_token& stop) {
  Node& node = *acting_;
  if (!healed_ && chance(10)) cut_off(&node == nodes_[0].get() ? 0 : 1);
  for (Duration passed{0}; passed < time && !stop.stop_requested(); passed += kSlice) {
    pass(kSlice);
    if (!node.is_over()) continue;
    stage_.tally.count("recovery: what does not end with the lead is ended with its process");
    die_in_request(node);
  }
  if (stop.stop_requested()) stage_.tally.count("recovery: what is under way is cancelled with the lead");
  return !stop.stop_requested();
}

void Pair::tick_leaders() {
  for (const auto& node : nodes_) {
    if (!node->is_leading() || node->frozen || node->is_busy()) continue;
    as(*node, [&] { node->live([&] { node->process().tick(); }); });
  }
}

// A node that leads, or believes so.
Node* Pair::someone() {
  const uint64_t first = below(2);
  for (uint64_t i = 0; i < 2; ++i) {
    Node& node = *nodes_[(first + i) % 2];
    if (node.is_leading() && !node.frozen && !node.is_busy()) return &node;
  }
  return nullptr;
}

// Whatever is called until it returns is called by this node.
void Pair::as(Node& node, const std::function<void()>& step) {
  Node* const before = std::exchange(acting_, &node);
  step();
  acting_ = before;
}

void Pair::step() {
  Node* const node = someone();
  const uint64_t what = below(100);
  if (what < 25 || node == nullptr) {
    // Now and then nobody does anything for long.
    pass(Duration(static_cast<int64_t>(1 + below(chance(1) ? 2'000'000 : 8'000))));
    tick_leaders();
    if (node == nullptr && chance(30)) trouble();
    return;
  }
  if (what >= 85 && what < 95) return trouble();
  if (what >= 95) return stage_.happenings.change_outside(stage_.clock.now());
  as(*node, [&] {
    node->live([&] {
      act::Executor& executor = node->process().executor();
      const Time now = node->clock().now();
      if (what < 58) {
        work(*node);
      } else if (what < 63) {
        stage_.happenings.propose(executor, now);
      } else if (what < 72) {
        stage_.world.look();
        node->process().decide();
      } else if (what < 81) {
        stage_.happenings.person(executor, now);
      } else if (executor.paused()) {
        (void)executor.resume("capstan", "user:ann", now);
      } else if (chance(25)) {
        (void)executor.pause("capstan", "test", "user:ann", now);
      }
    });
  });
}

void Pair::work(Node& node) {
  node.woke_in_request = false;
  node.process().work(healed_);
  node.woke_in_request = false;
  node.process().tick();
  if (ledger::Ledger* ledger = node.ledger()) (void)ledger->maintain(chance(70));
}

void Pair::live(int steps) {
  for (int i = 0; i < steps && broken().empty(); ++i) step();
  heal();
  stage_.laws.at_rest(stage_.world);
  compare_copies();
}

bool Pair::at_rest() {
  return std::ranges::all_of(nodes_,
                             [](const auto& node) { return !node->is_leading() || node->process().is_idle(); }) &&
         !stage_.happenings.has_open_plans() && stage_.laws.complaints(stage_.world).empty();
}

void Pair::heal() {
  healed_ = true;
  away_until_ = Duration(0);
  uncertain_looks_ = 3;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    frozen_until_[i] = down_until_[i] = cut_until_[i] = Duration(0);
    slowness_[i] = 0;
    nodes_[i]->disk().spare();
    nodes_[i]->clock().jump_to(stage_.clock.now());
  }
  stage_.happenings.calm(stage_.clock.now());
  for (Duration passed{0}; passed < kWithin && broken().empty(); passed += kPace) {
    pass(kPace);
    stage_.world.look();
    Node* const node = someone();
    if (node == nullptr) continue;
    as(*node, [&] {
      node->live([&] {
        act::Executor& executor = node->process().executor();
        const Time now = node->clock().now();
        if (executor.paused()) (void)executor.resume("capstan", "user:ann", now);
        stage_.happenings.approve_everything(executor, now);
        stage_.happenings.resolve_by_truth(executor, now);
        node->process().decide();
        node->process().tick();
        node->process().work_off(true, [] { return false; });
        node->process().tick();
      });
    });
    stage_.laws.look_for_what_waits(stage_.world);
    if (at_rest()) break;
  }
}

// Every copy is the ledger, byte by byte, and its chain holds.
void Pair::compare_copies() {
  if (!broken().empty()) return;
  pass(Duration(5'000));
  for (const auto& node : nodes_) {
    ledger::Ledger* const copy = node->ledger();
    if (copy == nullptr) return stage_.laws.breach(node->name() + " does not run at the end");
    if (copy->read_kept(1, 1'000'000, 1 << 30) != shared_.facts)
      stage_.laws.breach(node->name() + " has another ledger than the shared one");
    if (const std::optional<ledger::Verification::Break> hole = copy->verify().value().broken)
      stage_.laws.breach(fmt::format("{}: fact {}: {}", node->name(), hole->seq, hole->reason));
  }
}

}  // namespace capstan::sim
