// The reading half of the desk.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>

#include "foresee/check_report.h"
#include "loop/answers.h"
#include "loop/desk.h"
#include "loop/fact_text.h"
#include "loop/mute_list.h"

namespace capstan::loop {
namespace {

constexpr size_t kTimelineFacts = 200;
constexpr size_t kMostManualEntries = 20;

Json error_json(const Error& error) {
  return Json::object({{"file", error.where.file},
                       {"line", error.where.line},
                       {"column", error.where.column},
                       {"message", error.message}});
}

// Ids of what is written down say by their beginning what they are of.
std::string nothing_about(std::string_view id) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kKinds = {
      {{"plan-", "plan"}, {"inc-", "incident"}, {"override-", "override"}}};
  for (const auto& [start, what] : kKinds) {
    if (id.starts_with(start)) return fmt::format("no {} '{}' is known", what, id);
  }
  return fmt::format("nothing is written down about '{}'", id);
}

// The state of what only the loop knows.
struct LoopView {
  Json paused;
  int64_t plans_waiting = 0;
  int64_t actions_unknown = 0;
  int64_t incidents_open = 0;
  std::vector<SourceState> sources;
  std::vector<Error> problems;
};

LoopView view_of(Loop& loop) {
  LoopView view;
  view.paused = loop.executor().pause_status();
  view.plans_waiting = static_cast<int64_t>(loop.executor().waiting_for_approval());
  view.actions_unknown = static_cast<int64_t>(loop.executor().unknown_actions());
  view.incidents_open = static_cast<int64_t>(loop.incidents().explainer().open().size());
  for (const auto& [name, source] : loop.sources().states()) view.sources.push_back(source);
  for (const tell::Outbox::ChannelState& channel : loop.outbox().channels()) {
    view.sources.push_back({"channel:" + channel.name, channel.error, channel.last});
  }
  view.problems = loop.problems();
  return view;
}

Json known_finding_json(const catalog::KnownFinding& known) {
  Json json = known.finding.to_json();
  json.set("state", known.open ? "open" : "resolved");
  json.set("opened", format_time(known.opened));
  json.set("resolved", known.resolved ? Json(format_time(*known.resolved)) : Json());
  return json;
}

}  // namespace

Result<Table> Desk::rows(std::string_view sql, SqlSource::Options options) const {
  return parts_.loop.parts().sql.query(sql, now(), options);
}

std::map<Severity, int64_t> Desk::heard_findings() const {
  std::map<Severity, int64_t> counts;
  const auto reader = catalog();
  if (!reader) return counts;
  const auto mutes = MuteList::read(*reader, now());
  const auto heads = reader->open_finding_heads();
  if (!mutes || !heads) return counts;
  for (const catalog::FindingHead& head : *heads) {
    if (mutes->of(head.id, head.rule, head.resource) == nullptr) ++counts[head.severity];
  }
  return counts;
}

Json Desk::overview() const {
  auto view = parts_.loop.ask([&loop = parts_.loop] { return view_of(loop); });
  Json resources = Json::object();
  if (const auto counts = rows("SELECT kind, count(*) FROM resource GROUP BY kind")) {
    for (const auto& row : counts->rows) resources.set(to_text(row[0]), to_json(row[1]));
  }
  Json findings = Json::object();
  for (Severity severity : {Severity::kInfo, Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical})
    findings.set(to_string(severity), 0);
  for (const auto& [severity, count] : heard_findings()) findings.set(to_string(severity), count);
  Json sources = Json::array();
  Json problems = Json::array();
  if (view) {
    for (const SourceState& source : view->sources) {
      sources.push_back(Json::object({{"name", source.name},
                                      {"state", source.error.empty() ? "ok" : "failing"},
                                      {"last", format_time(source.last)},
                                      {"error", source.error}}));
    }
    for (const Error& problem : view->problems) problems.push_back(error_json(problem));
  } else {
    problems.push_back(Json::object({{"message", view.error().message}}));
  }
  return Json::object(
      {{"host", Json::object({{"id", parts_.host}, {"name", parts_.host.substr(parts_.host.find('/') + 1)}})},
       {"now", format_time(now())},
       {"started", format_time(parts_.loop.started())},
       {"version", parts_.version},
       {"paused", view ? view->paused : Json()},
       {"leads", parts_.lead
                     ? Json::object({{"node", parts_.lead->node}, {"epoch", static_cast<int64_t>(parts_.lead->epoch)}})
                     : Json()},
       {"last_seq", ledger().last_seq()},
       {"counts", Json::object({{"resources", std::move(resources)},
                                {"findings", std::move(findings)},
                                {"incidents_open", view ? view->incidents_open : 0},
                                {"plans_waiting", view ? view->plans_waiting : 0},
                                {"actions_unknown", view ? view->actions_unknown : 0}})},
       {"sources", std::move(sources)},
       {"problems", std::move(problems)}});
}

