#include "loop/policy_rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "model/policy_subject.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostChanges = 1'000;  // Resources; where more have changed, everything is decided anew.
constexpr Duration kSetBack = std::chrono::days(1);

// Of these nothing is asked but in SQL over the facts and their tables.
constexpr std::array<std::string_view, 8> kBeside = {"message.", "source.", "admission.", "limit.",
                                                     "user.",    "token.",  "secret.",    "ledger."};

}  // namespace

std::string PolicyPasses::metrics() const {
  std::string text =
      "# HELP capstan_policy_passes_total Policies asked at a tick: about all, only about what had changed, or "
      "spared.\n"
      "# TYPE capstan_policy_passes_total counter\n";
  const auto add = [&](std::string_view over, const std::atomic<uint64_t>& count) {
    text += fmt::format("capstan_policy_passes_total{{over=\"{}\"}} {}\n", over, count.load());
  };
  add("all", over_all);
  add("changes", over_changes);
  add("nothing", spared);
  return text;
}

void PolicyRest::set(std::map<std::string, PolicyNeeds> needs) {
  states_.clear();
  for (auto& [policy, each] : needs) states_[policy].needs = std::move(each);
}

void PolicyRest::wake(const std::string& policy) {
  if (const auto state = states_.find(policy); state != states_.end()) state->second.awake = true;
}

void PolicyRest::wake_all() {
  wake_if([](const auto&, const State&) { return true; });
}

template <class Concerns>
void PolicyRest::wake_if(Concerns concerns) {
  for (auto& [policy, state] : states_) {
    if (!state.awake && concerns(policy, state)) state.awake = true;
  }
}

void PolicyRest::note(const Fact& fact, const Known& known) {
  if (fact.seq != noted_ + 1) wake_all();
  noted_ = fact.seq;
  newest_ = std::max(newest_, fact.at);
  const auto is = [&](std::string_view prefix) { return fact.kind.starts_with(prefix); };
  if (is("resource.")) return note_resource(fact);
  if (is("action.")) return note_action(fact, known.history);
  if (is("relation.")) {
    return wake_if([&](const auto&, const State& state) {
      return state.needs.relations || state.needs.every_fact || known.inherits;
    });
  }
  if (is("finding.") || is("incident."))
    return wake_if([](const auto&, const State& state) { return state.needs.findings || state.needs.every_fact; });
  if (is("policy."))
    return wake_if([&](const std::string& policy, const State& state) {
      return policy == policy_of_subject(fact.subject) || state.needs.every_fact;
    });
  if (std::ranges::any_of(kBeside, is))
    return wake_if([](const auto&, const State& state) { return state.needs.every_fact; });
  wake_all();
}

void PolicyRest::note_resource(const Fact& fact) {
  const std::string& kind = fact.body["kind"].string_or_empty();
  if (kind.empty()) return wake_all();
  if (changes_ <= kMostChanges && changed_[kind].insert(fact.subject).second) ++changes_;
  const bool is_gone = fact.kind == fact_kind::kResourceGone;
  wake_if([&](const auto&, const State& state) {
    // An approval lapses with what it is about, which may be what a selected resource belongs to.
    if (is_gone && state.needs.approvals) return true;
    return state.needs.asks_for(kind) && state.kind != kind;
  });
}

void PolicyRest::note_action(const Fact& fact, const decide::History& history) {
  const decide::PastAction* action = history.find(fact.subject);
  if (action == nullptr) return wake_all();
  const std::string_view origin = policy_of_subject(action->origin);
  wake_if([&](const std::string& policy, const State& state) {
    return policy == origin || state.needs.actions || state.needs.every_fact;
  });
}

void PolicyRest::check(Seq ledger, Seq catalog) {
  if (ledger != noted_ || catalog != ledger) wake_all();
}

bool PolicyRest::rests(const std::string& policy, Time now) const {
  const auto found = states_.find(policy);
  if (found == states_.end()) return false;
  const State& state = found->second;
  // By more than that, it was the time before that was wrong.
  const bool is_set_back = newest_ > now && newest_ - now < kSetBack;
  return !state.awake && state.asked <= now && now < state.until && !is_set_back;
}

void PolicyRest::begin(const std::string& policy) {
  const auto found = states_.find(policy);
  if (found == states_.end()) return;
  // Whatever changes meanwhile is asked about with the rest.
  found->second.kind.clear();
  found->second.awake = false;
}

void PolicyRest::end(const std::string& policy, Time now, std::optional<Time> again, bool is_open) {
  const auto found = states_.find(policy);
  if (found == states_.end()) return;
  State& state = found->second;
  state.asked = now;
  state.until = *decide::earlier(now + longest_, again);
  state.awake = state.awake || state.needs.anything;
  const bool is_alone = state.needs.one_by_one && !is_open && !state.needs.every_fact && !state.needs.all_resources &&
                        state.needs.kinds.size() == 1;
  if (is_alone) state.kind = *state.needs.kinds.begin();
}

void PolicyRest::shorten(const std::string& policy, std::optional<Time> again) {
  const auto found = states_.find(policy);
  if (found != states_.end()) found->second.until = *decide::earlier(found->second.until, again);
}

std::optional<PolicyRest::Changes> PolicyRest::take_changes() {
  const bool are_too_many = std::exchange(changes_, 0) > kMostChanges;
  Changes taken;
  for (const auto& [kind, ids] : std::exchange(changed_, {})) taken[kind].assign(ids.begin(), ids.end());
  if (!are_too_many) return taken;
  wake_all();
  return std::nullopt;
}

}  // namespace capstan::loop
