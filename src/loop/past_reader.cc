#include "loop/past_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "catalog/sql_text.h"
#include "model/policy_fact.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostVersions = 3'000'000;
constexpr size_t kMostRelations = 1'000'000;
constexpr size_t kMostFacts = 200'000;
constexpr size_t kMostDeeds = 200'000;
// What was found, or done, so long before the period may still count in it.
constexpr Duration kBefore{90LL * 86'400'000};
constexpr Duration kDeedsBefore{86'400'000};

// Facts of some kinds within a time, rising.
Result<std::vector<Fact>> facts_of(std::initializer_list<std::string_view> kinds, Time from, Time to,
                                   const ledger::Ledger& ledger) {
  std::vector<Fact> all;
  for (const std::string_view kind : kinds) {
    std::vector<Fact> some = TRY(ledger.by_kind(kind, from, kMostFacts));
    if (some.size() == kMostFacts)
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("the past has more than {} facts '{}'; ask for a shorter time", kMostFacts, kind));
    std::ranges::move(some, std::back_inserter(all));
  }
  std::erase_if(all, [&](const Fact& fact) { return fact.at > to; });
  std::ranges::sort(all, {}, &Fact::seq);
  return all;
}

Result<std::vector<foresee::PastFinding>> findings_of(const std::string& rule, Time from, Time to,
                                                      const ledger::Ledger& ledger) {
  std::vector<foresee::PastFinding> all;
  std::map<std::string, catalog::KnownFinding> known;
  for (const Fact& fact :
       TRY(facts_of({fact_kind::kFindingOpened, fact_kind::kFindingChanged, fact_kind::kFindingResolved},
                    from - kBefore, to, ledger))) {
    const bool resolves = fact.kind == fact_kind::kFindingResolved;
    const auto old = known.find(fact.subject);
    if (resolves ? old == known.end() : fact.body["rule"].string_or_empty() != rule) continue;
    catalog::KnownFinding& finding = known[fact.subject];
    if (!resolves) {
      finding.finding = Finding::from_json(fact.body);
      finding.finding.id = fact.subject;
      if (fact.kind == fact_kind::kFindingOpened || finding.opened == Time()) finding.opened = fact.at;
    }
    finding.open = !resolves;
    finding.resolved = resolves ? std::optional(fact.at) : std::nullopt;
    finding.seq = fact.seq;
    all.push_back({fact.at, finding});
  }
  return all;
}

Result<std::vector<foresee::PastIncident>> incidents_of(Time from, Time to, const ledger::Ledger& ledger) {
  std::vector<foresee::PastIncident> all;
  std::map<std::string, Incident> known;
  for (const Fact& fact :
       TRY(facts_of({fact_kind::kIncidentOpened, fact_kind::kIncidentChanged, fact_kind::kIncidentClosed},
                    from - kBefore, to, ledger))) {
    Incident& incident = known[fact.subject];
    if (!fact.body["title"].is_null()) incident = Incident::from_json(fact.body);
    incident.id = fact.subject;
    if (incident.opened == Time()) incident.opened = fact.at;
    incident.state = fact.kind == fact_kind::kIncidentClosed ? IncidentState::kClosed : IncidentState::kOpen;
    all.push_back({fact.at, {.incident = incident, .seq = fact.seq}});
  }
  return all;
}

Result<std::vector<foresee::PastDeed>> deeds_of(Time from, Time to, const SqlSource& sql) {
  SqlSource::Options options;
  options.row_limit = kMostDeeds;
  options.bind = {{":since", format_time(from - kDeedsBefore)}};
  const Table table =
      TRY(sql.query("SELECT p.origin, a.target, a.intended, a.finished FROM action a JOIN plan p ON p.id = a.plan "
                    "WHERE a.intended >= :since",
                    to, options));
  if (table.truncated)
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("more than {} actions were performed; ask for a shorter time", kMostDeeds));
  std::vector<foresee::PastDeed> deeds;
  for (const auto& row : table.rows) {
    const Time ended = parse_time(to_text(row[3])).value_or(Time::max());
    deeds.push_back({to_text(row[0]), to_text(row[1]), parse_time(to_text(row[2])).value_or(Time()), ended});
  }
  return deeds;
}

Result<std::vector<foresee::PastLift>> lifts_of(Time from, Time to, const ledger::Ledger& ledger) {
  std::vector<foresee::PastLift> lifts;
  for (const Fact& fact : TRY(facts_of({fact_kind::kFreezeLifted}, from - kDeedsBefore, to, ledger)))
    lifts.push_back({fact.subject, fact.body["freeze"].string_or_empty(), fact.at});
  return lifts;
}