Result<Json> Desk::incidents(std::string_view state, size_t limit) const {
  const catalog::CatalogReader reader = TRY(catalog());
  Json list = Json::array();
  std::vector<catalog::KnownIncident> found;
  if (state == "open") {
    // However old: one that has been open since long must not vanish behind those that came and went.
    found = TRY(reader.open_incidents());
    std::ranges::sort(found, std::greater(), [](const auto& known) {
      return std::pair(known.incident.opened, std::string_view(known.incident.id));
    });
  } else {
    // Closed ones are asked for with room for the open ones among them.
    found = TRY(reader.incidents(state == "all" ? limit : 10'000));
  }
  for (const catalog::KnownIncident& known : found) {
    const bool wanted = state != "closed" || known.incident.state != IncidentState::kOpen;
    if (wanted && list.items().size() < limit) list.push_back(known.incident.to_json());
  }
  return Json::object({{"incidents", std::move(list)}});
}

Result<Json> Desk::incident(std::string_view id) const {
  const catalog::CatalogReader reader = TRY(catalog());
  const std::optional<catalog::KnownIncident> known = TRY(reader.incident(id));
  if (!known) return fail(ErrorCode::kNotFound, fmt::format("there is no incident '{}'", id));
  const Incident& incident = known->incident;

  std::vector<std::string> plan_ids;
  const auto bound = SqlSource::Options{.bind = {{":origin", "incident:" + incident.id}}};
  for (const auto& row : TRY(rows("SELECT id FROM plan WHERE origin = :origin ORDER BY created", bound)).rows)
    plan_ids.push_back(to_text(row[0]));
  Json plans = Json::array();
  std::vector<Fact> timeline = TRY(ledger().by_subject(incident.id, kTimelineFacts));
  const auto add_facts = [&](std::string_view subject) -> Status {
    for (Fact& fact : TRY(ledger().by_subject(subject, kTimelineFacts))) timeline.push_back(std::move(fact));
    return {};
  };
  for (const Finding& finding : incident.findings) TRY(add_facts(finding.id));
  for (const std::string& plan_id : plan_ids) {
    TRY(add_facts(plan_id));
    for (const catalog::KnownAction& action : TRY(reader.actions_of(plan_id))) TRY(add_facts(action.action.id));
    if (auto status = plan(plan_id)) plans.push_back(std::move(*status));
  }
  std::ranges::sort(timeline, {}, &Fact::seq);
  // A finding may have held before: what was long before this incident is not its story.
  std::erase_if(timeline, [&](const Fact& fact) { return fact.at < incident.opened - std::chrono::minutes(10); });
  Json facts = Json::array();
  for (const Fact& fact : timeline) facts.push_back(fact_json(fact));
  Since asked{.resources = {}, .from = incident.opened, .to = {}};
  if (incident.state == IncidentState::kClosed) asked.to = incident.closed;
  for (const Finding& finding : incident.findings) asked.resources.push_back(finding.resource);
  return Json::object({{"incident", incident.to_json()},
                       {"cost", costs_json({asked}).front()},
                       {"plans", std::move(plans)},
                       {"timeline", std::move(facts)}});
}

// A finding is shown whether or not somebody knows what it costs.
std::vector<Json> Desk::costs_json(const std::vector<Since>& asked) const {
  std::vector<Json> all(asked.size());
  if (parts_.money == nullptr || asked.empty()) return all;
  const auto costs = parts_.money->costs_since(asked, parts_.loop.parts().clock.now());
  for (size_t i = 0; costs && i < all.size(); ++i) all[i] = cost_json((*costs)[i]);
  return all;
}

Result<Json> Desk::findings(std::string_view state, size_t limit) const {
  const catalog::CatalogReader reader = TRY(catalog());
  std::vector<catalog::KnownFinding> found;
  if (state == "open") {
    found = TRY(reader.open_findings());
    if (found.size() > limit) found.resize(limit);
  } else {
    const auto ids = TRY(rows(fmt::format("SELECT id FROM finding {} ORDER BY opened DESC LIMIT {}",
                                          state == "all" ? "" : "WHERE state <> 'open'", limit)));
    for (const auto& row : ids.rows) {
      if (auto known = TRY(reader.finding(to_text(row[0])))) found.push_back(std::move(*known));
    }
  }
  std::vector<std::string> ids;
  for (const catalog::KnownFinding& known : found) ids.push_back(known.finding.id);
  const std::vector<std::string> owners = TRY(parts_.loop.ask([&loop = parts_.loop, ids = std::move(ids)] {
    std::vector<std::string> incidents;
    for (const std::string& id : ids) incidents.push_back(loop.incidents().explainer().incident_of(id));
    return incidents;
  }));
  std::vector<Since> asked;
  for (const catalog::KnownFinding& known : found)
    asked.push_back({{known.finding.resource}, known.opened, known.resolved});
  const std::vector<Json> costs = costs_json(asked);
  Json list = Json::array();
  for (size_t i = 0; i < found.size(); ++i) {
    Json json = known_finding_json(found[i]);
    json.set("incident", owners[i]);
    json.set("cost", costs[i]);
    list.push_back(std::move(json));
  }
  return Json::object({{"findings", std::move(list)}});
}

Result<Json> Desk::resource(std::string_view id, std::optional<Time> at) const {
  return resource_answer(TRY(catalog()), id, at);
}

Result<Json> Desk::graph(std::string_view id, int depth) const {
  const catalog::CatalogReader reader = TRY(catalog());
  return graph_answer(reader, reader.kinds(), id, depth);
}

Result<Json> Desk::sql(std::string_view text) const {
  const Duration began = parts_.loop.parts().clock.monotonic();
  const Table table = TRY(rows(text));
  Json list = Json::array();
  for (const auto& row : table.rows) {
    Json::Array cells;
    for (const SqlValue& value : row) cells.push_back(to_json(value));
    list.push_back(std::move(cells));
  }
  return Json::object({{"columns", Json::Array(table.columns.begin(), table.columns.end())},
                       {"rows", std::move(list)},
                       {"truncated", table.truncated},
                       {"elapsed_ms", int64_t{(parts_.loop.parts().clock.monotonic() - began).count()}}});
}

Result<Json> Desk::facts(const FactQuery& query) const {
  Json list = Json::array();
  const bool whole_kind = !query.kind.empty() && !query.kind.ends_with('.');
  if (!query.subject.empty() || whole_kind) {
    const auto found =
        TRY(query.subject.empty() ? ledger().by_kind(query.kind, Time(), query.limit, query.before)
                                  : ledger().by_subject(query.subject, query.limit, query.before, query.kind));
    for (const Fact& fact : found) list.push_back(fact_json(fact));
    return Json::object({{"facts", std::move(list)}, {"last_seq", ledger().last_seq()}});
  }
  SqlSource::Options options{.row_limit = query.limit};
  std::string conditions = "1";
  if (!query.kind.empty()) {
    conditions += " AND substr(kind, 1, length(:kind)) = :kind";
    options.bind.emplace_back(":kind", query.kind);
  }
  if (query.before > 0) {
    conditions += " AND seq < :before";
    options.bind.emplace_back(":before", static_cast<int64_t>(query.before));
  }
  const Table found = TRY(
      rows(fmt::format("SELECT seq FROM fact WHERE {} ORDER BY seq DESC LIMIT {}", conditions, query.limit), options));
  for (const auto& row : found.rows)
    list.push_back(fact_json(TRY(ledger().get(static_cast<Seq>(std::get<int64_t>(row[0]))))));
  return Json::object({{"facts", std::move(list)}, {"last_seq", ledger().last_seq()}});
}

Result<Json> Desk::why(std::string_view id) const {
  Seq start = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), start);
  if (error != std::errc() || end != id.data() + id.size() || id.empty()) {
    const std::vector<Fact> newest = TRY(ledger().by_subject(id, 1));
    if (newest.empty()) return fail(ErrorCode::kNotFound, nothing_about(id));
    start = newest.front().seq;
  }
  const std::vector<Fact> chain = TRY(ledger().cause_chain(start));
  Json facts = Json::array();
  std::vector<Words> said;
  for (const Fact& fact : chain) {
    facts.push_back(fact_json(fact));
    said.push_back(say_fact(fact));
  }
  if (!chain.empty() && chain.back().kind == fact_kind::kFindingOpened)
    std::ranges::move(say_first_samples(Finding::from_json(chain.back().body)), std::back_inserter(said));
  Json::Array lines(said.size(), Json::object());
  for (size_t i = 0; i < said.size(); ++i) set_words(lines[i], "says", said[i]);
  return Json::object({{"subject", id}, {"chain", std::move(facts)}, {"lines", std::move(lines)}});
}

