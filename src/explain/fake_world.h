// A world for tests: what is in it is what the test put there.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "explain/world.h"

namespace capstan::explain {

class FakeWorld final : public World, public SignalSource {
 public:
  Time at = from_unix_ms(1'800'000'000'000);
  std::map<std::string, Resource, std::less<>> resources;
  std::vector<Relation> relations;
  std::vector<Fact> facts;
  std::map<std::string, std::vector<SeriesSample>, std::less<>> answers;  // By query.

  Resource& add(std::string kind, std::string name, Json fields = Json::object()) {
    const std::string id = kind + "/" + name + std::to_string(resources.size());
    return resources[id] = Resource{
               .id = id, .kind = std::move(kind), .name = std::move(name), .labels = {}, .fields = std::move(fields)};
  }
  void add_answer(const std::string& query, const ResourceId& resource, double value) {
    answers[query].push_back({.labels = Labels({{"process", resource}}), .sample = {to_unix_ms(at), value}});
  }
  void add_fact(std::string_view kind, const ResourceId& subject, Time when, Json body = Json::object()) {
    facts.push_back(
        {.seq = facts.size() + 1, .at = when, .kind = std::string(kind), .subject = subject, .body = std::move(body)});
  }

  Time now() const override { return at; }
  const SignalSource& signals() const override { return *this; }
  std::optional<Resource> resource(std::string_view id) const override {
    const auto found = resources.find(id);
    return found == resources.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<Relation> relations_of(std::string_view id) const override {
    std::vector<Relation> found;
    for (const Relation& relation : relations) {
      if (relation.source == id || relation.target == id) found.push_back(relation);
    }
    return found;
  }
  std::vector<Fact> changes_near(std::string_view id, Time from, Time to) const override {
    std::vector<Fact> found;
    for (const Fact& fact : facts) {
      bool near = fact.subject == id;
      for (const Relation& relation : relations) {
        near = near || (relation.source == id && relation.target == fact.subject) ||
               (relation.target == id && relation.source == fact.subject);
      }
      if (near && fact.at >= from && fact.at <= to) found.push_back(fact);
    }
    return found;
  }

  Result<std::vector<SeriesSample>> query(std::string_view promql, Time) const override {
    const auto found = answers.find(promql);
    return found == answers.end() ? std::vector<SeriesSample>() : found->second;
  }
  Result<std::vector<Series>> query_range(std::string_view promql, Time from, Time to, Duration) const override {
    std::vector<Series> all;
    const auto found = answers.find(promql);
    if (found == answers.end()) return all;
    for (const SeriesSample& one : found->second) {
      all.push_back({.labels = one.labels, .samples = {{to_unix_ms(from), 0}, {to_unix_ms(to), one.sample.value}}});
    }
    return all;
  }
  Status check(std::string_view) const override { return {}; }
};

}  // namespace capstan::explain
