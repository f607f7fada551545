// One of several Capstans that share a ledger: its machine (clock, disk), and the process on it, which stands by or
// leads. Lease, fencing, copying and the ledger itself are the product's; what the product does on threads of its own
// (src/cli/shared_run: asking for more time, noticing that the lead is lost, starting anew) happens in `turn`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/shared_writer.h"
#include "ledger/stand_by.h"
#include "sim/memory_disk.h"
#include "sim/node_store.h"
#include "sim/process.h"
#include "sim/stage.h"

namespace capstan::sim {

class Node {
 public:
  struct Hooks {
    NodeStore::Hooks store;
    std::function<void(Duration)> pass;                 // Waits.
    std::function<void(std::string_view says)> told;    // For the story.
    std::function<void(std::string_view says)> breach;  // What must not be.
  };
  // All outlive it. The machine is on, and no process runs.
  Node(std::string name, Stage& stage, ledger::FakeShared& shared, Hooks hooks);
  ~Node();

  const std::string& name() const { return name_; }
  VirtualClock& clock() { return clock_; }
  MemoryDisk& disk() { return disk_; }

  // A new process, which stands by.
  void boot();
  // What the process does by itself as time passes; within another step it only asks for more time.
  void turn();
  // Ends at once; of its work under way some may have happened. Without power what was not synced may be gone.
  void die(bool with_power);

  bool is_up() const { return running_ != nullptr; }
  bool is_leading() const { return running_ && running_->process; }
  // Whether it believes that it leads, by its own clock.
  bool may_act() const { return running_ && running_->lease.held(); }
  // Whether its process has to end now, whatever it is doing.
  bool is_over() const {
    return is_leading() && !may_act() && clock_.sleepless() >= running_->lease.ends() - kLastMoment;
  }
  // Whether it does, by the shared ledger.
  bool is_leader() const { return running_ && shared_.leads(running_->lease.tenure()); }
  Process& process() { return *running_->process; }
  ledger::Ledger* ledger() { return running_ ? running_->ledger.get() : nullptr; }

  // Runs a step of its process; false when it died in it.
  bool live(const std::function<void()>& step);
  bool is_busy() const { return busy_ > 0; }
  // The shared ledger has these facts of it.
  void note_written(Seq last) { written_ = last; }

  bool frozen = false;
  bool woke_in_request = false;  // What it does until the end of its request was begun before.

 private:
  static constexpr Duration kLastMoment{500};  // As in src/cli/shared_run.cc.
  class Sink;
  // A process, from its start to its end.
  struct Running {
    Running(ledger::FakeShared& shared, const Node& node, std::function<void()> rest);
    NodeStore lease_store;  // Two connections, as the product has.
    NodeStore fact_store;
    ledger::Lease lease;
    ledger::SharedWriter writer;
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<ledger::StandBy> stand_by;
    std::unique_ptr<Sink> sink;
    std::unique_ptr<Process> process;
  };
  bool open(ledger::Authority* authority);
  void stand_by();
  void lead();
  void start_anew();
  void refused(const Error& why, std::span<const NewFact> facts);

  const std::string name_;
  Stage& stage_;
  ledger::FakeShared& shared_;
  const Hooks hooks_;
  VirtualClock clock_;
  SeededRandom disk_random_;
  MemoryDisk disk_;
  Director director_;
  std::unique_ptr<Running> running_;
  uint64_t starts_ = 0;
  Seq written_ = 0;     // The newest fact that it wrote into the shared ledger.
  bool lacks_ = false;  // Its copy has not got that.
  int busy_ = 0;
  Duration next_look_{0};  // Monotonic, of its own clock.
};

}  // namespace capstan::sim