Result<Json> Desk::verify() const { return verification_json(TRY(ledger().verify())); }

Json Desk::verbs() const {
  Json list = Json::array();
  for (const VerbSpec* spec : parts_.loop.parts().verbs.specs()) list.push_back(verb_json(*spec));
  return Json::object({{"verbs", std::move(list)}});
}

Result<Json> Desk::config() const {
  Json files = TRY(parts_.loop.ask([&loop = parts_.loop] { return loop.config_report().to_json(); }));
  return Json::object({{"files", std::move(files)}});
}

Result<Json> Desk::check(const ChangeQuery& query) const {
  Foresight* foresight = parts_.loop.parts().foresight;
  if (foresight == nullptr) return fail(ErrorCode::kUnavailable, "changes cannot be checked here");
  foresee::ObjectDocuments read = foresee::read_objects(query.change, "change");
  foresee::CheckOptions options{
      .cluster = query.cluster, .space = query.space, .documents_are_patches = query.is_patch, .assumed = {}};
  if (parts_.clusters != nullptr) {
    std::set<std::string> versions;
    for (const foresee::ObjectDocument& document : read.documents) {
      versions.insert(document.object["apiVersion"].string_or_empty());
    }
    auto schemas = parts_.clusters->schemas(query.cluster, {versions.begin(), versions.end()});
    if (schemas) {
      options.schemas = *std::move(schemas);
    } else {
      read.problems.push_back({schemas.error().code, "the API server's schemas: " + schemas.error().message, {}});
    }
  }
  foresee::CheckReport report = TRY(foresight->check(std::move(read.documents), std::move(options)));
  report.problems.insert(report.problems.begin(), read.problems.begin(), read.problems.end());
  return foresee::to_json(report);
}