// The kinds that have prices, and the columns that these look at; in lower case.
std::set<std::string> looked_at(const std::vector<money::Price>& prices, const std::vector<KindSpec>& kinds) {
  std::set<std::string> names;
  for (const money::Price& price : prices) {
    names.insert(price.kind);
    const auto kind = std::ranges::find(kinds, price.kind, &KindSpec::name);
    if (kind == kinds.end()) continue;
    for (const KindSpec::Column& column : kind->columns) {
      bool is_used = false;
      for (const std::string* sql : {&price.where, &price.running, &price.per_hour, &price.stopped})
        is_used = is_used || money::names_word(*sql, column.name);
      if (is_used) names.insert(catalog::lower_case(column.name));
    }
  }
  return names;
}

// The kinds that its conditions name, and those that its trigger pointed at.
std::set<std::string> kinds_of(const foresee::PolicyReads& reads, const foresee::Past& past) {
  std::set<std::string> kinds;
  const auto add = [&](const ResourceId& id) { kinds.insert(id.substr(0, id.find('/'))); };
  for (const foresee::PastFinding& each : past.findings) add(each.known.finding.resource);
  for (const foresee::PastIncident& each : past.incidents) {
    if (each.known.incident.causes.empty()) continue;
    const Cause& cause = each.known.incident.causes.front();
    add(cause.resource);
    std::ranges::for_each(cause.group, add);
  }
  kinds.insert(reads.names.begin(), reads.names.end());
  return kinds;
}

bool asks_relations(const decide::Policy& policy, const foresee::PolicyReads& reads, const foresee::Past& past) {
  const auto names_resource = [](const decide::Override& each) { return !each.resource.empty(); };
  return reads.has("relation") || policy.order_depends_on || policy.deletes_all() || reads.asks_belongings ||
         policy.budget || std::ranges::any_of(past.overrides, names_resource);
}

}  // namespace

Result<ReadPast> read_past(const decide::Policy& policy, const decide::VerbEffects& effects,
                           const std::vector<money::Price>& prices, const decide::Interval& period,
                           const PastSources& sources) {
  const auto [from, to] = period;
  const Time begin = policy.budget ? std::min(from, decide::periods_of(policy.budget->zone, from).month.begin) : from;
  ReadPast read;
  foresee::Past& past = read.past;
  past.effects = effects;
  if (policy.budget) past.also_reads = looked_at(prices, sources.catalog.kinds());
  foresee::PolicyReads reads = TRY(foresee::reads_of(policy, effects));
  reads.names.insert(past.also_reads.begin(), past.also_reads.end());
  const bool by_alert = policy.when && policy.when->kind == decide::Trigger::Kind::kAlert;
  const bool by_incident = policy.when && policy.when->kind == decide::Trigger::Kind::kIncident;
  if (by_alert) past.findings = TRY(findings_of(policy.when->name, from, to, sources.ledger));
  if (by_incident) past.incidents = TRY(incidents_of(from, to, sources.ledger));
  for (const decide::Override& each : sources.book.past().overrides()) {
    if (each.until > from && each.from < to) past.overrides.push_back(each);
  }
  past.deeds = TRY(deeds_of(from, to, sources.sql));
  past.lifts = TRY(lifts_of(from, to, sources.ledger));
  const catalog::CatalogReader catalog = TRY(sources.catalog.reader());
  const std::set<std::string> wanted = kinds_of(reads, past);
  size_t versions = 0;
  for (const KindSpec& spec : catalog.kinds()) {
    if (!wanted.contains(spec.name) || spec.is_part()) continue;
    foresee::PastKind kind(spec, reads);
    TRY(catalog.each_version(spec.name, 0, Time(), [&](catalog::ResourceVersion version) {
      read.begins = std::min(read.begins, version.from);
      if ((version.to && *version.to <= begin) || version.from > to || ++versions > kMostVersions) return;
      kind.add(version);
    }));
    kind.settle();
    for (const std::string& column : kind.volatile_columns()) read.no_history.push_back(spec.name + "." + column);
    read.kinds.push_back(spec);
    past.kinds.push_back(std::move(kind));
  }
  if (asks_relations(policy, reads, past)) {
    TRY(catalog.each_relation_version(begin, [&](catalog::RelationVersion each) {
      if (past.relations.size() <= kMostRelations) past.relations.push_back(std::move(each));
    }));
  }
  if (versions > kMostVersions || past.relations.size() > kMostRelations)
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("the past has more than {} versions or {} relations; ask for a shorter time", kMostVersions,
                            kMostRelations));
  return read;
}

}  // namespace capstan::loop
