// What the schedules of policies are about, written down for whoever meters what they save.
#include "base/log.h"
#include "loop/policy_board.h"

namespace capstan::loop {
namespace {

bool has_schedule(const decide::Policy& policy) {
  return policy.ensure && (policy.ensure->has_own_schedules() || !policy.ensure->schedule.always());
}

bool is_about(const decide::Verdict& verdict) { return verdict.matched && !verdict.forbidden; }

// Never 0, which says that nothing has been written down.
size_t coverage_hash(const std::vector<decide::Verdict>& verdicts) {
  size_t sum = 1;
  for (const decide::Verdict& verdict : verdicts) {
    if (!is_about(verdict)) continue;
    for (const std::string* text : {&verdict.resource, &verdict.hours})
      sum = sum * 0x9e3779b97f4a7c15ULL + std::hash<std::string>{}(*text);
  }
  return sum == 0 ? 1 : sum;
}

}  // namespace

void PolicyBoard::publish_schedules() const {
  if (parts_.money == nullptr) return;
  MoneyBook::Policies scheduled;
  for (const auto& [name, entry] : entries_) {
    if (!has_schedule(entry.policy)) continue;
    const decide::Ensure& ensure = *entry.policy.ensure;
    scheduled.push_back({.name = name,
                         .help = entry.policy.help,
                         .schedule = ensure.schedule,
                         .says = ensure.schedule.describe(),
                         .own_hours = ensure.has_own_schedules(),
                         .zone = ensure.zone,
                         .ensure = ensure});
  }
  parts_.money->set_policies(std::move(scheduled));
}

bool PolicyBoard::write_coverage(Entry& entry, Time now) {
  if (parts_.money == nullptr || !has_schedule(entry.policy)) return true;
  const size_t covered = coverage_hash(entry.last.verdicts);
  if (covered == entry.covered) return true;
  std::map<ResourceId, std::string> about;
  for (const decide::Verdict& verdict : entry.last.verdicts) {
    if (is_about(verdict)) about.emplace(verdict.resource, verdict.hours);
  }
  const std::vector<NewFact> facts = parts_.money->cover(entry.policy.name, about, now);
  if (!facts.empty()) {
    if (const auto written = parts_.facts.append(facts); !written) {
      log::warning("loop", "cannot write down what a policy is about: " + written.error().to_string());
      return false;
    }
  }
  entry.covered = covered;
  return true;
}

}  // namespace capstan::loop