Result<Json> Desk::manual(std::string_view text, std::string_view product) const {
  Json entries = Json::array();
  if (const Manual* manual = parts_.loop.parts().manual) {
    for (const ManualEntry& entry : manual->look_up(text, product, kMostManualEntries))
      entries.push_back(to_json(entry));
  }
  return Json::object({{"entries", std::move(entries)}});
}

Result<Json> Desk::admit(std::string_view cluster, const Json& review) const {
  if (parts_.admission == nullptr) return fail(ErrorCode::kUnavailable, "changes cannot be checked here");
  return parts_.admission->answer(std::string(cluster), review);
}

Result<Json> Desk::scaling(std::string_view cluster, std::string_view autoscaler) const {
  if (parts_.scaling == nullptr) return fail(ErrorCode::kUnavailable, "no cluster can be asked about here");
  return parts_.scaling->scaling(cluster, autoscaler);
}

Result<Json> Desk::whatif(const Json& question) const {
  if (parts_.scaling == nullptr) return fail(ErrorCode::kUnavailable, "no cluster can be asked about here");
  return parts_.scaling->whatif(question);
}

Result<Json> Desk::logs(const LogQuery& query) const {
  Json list = Json::array();
  for (const LogLine& line : TRY(parts_.logs.lines(query))) {
    list.push_back(
        Json::object({{"at", format_time(line.at)}, {"labels", labels_json(line.labels)}, {"text", line.text}}));
  }
  return Json::object({{"lines", std::move(list)}});
}

Result<Json> Desk::log_templates(const LogQuery& query) const {
  Json list = Json::array();
  for (const LogTemplate& one : TRY(parts_.logs.templates(query))) {
    list.push_back(Json::object({{"id", one.id},
                                 {"text", one.text},
                                 {"count", one.count},
                                 {"first", format_time(one.first)},
                                 {"last", format_time(one.last)},
                                 {"labels", labels_json(one.labels)},
                                 {"example", one.example}}));
  }
  return Json::object({{"templates", std::move(list)}});
}

std::string Desk::metrics() const {
  auto view = parts_.loop.ask([&loop = parts_.loop] { return view_of(loop); });
  std::string text;
  const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name, help, value);
  };
  gauge("capstan_ledger_facts", "Facts in the ledger.", ledger().last_seq());
  gauge("capstan_start_time_seconds", "When this process started.", to_unix_seconds(parts_.loop.started()));
  if (view) {
    gauge("capstan_incidents_open", "Open incidents.", view->incidents_open);
    gauge("capstan_plans_waiting", "Plans that wait for a person.", view->plans_waiting);
    gauge("capstan_actions_unknown", "Actions of which nobody knows whether they happened.", view->actions_unknown);
    gauge("capstan_paused", "1 while nothing may act.", view->paused.is_null() ? 0 : 1);
    gauge("capstan_config_problems", "Mistakes in configuration files.", view->problems.size());
    text += "# HELP capstan_source_up 1 while a part works.\n# TYPE capstan_source_up gauge\n";
    for (const SourceState& source : view->sources) {
      text += fmt::format(
          "{} {}\n", Labels({{std::string(kMetricName), "capstan_source_up"}, {"source", source.name}}).to_string(),
          source.error.empty() ? 1 : 0);
    }
  }
  if (parts_.more_metrics) text += parts_.more_metrics();
  return text;
}

Status Desk::ready() const {
  auto answer = parts_.loop.ask([] { return true; });
  if (!answer) return fail(answer.error());
  return {};
}

}  // namespace capstan::loop
