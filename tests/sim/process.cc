#include "sim/process.h"

namespace capstan::sim {
namespace {

act::ExecutorOptions options() {
  act::ExecutorOptions options;
  options.validity = Duration(3'600'000);
  options.retry_limit = 6;
  return options;
}

}  // namespace

Process::Process(Stage& stage, FactSink& facts, const Clock& clock, Director& director, std::span<const Fact> known)
    : stage_(stage),
      clock_(clock),
      director_(director),
      executor_({facts, clock, runner_, stage.verbs, stage.resources, stage.sql, stage.signals}, options()) {
  runner_.on_run = [this](const act::Work& work) { stage_.note_work(work); };
  executor_.restore(known);
  director_.forget();
  for (const Fact& fact : known) director_.apply(fact);
}

void Process::decide() {
  director_.decide(executor_, stage_.sql, stage_.resources, stage_.happenings.findings(), clock_.now(), world_begins());
}

void Process::work(bool calm) {
  if (!late_.empty() && stage_.chance(30))
    take_late(calm);
  else if (!runner_.idle())
    run(stage_.random.below(runner_.size()), calm);
}

void Process::work_off(bool calm, const std::function<bool()>& is_dead) {
  while (!late_.empty() && !is_dead()) take_late(calm);
  while (!runner_.idle() && !is_dead()) run(0, calm);
}

void Process::take_late(bool calm) {
  act::WorkResult late = std::move(late_.front());
  late_.pop_front();
  hand_back(std::move(late), calm);
}

void Process::run(size_t index, bool calm) {
  if (may_act && !may_act()) {
    stage_.tally.count("recovery: a node that may not lead any more starts nothing");
    return runner_.drop(index);
  }
  act::WorkResult result = runner_.run(index, stop_.get_token());
  if (!calm && stage_.chance(8)) {
    stage_.tally.count("fault: an answer comes late");
    late_.push_back(std::move(result));
    return;
  }
  hand_back(std::move(result), calm);
}

void Process::hand_back(act::WorkResult result, bool calm) {
  if (!calm && stage_.chance(8)) {
    stage_.tally.count("fault: an answer comes twice");
    if (stage_.chance(50))
      executor_.handle(result, clock_.now());
    else
      late_.push_back(result);
  }
  executor_.handle(std::move(result), clock_.now());
}

void Process::abandon() {
  while (!runner_.idle() && stage_.chance(50)) {
    if (may_act && !may_act()) break;
    try {
      stage_.tally.count("fault: restart, and what was under way happened");
      runner_.run(stage_.random.below(runner_.size()), stop_.get_token());
    } catch (const ProcessDied&) {
      break;
    }
  }
  if (!runner_.idle()) stage_.tally.count("fault: restart, and what was under way was lost");
  runner_.drop();
  late_.clear();
}

}  // namespace capstan::sim
