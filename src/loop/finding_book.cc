#include "loop/finding_book.h"

#include <algorithm>

#include "base/fit.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostEndsKept = 1'000;
constexpr size_t kBodyLimit = 48 << 10;  // Below the ledger's, with room for what a fact adds.
constexpr std::string_view kActor = "capstan";

// What a person would call another finding: not the measured value, which moves all the time.
bool differs(const Finding& before, const Finding& after) {
  return before.severity != after.severity || before.resource != after.resource || before.verbs != after.verbs ||
         before.causes_by != after.causes_by ||
         // What is proposed for a setting is what people act on.
         (!after.explains.empty() && before.remedy != after.remedy);
}

// A rule's annotations and samples can be of any size, a fact not.
Json fitting_body(Finding finding) {
  Json body = fit_texts(finding.to_json(), kBodyLimit);
  while (body.dump().size() > kBodyLimit && !finding.evidence.empty()) {
    finding.evidence.pop_back();
    body = fit_texts(finding.to_json(), kBodyLimit);
  }
  return body;
}

}  // namespace

void FindingBook::restore(Finding finding, Seq fact) {
  std::string id = finding.id;
  holding_[std::move(id)] = {std::move(finding), "", fact};
}

Status FindingBook::update(const Findings& round, const EndedBy& ended_by, FactSink& facts) {
  std::vector<NewFact> news;
  std::map<std::string, const Finding*> reported;
  for (const Finding& finding : round.holding) {
    if (!reported.emplace(finding.id, &finding).second) continue;
    const Entry* known = find(finding.id);
    if (known && !differs(known->finding, finding)) continue;
    const std::string_view kind = known ? fact_kind::kFindingChanged : fact_kind::kFindingOpened;
    news.push_back(
        {round.at, std::string(kind), finding.id, fitting_body(finding), known ? known->fact : 0, std::string(kActor)});
  }
  const size_t opened = news.size();
  const auto resolve = [&](const std::string& id, const Entry& entry) {
    if (entry.source != round.source || reported.contains(id)) return;
    const Seq by = ended_by(id);
    news.push_back({round.at, std::string(fact_kind::kFindingResolved), id,
                    Json::object({{"rule", entry.finding.rule}}), by != 0 ? by : entry.fact, std::string(kActor)});
  };
  if (round.is_whole) {
    for (const auto& [id, entry] : holding_) resolve(id, entry);
  } else {
    for (const std::string& id : round.ended) {
      if (const Entry* known = find(id)) resolve(id, *known);
    }
  }
  const std::vector<Seq> seqs = TRY(facts.append(news));
  for (size_t i = 0; i < opened; ++i) {
    Entry& entry = holding_[news[i].subject];
    entry.finding = *reported.at(news[i].subject);
    entry.fact = seqs[i];
  }
  for (const auto& [id, finding] : reported) {
    Entry& entry = holding_[id];
    entry.source = round.source;
    // The newest wording, value and evidence, without a fact: pages show it, and causes are sought by it.
    entry.finding.says = finding->says;
    entry.finding.evidence = finding->evidence;
    entry.finding.value = finding->value;
  }
  for (size_t i = opened; i < news.size(); ++i) {
    remember_end(holding_.at(news[i].subject).finding, seqs[i]);
    holding_.erase(news[i].subject);
  }
  return {};
}

Status FindingBook::resolve_unclaimed(Time now, FactSink& facts) {
  return update({.source = "", .at = now, .holding = {}}, [](const std::string&) { return Seq(0); }, facts);
}

std::vector<Finding> FindingBook::holding() const {
  std::vector<Finding> findings;
  findings.reserve(holding_.size());
  for (const auto& [id, entry] : holding_) findings.push_back(entry.finding);
  return findings;
}

const FindingBook::Entry* FindingBook::find(const std::string& id) const {
  const auto found = holding_.find(id);
  return found == holding_.end() ? nullptr : &found->second;
}

Seq FindingBook::resolved_by(const std::string& id) const {
  const auto found = ended_.find(id);
  return found == ended_.end() ? 0 : found->second;
}

void FindingBook::remember_end(const Finding& finding, Seq fact) {
  if (ended_.size() >= kMostEndsKept) {
    ended_.erase(std::ranges::min_element(ended_, {}, [](const auto& entry) { return entry.second; }));
  }
  ended_[finding.id] = fact;
  just_ended_.push_back(finding);
}

}  // namespace capstan::loop
