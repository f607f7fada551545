#include "explain/explained.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/like.h"

namespace capstan::explain {
namespace {

constexpr int kFarthest = 4;
constexpr size_t kMostReached = 100;
constexpr size_t kHub = 30;      // What hangs together with more than so many says little about each.
constexpr double kScore = 0.95;  // Of a cause that logs bear witness to; a step further takes away a little.
constexpr double kStepTakes = 0.01;
constexpr double kMinuteTakes = 0.002;  // What became wrong last is the likelier cause of what is said now.
constexpr double kMostMinutes = 10;
constexpr double kOwnScore = 0.9;

// What merely stands on the same ground does not hang together.
bool leads_on(const Relation& relation) {
  return relation.kind != "runs_on" && relation.kind != "part_of" && relation.kind != "stored_on";
}

// How many relations away each resource near `from` is.
std::map<ResourceId, int> distances(const ResourceId& from, const World& world) {
  std::map<ResourceId, int> reached = {{from, 0}};
  std::vector<ResourceId> border = {from};
  for (int step = 1; step <= kFarthest && !border.empty(); ++step) {
    std::vector<ResourceId> next;
    for (const ResourceId& id : border) {
      const std::vector<Relation> relations = world.relations_of(id);
      if (relations.size() > kHub && step > 1) continue;
      for (const Relation& relation : relations) {
        if (!leads_on(relation) || reached.size() >= kMostReached) continue;
        const ResourceId& other = relation.source == id ? relation.target : relation.source;
        if (reached.emplace(other, step).second) next.push_back(other);
      }
    }
    border = std::move(next);
  }
  return reached;
}

std::vector<std::string> texts_of(const Finding& finding) {
  std::vector<std::string> texts = {finding.says};
  for (const Evidence& evidence : finding.evidence) {
    texts.insert(texts.end(), evidence.lines.begin(), evidence.lines.end());
  }
  return texts;
}

// The texts that bear witness to the explanation.
std::vector<std::string> witnesses(const Finding& explanation, const std::vector<std::string>& texts) {
  std::vector<std::string> found;
  for (const std::string& text : texts) {
    const bool fits = std::ranges::any_of(explanation.explains,
                                          [&](const std::string& pattern) { return matches_like(pattern, text); });
    if (fits) found.push_back(text);
  }
  return found;
}

Cause make_cause(const Finding& explanation, double score, std::vector<std::string> lines) {
  Cause cause{.resource = explanation.resource,
              .group = {explanation.resource},
              .score = score,
              .share = 1,
              .says = explanation.says,
              .evidence = {},
              .finding = explanation.id};
  if (!lines.empty())
    cause.evidence.push_back(
        {.kind = Evidence::Kind::kLines, .text = Words::phrase("evidence.logs"), .lines = std::move(lines)});
  if (!explanation.remedy.empty())
    cause.evidence.push_back(
        {.kind = Evidence::Kind::kLines, .text = Words::phrase("evidence.to_change"), .lines = {explanation.remedy}});
  return cause;
}

}  // namespace

std::optional<Cause> cause_by_finding(const Finding& finding, std::span<const Finding> holding, const World& world) {
  const std::vector<std::string> texts = texts_of(finding);
  std::vector<std::pair<const Finding*, std::vector<std::string>>> explanations;
  for (const Finding& other : holding) {
    if (other.explains.empty() || other.id == finding.id || other.resource.empty()) continue;
    std::vector<std::string> lines = witnesses(other, texts);
    if (!lines.empty()) explanations.emplace_back(&other, std::move(lines));
  }
  // What another one of them explains is no more than a symptom itself.
  std::vector<const Finding*> symptoms;
  for (const auto& [one, lines] : explanations) {
    const bool follows = std::ranges::any_of(explanations, [&](const auto& other) {
      return other.first != one && !witnesses(*other.first, {one->says}).empty() &&
             witnesses(*one, {other.first->says}).empty();
    });
    if (follows) symptoms.push_back(one);
  }
  std::erase_if(explanations,
                [&](const auto& one) { return std::ranges::find(symptoms, one.first) != symptoms.end(); });
  std::optional<Cause> best;
  if (!explanations.empty() && !finding.resource.empty()) {
    const std::map<ResourceId, int> near = distances(finding.resource, world);
    for (auto& [other, lines] : explanations) {
      const auto found = near.find(other->resource);
      if (found == near.end()) continue;
      const double minutes = std::clamp(to_seconds(world.now() - other->since) / 60, 0.0, kMostMinutes);
      const double score = kScore - kStepTakes * found->second - kMinuteTakes * minutes;
      if (!best || score > best->score) best = make_cause(*other, score, std::move(lines));
    }
  }
  if (!best && !finding.explains.empty() && !finding.resource.empty()) best = make_cause(finding, kOwnScore, {});
  return best;
}

}  // namespace capstan::explain
