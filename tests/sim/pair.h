// The life of two Capstans over one shared ledger: frozen, cut off, killed, late, with clocks that differ. Only one may
// act at a time, whatever happens to either, and what one of them was doing the other looks for before it does
// anything.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "ledger/fake_shared_store.h"
#include "sim/node.h"
#include "sim/stage.h"

namespace capstan::sim {

class Pair {
 public:
  explicit Pair(uint64_t seed);

  // Lives for a while, then heals and comes to rest.
  void live(int steps);

  const std::vector<std::string>& broken() const { return stage_.laws.broken(); }
  const Tally& tally() const { return stage_.tally; }
  const std::string& story() const { return stage_.story; }
  size_t effects() const { return stage_.world.effects().size(); }

 private:
  bool chance(uint64_t percent) { return stage_.chance(percent); }
  uint64_t below(uint64_t bound) { return stage_.random.below(bound); }

  // How it lives (pair.cc).
  std::unique_ptr<Node> make_node(size_t index);
  void pass(Duration time);
  bool pause(Duration time, const std::stop_token& stop);
  void tick_leaders();
  Node* someone();
  void as(Node& node, const std::function<void()>& step);
  void step();
  void work(Node& node);
  void heal();
  bool at_rest();
  void compare_copies();

  // What goes wrong (pair_faults.cc).
  void listen();
  void called(std::string_view call);
  bool counts_answers() const;
  Way before_asking(size_t index, std::string_view what);
  void after_asking(size_t index, std::string_view what);
  void asked_for_lead(size_t index, bool got);
  void written(size_t index, std::span<const ledger::KeptFact> facts);
  void trouble();
  void step_clocks();
  void cut_off(size_t index);
  void freeze_in_request(Node& node);
  void die_in_request(Node& node);
  void wake_and_boot();

  Stage stage_;
  VirtualClock database_clock_;
  ledger::FakeShared shared_{database_clock_};
  std::array<std::unique_ptr<Node>, 2> nodes_;
  std::array<Duration, 2> frozen_until_{};  // True time.
  std::array<Duration, 2> down_until_{};
  std::array<Duration, 2> cut_until_{};
  Duration away_until_{0};
  std::array<int64_t, 2> slowness_{};  // Of its clock, in thousandths.
  Duration next_database_step_{0};
  std::optional<size_t> leader_;  // Who led last.
  Node* acting_ = nullptr;
  bool somebody_is_frozen_in_request_ = false;
  bool healed_ = false;
  int uncertain_looks_ = 0;
};

}  // namespace capstan::sim
