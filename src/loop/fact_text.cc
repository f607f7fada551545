#include "loop/fact_text.h"

#include <fmt/format.h>

#include "model/action.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostFirstSamples = 5;

std::string clock_time(Time at) { return format_time(at).substr(11, 12); }

std::string text_of(const Json& value) { return value.is_string() ? value.string_or_empty() : value.dump(); }

Words field(const Json& body, std::string_view name) { return body[name].string_or_empty(); }

// "incident.opened" is told as "opened".
Words event_of(const Fact& fact) {
  return Words::known(fmt::format("fact.{}", fact.kind), fact.kind.substr(fact.kind.find('.') + 1));
}

Words state_of(const Json& body) {
  const std::string& state = body["state"].string_or_empty();
  const auto known = parse_action_state(state);
  return known ? word_of(*known) : Words(state);
}

Words say_incident(const Fact& fact) {
  Words said = Words::phrase("fact.incident",
                             {{"id", fact.subject}, {"event", event_of(fact)}, {"says", words_of(fact.body, "says")}});
  const auto& causes = fact.body["causes"].items();
  if (fact.kind == fact_kind::kIncidentClosed || causes.empty()) return said;
  return Words::phrase("fact.cause", {{"what", std::move(said)}, {"cause", words_of(causes.front(), "says")}});
}

Words say_change(const Fact& fact) {
  std::vector<Words> fields;
  for (const auto& [name, values] : fact.body["changed"].members()) {
    if (values.items().size() != 2) continue;
    fields.push_back(Words::phrase(
        "fact.field", {{"field", name}, {"from", text_of(values.items()[0])}, {"to", text_of(values.items()[1])}}));
  }
  return Words::phrase("fact.changed", {{"subject", fact.subject}, {"fields", Words::joined(fields, ", ")}});
}

Words say(const Fact& fact) {
  const Json& body = fact.body;
  if (fact.redacted) return Words::phrase("fact.redacted", {{"kind", fact.kind}, {"subject", fact.subject}});
  if (fact.kind == fact_kind::kFindingOpened) {
    return Words::phrase(
        "fact.finding",
        {{"rule", field(body, "rule")}, {"says", words_of(body, "says")}, {"since", field(body, "since")}});
  }
  if (fact.kind == fact_kind::kFindingResolved)
    return Words::phrase("fact.no_finding", {{"rule", field(body, "rule")}});
  if (fact.kind.starts_with("incident.")) return say_incident(fact);
  if (fact.kind == fact_kind::kPlanProposed)
    return Words::phrase("fact.proposed", {{"id", fact.subject}, {"title", words_of(body["plan"], "title")}});
  if (fact.kind == fact_kind::kPlanApproved)
    return Words::phrase("fact.approved", {{"id", fact.subject}, {"by", word_of_actor(fact.actor)}});
  if (fact.kind == fact_kind::kActionIntended) {
    const Json& action = body["action"];
    return Words::phrase(
        "fact.begins",
        {{"verb", field(action, "verb")}, {"target", field(action, "target")}, {"reason", words_of(action, "reason")}});
  }
  if (fact.kind == fact_kind::kActionFinished) {
    return Words::phrase("fact.ended",
                         {{"id", fact.subject}, {"state", state_of(body)}, {"says", words_of(body, "says")}});
  }
  if (fact.kind == fact_kind::kResourceChanged) return say_change(fact);
  if (fact.kind == fact_kind::kMessageSent)
    return Words::phrase("fact.sent", {{"id", fact.subject}, {"channel", field(body, "channel")}});
  const Words says = words_of(body, "says");
  const std::string what = fmt::format("{} {}", fact.kind, fact.subject);
  return says.empty() ? Words(what) : Words::phrase("fact.other", {{"what", what}, {"says", says}});
}

}  // namespace

Words say_fact(const Fact& fact) {
  return Words::phrase("fact.line",
                       {{"at", clock_time(fact.at)}, {"seq", std::to_string(fact.seq)}, {"what", say(fact)}});
}

std::vector<Words> say_first_samples(const Finding& finding) {
  std::vector<Words> said;
  for (const Evidence& evidence : finding.evidence) {
    for (const Series& series : evidence.series) {
      if (series.samples.empty()) continue;
      const Sample& first = series.samples.front();
      const Sample& last = series.samples.back();
      said.push_back(Words::phrase("fact.sample", {{"at", clock_time(from_unix_ms(first.at_ms))},
                                                   {"series", series.labels.to_string()},
                                                   {"first", fmt::format("{:.6g}", first.value)},
                                                   {"last", fmt::format("{:.6g}", last.value)},
                                                   {"until", clock_time(from_unix_ms(last.at_ms))}}));
      if (said.size() >= kMostFirstSamples) return said;
    }
    for (const std::string& line : evidence.lines) {
      if (said.size() >= kMostFirstSamples) return said;
      said.push_back(Words::phrase("fact.log_line", {{"line", line}}));
    }
  }
  return said;
}

}  // namespace capstan::loop
