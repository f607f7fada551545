#include "loop/report_desk.h"

#include <fmt/format.h>

#include <set>

#include "tell/text_table.h"

namespace capstan::loop {
namespace {

constexpr Duration kCatchUp{3'600'000};
constexpr Duration kRetry{60'000};
constexpr size_t kMostRows = 60;  // Of one message.

decide::Cron read_cron(MapReader& map, const ConfigNode& document) {
  const decide::Cron never;
  const ConfigNode* when = map.node("when");
  if (!when) {
    map.problem(document, "a report needs 'when', like { cron: \"0 9 * * mon-fri\", zone: Asia/Seoul }");
    return never;
  }
  MapReader reader(*when, "'when'");
  const std::string text = reader.required_string("cron");
  const std::string name = reader.required_string("zone");
  for (Error& error : reader.problems()) map.problem(std::move(error));
  if (text.empty() || name.empty()) return never;
  const Result<decide::Zone> zone = decide::Zone::find(name);
  if (!zone) {
    map.problem(*when, zone.error().message);
    return never;
  }
  Result<decide::Cron> cron = decide::Cron::parse(text, *zone);
  if (!cron) map.problem(*when, cron.error().message);
  return cron ? std::move(*cron) : never;
}

Draft draft_of(const Report& report, const Table& table, Time at) {
  Draft draft;
  draft.id = fmt::format("report:{}:{}", report.name, format_time(at));
  draft.title = report.title;
  if (table.rows.empty()) {
    draft.lines.push_back(Words::phrase("report.nothing"));
    return draft;
  }
  draft.code_lines = tell::text_table(table, kMostRows);
  if (table.rows.size() > kMostRows) {
    draft.lines.push_back(Words::phrase("list.more", {{"count", std::to_string(table.rows.size() - kMostRows)}}));
  }
  return draft;
}

}  // namespace

std::expected<Report, std::vector<Error>> read_report(const ConfigNode& document, const SqlSource* sql) {
  MapReader map(document, "a report");
  Report report;
  report.at = document.where;
  report.name = map.required_string("report");
  report.title = map.required_string("title");
  report.sql = map.required_string("sql");
  report.cron = read_cron(map, document);
  report.tells_of_nothing = map.one_of("empty", {"tell", "skip"}, "tell") == "tell";
  if (sql && !report.sql.empty()) {
    if (const Status checked = sql->check(report.sql); !checked)
      map.problem(*document.find("sql"), checked.error().message);
  }
  std::vector<Error> problems = map.problems();
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return report;
}

std::vector<Error> ReportDesk::load(const ConfigTree& config, const SqlSource& sql) {
  std::vector<Error> problems;
  std::map<std::filesystem::path, std::vector<Report>> good;
  std::set<std::string> names;
  for (const auto& [path, file] : config.files()) {
    if (!file.has(DocumentKind::kReport)) continue;
    std::vector<Report> reports;
    const size_t before = problems.size();
    for (const ConfigNode& document : file.of(DocumentKind::kReport)) {
      auto report = read_report(document, &sql);
      if (!report) {
        for (Error& problem : report.error()) problems.push_back(std::move(problem));
      } else if (!names.insert(report->name).second) {
        problems.push_back(
            {ErrorCode::kAlreadyExists, fmt::format("a report '{}' is there already", report->name), report->at});
      } else {
        reports.push_back(std::move(*report));
      }
    }
    const auto old = good_.find(path);
    if (problems.size() == before)
      good[path] = std::move(reports);
    else if (old != good_.end())
      good[path] = std::move(old->second);
  }
  good_ = std::move(good);
  return problems;
}

ReportDesk::Due ReportDesk::due(const SqlSource& sql, Time now) {
  Due due;
  for (const auto& [path, reports] : good_) {
    for (const Report& report : reports) {
      const std::optional<Time> at = report.cron.latest_until(now);
      if (!at || now - *at > kCatchUp) continue;
      if (const auto told = told_.find(report.name); told != told_.end() && told->second >= *at) continue;
      if (const auto wait = not_before_.find(report.name); wait != not_before_.end() && now < wait->second) continue;
      const Result<Table> table = sql.query(report.sql, *at, {});
      if (!table) {
        not_before_[report.name] = now + kRetry;
        due.problems.push_back(
            {table.error().code, fmt::format("the report '{}': {}", report.name, table.error().message), report.at});
        continue;
      }
      told_[report.name] = *at;
      if (!table->rows.empty() || report.tells_of_nothing) due.drafts.push_back(draft_of(report, *table, *at));
    }
  }
  return due;
}

}  // namespace capstan::loop
