#include "detect/sql_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/trim.h"
#include "detect/alert_finding.h"

namespace capstan::detect {
namespace {

constexpr size_t kMaxRows = 10'000;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (const std::string_view line = trim(text.substr(0, end)); !line.empty()) lines.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

Result<size_t> id_column(const Table& table, const SqlRule& rule) {
  const auto found = std::ranges::find(table.columns, "id");
  if (found == table.columns.end()) {
    return fail(ErrorCode::kInvalidArgument, "the SQL must give a column 'id': the resource that the finding is about",
                rule.where);
  }
  return static_cast<size_t>(found - table.columns.begin());
}

// A column that says what another one says, for who reads Korean.
bool is_in_korean(std::string_view column) { return column.ends_with("_ko"); }

Finding make_finding(const SqlRule& rule, const Table& table, const std::vector<SqlValue>& row, Labels labels) {
  Finding finding;
  finding.id = finding_id("sql:" + rule.name, labels);
  finding.rule = rule.name;
  finding.severity = rule.severity;
  finding.resource = labels.get("resource");
  finding.labels = std::move(labels);
  const auto fill = [&](const std::string& text) { return fill_placeholders(text, table.columns, row); };
  finding.says = Words::in_both(fill(rule.says), fill(rule.says_ko));
  finding.remedy = Words::in_both(fill(rule.remedy), fill(rule.remedy_ko));
  // A rule about configuration may have thousands of findings, all by the same words.
  if (rule.on.empty()) finding.query = rule.sql;
  finding.is_advice = !rule.on.empty() && rule.severity < Severity::kMedium;
  finding.causes_by = rule.causes_by;
  finding.verbs = rule.verbs;
  finding.explains = lines_of(fill_placeholders(rule.explains, table.columns, row));
  return finding;
}

}  // namespace

std::string_view to_string(Reach reach) {
  switch (reach) {
    case Reach::kSelf: return "0";
    case Reach::kOneStep: return "1";
    case Reach::kTwoSteps: return "2";
    case Reach::kNamespace: return "namespace";
    case Reach::kCluster: return "cluster";
  }
  return "1";
}

std::optional<Reach> parse_reach(std::string_view text) {
  for (Reach reach : {Reach::kSelf, Reach::kOneStep, Reach::kTwoSteps, Reach::kNamespace, Reach::kCluster}) {
    if (to_string(reach) == text) return reach;
  }
  return std::nullopt;
}

std::string fill_placeholders(std::string_view text, const std::vector<std::string>& columns,
                              const std::vector<SqlValue>& row) {
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find("{{");
    const size_t close = open == std::string_view::npos ? open : text.find("}}", open);
    out += text.substr(0, close == std::string_view::npos ? text.size() : open);
    if (close == std::string_view::npos) break;
    const std::string_view name = trim(text.substr(open + 2, close - open - 2));
    const auto column = std::ranges::find(columns, name);
    const auto index = static_cast<size_t>(column - columns.begin());
    out += index < row.size() ? to_text(row[index]) : fmt::format("<no column '{}'>", name);
    text.remove_prefix(close + 2);
  }
  return out;
}

Result<std::vector<Finding>> findings_of(const SqlRule& rule, Table table, std::string_view key) {
  const size_t id = TRY(id_column(table, rule));
  const auto key_column = static_cast<size_t>(std::ranges::find(table.columns, key) - table.columns.begin());
  // The order in which a database gives rows is its own; the names of findings must not depend on it.
  std::ranges::sort(table.rows);
  std::set<std::string> seen;
  std::vector<Finding> findings;
  for (const std::vector<SqlValue>& row : table.rows) {
    Labels labels{{"resource", to_text(row[id])}};
    if (key_column < table.columns.size()) {
      labels.set(table.columns[key_column], to_text(row[key_column]));
    } else if (seen.contains(finding_id("sql:" + rule.name, labels))) {
      // Several rows about one resource: what else they say tells them apart.
      for (size_t i = 0; i < row.size(); ++i) {
        if (i != id && !is_in_korean(table.columns[i])) labels.set(table.columns[i], to_text(row[i]));
      }
    }
    Finding finding = make_finding(rule, table, row, std::move(labels));
    if (seen.insert(finding.id).second) findings.push_back(std::move(finding));
  }
  return findings;
}

Result<std::vector<Finding>> evaluate_sql_rule(const SqlRule& rule, const SqlSource& sql, Time at,
                                               SqlRuleState& state) {
  SqlSource::Options options;
  options.row_limit = kMaxRows;
  SqlRuleState now;
  std::vector<Finding> holding;
  for (Finding& finding : TRY(findings_of(rule, TRY(sql.query(rule.sql, at, options))))) {
    const auto before = state.find(finding.id);
    finding.since = before == state.end() ? at : before->second;
    now.emplace(finding.id, finding.since);
    if (at - finding.since >= rule.hold) holding.push_back(std::move(finding));
  }
  state = std::move(now);
  return holding;
}

}  // namespace capstan::detect
