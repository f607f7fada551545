#include "money/past.h"

#include <algorithm>

#include "model/policy_subject.h"

namespace capstan::money {
namespace {

constexpr size_t kMostInFact = 1'000;                // A fact has its limit, and an id its length.
constexpr Duration kRemembered{400LL * 86'400'000};  // Longer than the catalog remembers resources.

Time time_in(const Json& body, std::string_view key, Time otherwise) {
  return parse_time(body[key].string_or_empty()).value_or(otherwise);
}

}  // namespace

void Past::Watch::end(Time at) {
  if (!since) return;
  ended.push_back({*since, std::max(*since, at)});
  since.reset();
}

Spans Past::Watch::spans(Time now) const {
  std::vector<Interval> all = ended;
  if (since) all.push_back({*since, std::max(*since, now)});
  return Spans(std::move(all));
}

void Past::end_all(Time at) {
  capstan_.end(at);
  for (auto& [name, scope] : scopes_) scope.end(at);
}

void Past::apply(const Fact& fact) {
  if (fact.kind == fact_kind::kStarted) {
    // After a crash nothing is known of the time behind the last fact.
    if (!was_stopped_) end_all(last_);
    was_stopped_ = false;
    capstan_.since = fact.at;
    forget(fact.at - kRemembered);
  } else if (fact.kind == fact_kind::kStopped) {
    end_all(fact.at);
    was_stopped_ = true;
  } else if (fact.kind == fact_kind::kSourceSeen) {
    Watch& watch = scopes_[fact.subject];
    if (!watch.since) watch.since = fact.at;
  } else if (fact.kind == fact_kind::kSourceLost) {
    scopes_[fact.subject].end(time_in(fact.body, "last", fact.at));
  } else if (fact.kind == fact_kind::kResourceAppeared) {
    scopes_of_[fact.body["kind"].string_or_empty()].insert(fact.body["scope"].string_or_empty());
  } else if (fact.kind == fact_kind::kOverrideSet) {
    overrides_[fact.subject] = decide::Override::from_json(fact.subject, fact.body);
  } else if (fact.kind == fact_kind::kOverrideEnded) {
    if (const auto found = overrides_.find(fact.subject); found != overrides_.end())
      found->second.until = std::min(found->second.until, fact.at);
  } else if (fact.kind == fact_kind::kPolicyCovers) {
    take_coverage(fact);
  }
  last_ = std::max(last_, fact.at);
}

void Past::forget(Time before) {
  const auto is_over = [&](const Interval& each) { return each.end < before; };
  std::erase_if(capstan_.ended, is_over);
  for (auto& [name, scope] : scopes_) std::erase_if(scope.ended, is_over);
  std::erase_if(overrides_, [&](const auto& entry) { return entry.second.until < before; });
  for (auto& [name, policy] : coverage_) {
    for (auto& [id, all] : policy) std::erase_if(all, [&](const Covered& each) { return is_over(each.when); });
    std::erase_if(policy, [](const auto& entry) { return entry.second.empty(); });
  }
}

Spans Past::observed(std::string_view kind, std::string_view scope, Time now) const {
  std::string_view seen_by = scope;
  if (seen_by.empty()) {
    const auto known = scopes_of_.find(kind);
    if (known != scopes_of_.end() && known->second.size() == 1) seen_by = *known->second.begin();
  }
  if (const auto found = scopes_.find(seen_by); found != scopes_.end()) return found->second.spans(now);
  Spans up = capstan_.spans(now);
  if (up.intervals().empty()) return Spans({{Time(), now}});
  return up;
}

bool Past::is_seen(std::string_view scope) const {
  const auto found = scopes_.find(scope);
  return found != scopes_.end() && found->second.since.has_value();
}

std::vector<decide::Override> Past::overrides() const {
  std::vector<decide::Override> all;
  for (const auto& [id, override] : overrides_) all.push_back(override);
  return all;
}

std::vector<NewFact> Past::cover(std::string_view policy, const std::map<ResourceId, std::string>& now_about,
                                 Time now) const {
  static const OfPolicy kNone;
  const auto known = coverage_.find(policy);
  const OfPolicy& before = known == coverage_.end() ? kNone : known->second;
  const auto is_open = [](const std::vector<Covered>& all) {
    return !all.empty() && all.back().when.end == Time::max();
  };
  std::vector<NewFact> facts;
  size_t in_fact = kMostInFact;
  const auto body = [&]() -> Json& {
    if (in_fact++ >= kMostInFact) {
      in_fact = 1;
      facts.push_back({now, std::string(fact_kind::kPolicyCovers), policy_subject(policy),
                       Json::object({{"about", Json::object()}, {"no_longer", Json::array()}}), 0, "capstan"});
    }
    return facts.back().body;
  };
  for (const auto& [id, hours] : now_about) {
    const auto old = before.find(id);
    if (old != before.end() && is_open(old->second) && old->second.back().hours == hours) continue;
    body().mutable_members()["about"].set(id, hours);
  }
  for (const auto& [id, all] : before) {
    if (is_open(all) && !now_about.contains(id)) body().mutable_members()["no_longer"].push_back(id);
  }
  return facts;
}

void Past::take_coverage(const Fact& fact) {
  OfPolicy& policy = coverage_[fact.subject.substr(fact.subject.find(':') + 1)];
  const auto end = [&](std::vector<Covered>& all) {
    if (!all.empty() && all.back().when.end == Time::max())
      all.back().when.end = std::max(all.back().when.begin, fact.at);
  };
  for (const auto& [id, hours] : fact.body["about"].members()) {
    std::vector<Covered>& all = policy[id];
    end(all);
    all.push_back({{fact.at, Time::max()}, hours.string_or_empty()});
  }
  for (const Json& id : fact.body["no_longer"].items()) {
    if (const auto found = policy.find(id.string_or_empty()); found != policy.end()) end(found->second);
  }
}

}  // namespace capstan::money
