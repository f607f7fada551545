// The part of the reader that knows findings, incidents, plans and actions.
#include <fmt/format.h>

#include "catalog/catalog_reader.h"
#include "catalog/catalog_view.h"

namespace capstan::catalog {
namespace {

Json json_of(const sqlite::Statement& row, int column) {
  return row.is_null(column) ? Json() : Json::parse(row.text(column)).value_or(Json());
}
Time time_of(const sqlite::Statement& row, int column) { return parse_time(row.text(column)).value_or(Time()); }
std::optional<Time> time_or_none(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return time_of(row, column);
}

constexpr std::string_view kFinding = "SELECT body, state, opened, resolved, seq FROM finding";
KnownFinding read_finding(const sqlite::Statement& row) {
  return {.finding = Finding::from_json(json_of(row, 0)),
          .open = row.text(1) == "open",
          .opened = time_of(row, 2),
          .resolved = time_or_none(row, 3),
          .seq = static_cast<Seq>(row.integer(4))};
}

constexpr std::string_view kMute =
    "SELECT id, finding, rule, resource, cluster, namespace, reason, by, at, until, ended, ended_by FROM mute";
KnownMute read_mute(const sqlite::Statement& row) {
  return {.mute = {.id = std::string(row.text(0)),
                   .finding = std::string(row.text(1)),
                   .rule = std::string(row.text(2)),
                   .resource = ResourceId(row.text(3)),
                   .cluster = std::string(row.text(4)),
                   .space = std::string(row.text(5)),
                   .reason = std::string(row.text(6)),
                   .by = std::string(row.text(7)),
                   .at = time_of(row, 8),
                   .until = time_of(row, 9)},
          .ended = time_or_none(row, 10),
          .ended_by = std::string(row.text(11))};
}

constexpr std::string_view kIncident = "SELECT body, seq, state, closed FROM incident";
KnownIncident read_incident(const sqlite::Statement& row) {
  KnownIncident known{.incident = Incident::from_json(json_of(row, 0)), .seq = static_cast<Seq>(row.integer(1))};
  known.incident.state = row.text(2) == "closed" ? IncidentState::kClosed : IncidentState::kOpen;
  if (const auto closed = time_or_none(row, 3)) known.incident.closed = *closed;
  return known;
}

constexpr std::string_view kPlan = "SELECT body, state, decided_by, says, seq FROM plan";
KnownPlan read_plan(const sqlite::Statement& row) {
  return {.plan = Plan::from_json(json_of(row, 0)),
          .state = std::string(row.text(1)),
          .by = std::string(row.text(2)),
          .says = std::string(row.text(3)),
          .seq = static_cast<Seq>(row.integer(4))};
}

constexpr std::string_view kAction =
    "SELECT body, plan, state, before, says, result, intended, finished, intent, seq FROM action";
KnownAction read_action(const sqlite::Statement& row) {
  return {.action = Action::from_json(json_of(row, 0)),
          .plan = std::string(row.text(1)),
          .state = parse_action_state(row.text(2)).value_or(ActionState::kUnknown),
          .before = json_of(row, 3),
          .says = std::string(row.text(4)),
          .result = json_of(row, 5),
          .intended = time_of(row, 6),
          .finished = time_or_none(row, 7),
          .intent = static_cast<Seq>(row.integer(8)),
          .seq = static_cast<Seq>(row.integer(9))};
}

template <class Read>
auto read_all(sqlite::Statement* rows, const Read& read) -> Result<std::vector<decltype(read(*rows))>> {
  std::vector<decltype(read(*rows))> all;
  while (TRY(rows->step())) all.push_back(read(*rows));
  return all;
}

template <class Read>
auto read_one(sqlite::Statement* row, const Read& read) -> Result<std::optional<decltype(read(*row))>> {
  if (!TRY(row->step())) return std::nullopt;
  auto one = read(*row);
  row->reset();
  return one;
}

std::string sql(std::string_view select, std::string_view rest) { return fmt::format("{} {}", select, rest); }

}  // namespace

Result<std::vector<KnownFinding>> CatalogReader::open_findings() const {
  return read_all(TRY(view_->query(sql(kFinding, "WHERE state = 'open' ORDER BY id"))), read_finding);
}
Result<std::vector<FindingHead>> CatalogReader::open_finding_heads() const {
  return read_all(
      TRY(view_->query("SELECT id, rule, severity, resource, says FROM finding WHERE state = 'open' ORDER BY id")),
      [](const sqlite::Statement& row) {
        return FindingHead{.id = std::string(row.text(0)),
                           .rule = std::string(row.text(1)),
                           .severity = parse_severity(row.text(2)).value_or(Severity::kMedium),
                           .resource = ResourceId(row.text(3)),
                           .says = std::string(row.text(4))};
      });
}
Result<std::vector<KnownMute>> CatalogReader::mutes(std::optional<Time> at, size_t limit) const {
  if (!at) return read_all(TRY(view_->query(sql(kMute, "ORDER BY at DESC, id LIMIT ?"), uint64_t{limit})), read_mute);
  return read_all(TRY(view_->query(sql(kMute,
                                       "WHERE at <= ?1 AND until > ?1 AND (ended IS NULL OR ended > ?1) "
                                       "ORDER BY at DESC, id LIMIT ?2"),
                                   format_time(*at), uint64_t{limit})),
                  read_mute);
}
Result<std::vector<KnownFinding>> CatalogReader::findings(size_t limit) const {
  return read_all(TRY(view_->query(sql(kFinding, "ORDER BY seq DESC LIMIT ?"), uint64_t{limit})), read_finding);
}
Result<std::vector<KnownFinding>> CatalogReader::findings_of(std::string_view resource, size_t limit) const {
  return read_all(
      TRY(view_->query(sql(kFinding, "WHERE resource = ? ORDER BY seq DESC LIMIT ?"), resource, uint64_t{limit})),
      read_finding);
}
Result<std::vector<KnownFinding>> CatalogReader::resolved_findings(std::string_view rule, size_t limit) const {
  return read_all(
      TRY(view_->query(sql(kFinding, "WHERE rule = ? AND state = 'resolved' ORDER BY resolved DESC LIMIT ?"), rule,
                       uint64_t{limit})),
      read_finding);
}
Result<std::optional<KnownFinding>> CatalogReader::finding(std::string_view id) const {
  return read_one(TRY(view_->query(sql(kFinding, "WHERE id = ?"), id)), read_finding);
}

Result<std::vector<KnownIncident>> CatalogReader::open_incidents() const {
  return read_all(TRY(view_->query(sql(kIncident, "WHERE state = 'open' ORDER BY id"))), read_incident);
}
Result<std::vector<KnownIncident>> CatalogReader::incidents(size_t limit) const {
  return read_all(TRY(view_->query(sql(kIncident, "ORDER BY opened DESC, id DESC LIMIT ?"), uint64_t{limit})),
                  read_incident);
}
Result<std::optional<KnownIncident>> CatalogReader::incident(std::string_view id) const {
  return read_one(TRY(view_->query(sql(kIncident, "WHERE id = ?"), id)), read_incident);
}

Result<std::vector<KnownPlan>> CatalogReader::plans(std::string_view state, size_t limit) const {
  if (state.empty()) {
    return read_all(TRY(view_->query(sql(kPlan, "ORDER BY created DESC, id DESC LIMIT ?"), uint64_t{limit})),
                    read_plan);
  }
  return read_all(
      TRY(view_->query(sql(kPlan, "WHERE state = ? ORDER BY created DESC, id DESC LIMIT ?"), state, uint64_t{limit})),
      read_plan);
}
Result<std::optional<KnownPlan>> CatalogReader::plan(std::string_view id) const {
  return read_one(TRY(view_->query(sql(kPlan, "WHERE id = ?"), id)), read_plan);
}

Result<std::vector<KnownAction>> CatalogReader::actions_of(std::string_view plan) const {
  return read_all(TRY(view_->query(sql(kAction, "WHERE plan = ? ORDER BY id"), plan)), read_action);
}
Result<std::optional<KnownAction>> CatalogReader::action(std::string_view id) const {
  return read_one(TRY(view_->query(sql(kAction, "WHERE id = ?"), id)), read_action);
}
Result<std::vector<KnownAction>> CatalogReader::unfinished_actions() const {
  return read_all(TRY(view_->query(sql(kAction, "WHERE state = 'running' ORDER BY id"))), read_action);
}

Result<std::optional<Pause>> CatalogReader::paused() const {
  return read_one(TRY(view_->query("SELECT by, reason, at FROM control WHERE name = 'paused' AND value = 'yes'")),
                  [](const sqlite::Statement& row) {
                    return Pause{
                        .by = std::string(row.text(0)), .reason = std::string(row.text(1)), .at = time_of(row, 2)};
                  });
}

}  // namespace capstan::catalog
