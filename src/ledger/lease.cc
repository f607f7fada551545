#include "ledger/lease.h"

#include <fmt/format.h>

namespace capstan::ledger {

Result<bool> Lease::take(const Candidate& candidate) {
  const Duration asked = clock_.sleepless();
  const std::optional<Tenure> tenure = TRY(store_.acquire(candidate, times_.length));
  if (!tenure) return false;
  state_.write([&](State& state) {
    state = {.taken = true,
             .tenure = *tenure,
             .ends = asked + times_.length,
             .renew_at = asked + times_.renew_every,
             .trouble = "",
             .loss = ""};
  });
  return held();
}

Duration Lease::renew_when_due() {
  const Duration asked = clock_.sleepless();
  const State before = state_.read([](const State& state) { return state; });
  if (!held()) return asked + times_.renew_every;
  if (asked < before.renew_at) return before.renew_at;
  const Result<bool> renewed = store_.renew(before.tenure, times_.length);
  if (renewed && !*renewed) lose("another node leads, or the lease had run out when it was to be renewed");
  // An answer that came too late brings nothing back: who waits for `held` may have given up already.
  const bool in_time = held();
  return state_.write([&](State& state) {
    if (renewed && *renewed && in_time) {
      state.ends = asked + times_.length;
      state.renew_at = asked + times_.renew_every;
      state.trouble.clear();
    } else if (!renewed) {
      state.renew_at = clock_.sleepless() + times_.try_again;
      state.trouble = renewed.error().message;
    }
    return state.renew_at;
  });
}

Status Lease::release() {
  const Tenure tenure = this->tenure();
  lose("given back");
  return store_.release(tenure);
}

bool Lease::held() const { return clock_.sleepless() < acts_until(); }

Duration Lease::acts_until() const {
  return state_.read([this](const State& state) {
    return state.taken && state.loss.empty() ? state.ends - times_.margin : Duration::min();
  });
}

Duration Lease::ends() const {
  return state_.read([](const State& state) { return state.ends; });
}

Tenure Lease::tenure() const {
  return state_.read([](const State& state) { return state.tenure; });
}

std::string Lease::loss() const {
  return state_.read([](const State& state) {
    if (!state.loss.empty() || state.trouble.empty()) return state.loss;
    return fmt::format("it could not be renewed: {}", state.trouble);
  });
}

void Lease::lose(std::string reason) {
  state_.write([&](State& state) {
    if (state.loss.empty()) state.loss = std::move(reason);
  });
}

}  // namespace capstan::ledger
