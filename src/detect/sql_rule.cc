#include "detect/sql_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/suggest.h"
#include "detect/alert_finding.h"
#include "model/label_selector.h"
#include "schema/schema.h"

namespace capstan::detect {
namespace {

constexpr size_t kMaxRows = 10'000;

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

Status check_placeholders(std::string_view text) {
  for (size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    const size_t end = text.find("}}", at);
    if (end == std::string_view::npos) return fail(ErrorCode::kInvalidArgument, "a '{{' is not closed by '}}'");
    const std::string_view name = trim(text.substr(at + 2, end - at - 2));
    const bool is_name = !name.empty() && std::ranges::all_of(name, [](char c) {
      return c == '_' || isalnum(static_cast<unsigned char>(c));
    });
    if (!is_name) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{{{{{}}}}}' is no placeholder: expected the name of a column", name));
    }
    at = end + 2;
  }
  return {};
}

// SELECT over one kind, from `select: {kind, labels, where}`.
Result<std::string> short_form(const ConfigNode& node) {
  MapReader reader(node, "select");
  const std::string kind = reader.required_string("kind");
  const std::string labels = reader.string_or("labels", "");
  const std::string where = reader.string_or("where", "");
  const bool is_name = std::ranges::all_of(kind, [](char c) {
    return c == '_' || islower(static_cast<unsigned char>(c)) || isdigit(static_cast<unsigned char>(c));
  });
  if (!is_name)
    reader.problem(reader.at("kind"), fmt::format("'{}' is no kind: lower-case letters, digits and _", kind));
  const Result<LabelSelector> selector = LabelSelector::parse(labels);
  if (!selector) reader.problem(reader.at("labels"), selector.error().message);
  TRY(reader.finish());
  const std::string condition = selector->to_sql(kind + ".id");
  std::string sql = "SELECT * FROM " + kind;
  if (!condition.empty() || !where.empty()) sql += " WHERE ";
  sql += condition;
  if (!condition.empty() && !where.empty()) sql += " AND ";
  if (!where.empty()) sql += "(" + where + "\n)";  // A line break: a comment in it must not swallow the bracket.
  return sql;
}

// The columns that all of the kinds have.
std::string columns_of_this(const SqlRule& rule, std::span<const KindSpec> kinds) {
  if (rule.on.size() == 1) return "this.*";
  std::string columns = "this.id, this.name";
  const auto kind_named = [&](const std::string& name) { return std::ranges::find(kinds, name, &KindSpec::name); };
  for (const KindSpec::Column& column : kind_named(rule.on[0])->columns) {
    const bool common = std::ranges::all_of(rule.on, [&](const std::string& name) {
      return std::ranges::find(kind_named(name)->columns, column.name, &KindSpec::Column::name) !=
             kind_named(name)->columns.end();
    });
    if (common) columns += ", this." + column.name;
  }
  return columns;
}

// All resources of the kinds (no table), or those that a table has the ids of. Of a large one each kind takes its own
// part, of a small one that would cost more than it saves.
struct Among {
  std::string_view table;
  bool is_large = false;
};

std::string rows_of_this(const SqlRule& rule, std::string_view columns, const Among& among,
                         std::string_view condition) {
  std::string all;
  for (const std::string& kind : rule.on) {
    all += fmt::format("{}SELECT {} FROM ", all.empty() ? "" : " UNION ALL ", columns);
    all += fmt::format("{} this WHERE ", kind);
    // A join with the table would keep SQLite from looking into `this`, and with that from beginning with it.
    if (among.table.empty()) {
      all += "1";
    } else if (among.is_large) {
      all += fmt::format("this.id IN (SELECT id FROM {0} WHERE id > '{1}/' AND id < '{1}0')", among.table, kind);
    } else {
      all += fmt::format("this.id IN (SELECT id FROM {})", among.table);
    }
    if (!condition.empty()) all += fmt::format(" AND ({}\n)", condition);
  }
  return all;
}

std::string about_this(const SqlRule& rule, std::span<const KindSpec> kinds, const Among& among,
                       std::string_view condition) {
  const std::string rows = rows_of_this(rule, columns_of_this(rule, kinds), among, condition);
  // A question with tables of its own goes on where `this` ends.
  const std::string_view question = trim(rule.question);
  if (question.starts_with("WITH ")) return fmt::format("WITH this AS ({}), {}", rows, question.substr(5));
  return fmt::format("WITH this AS ({}) {}", rows, rule.question);
}

// What `on` says: kinds, places that kinds have in common.
std::vector<std::string> read_kinds(MapReader& reader, std::string_view key, std::span<const KindSpec> kinds) {
  std::vector<std::string> on;
  for (const std::string& name : reader.strings(key)) {
    const size_t before = on.size();
    std::vector<std::string_view> known;
    for (const KindSpec& kind : kinds) {
      if (kind.is_part()) continue;
      known.push_back(kind.name);
      for (const auto& [place, path] : kind.places) known.push_back(place);
      if (kind.name == name || kind.places.contains(name)) on.push_back(kind.name);
    }
    if (on.size() == before) {
      reader.problem(reader.at(key), fmt::format("no kind '{}'{}", name, did_you_mean(name, known)));
    }
  }
  return on;
}

struct Subset {
  std::vector<std::string> on;
  std::string where;
};
using Subsets = std::map<std::string, Subset>;

void read_subset(const ConfigNode& node, const SqlSource& sql, std::span<const KindSpec> kinds, Subsets& subsets,
                 std::vector<Error>& problems) {
  MapReader reader(node, "a subset");
  const std::string name = reader.required_string("subset");
  Subset subset{.on = read_kinds(reader, "of", kinds), .where = reader.required_string("where")};
  (void)reader.string_or("help", "");
  const auto same = [&](const KindSpec& kind) { return kind.name == name || kind.places.contains(name); };
  if (subsets.contains(name) || std::ranges::any_of(kinds, same)) {
    reader.problem(reader.at("subset"), fmt::format("there is another '{}'", name));
  }
  if (!subset.on.empty() && !subset.where.empty()) {
    const Status good = sql.check(members_sql({.on = subset.on, .only = subset.where}));
    if (!good) reader.problem(reader.at("where"), "in the SQL: " + good.error().message);
  }
  const std::vector<Error>& own = reader.problems();
  problems.insert(problems.end(), own.begin(), own.end());
  subsets[name] = std::move(subset);
}

class RuleReader {
 public:
  RuleReader(const ConfigNode& node, const SqlSource& sql, std::span<const KindSpec> kinds, const Subsets& subsets)
      : reader_(node, "a rule"), node_(node), sql_(sql), kinds_(kinds), subsets_(subsets) {}

  SqlRule read(std::vector<Error>& problems) {
    SqlRule rule;
    rule.where = node_.where;
    rule.name = reader_.required_string("rule");
    rule.group = reader_.string_or("group", "");
    rule.why = reader_.string_or("why", "");
    read_severity(rule);
    if (reader_.has("on")) {
      read_question(rule);
    } else {
      read_query(rule);
    }
    rule.says = reader_.required_string("says");
    rule.remedy = reader_.string_or("remedy", "");
    for (std::string_view key : {"says", "remedy", "explains"}) {
      const ConfigNode* at = reader_.node(key);
      const Status good = at ? check_placeholders(at->scalar) : Status();
      if (!good) reader_.problem(*at, fmt::format("'{}': {}", key, good.error().message));
    }
    rule.every = reader_.duration_or("every", rule.every);
    rule.hold = reader_.duration_or("for", rule.hold);
    if (rule.every <= Duration(0)) reader_.problem(node_, "'every' must be above 0");
    rule.causes_by = reader_.string_or("causes_by", "");
    rule.verbs = reader_.strings("verbs");
    rule.explains = reader_.string_or("explains", "");
    for (Error& problem : reader_.problems()) problems.push_back(std::move(problem));
    return rule;
  }

 private:
  void read_severity(SqlRule& rule) {
    const std::string text = reader_.string_or("severity", "medium");
    if (const auto severity = parse_severity(text)) {
      rule.severity = *severity;
    } else {
      reader_.problem(reader_.at("severity"),
                      fmt::format("'severity' must be one of info, low, medium, high, critical, found '{}'", text));
    }
  }

  void read_query(SqlRule& rule) {
    const ConfigNode* find = reader_.node("find");
    const ConfigNode* select = reader_.node("select");
    if (find && find->is_map() && !select) std::swap(find, select);  // The short form under the other name.
    if (node_.is_map() && (find != nullptr) == (select != nullptr)) {
      reader_.problem(node_, "a rule needs either 'find' (SQL) or 'select' (kind, labels, where)");
      return;
    }
    if (find) {
      rule.sql = find->scalar;
      if (!find->is_scalar()) reader_.problem(*find, fmt::format("'find' must be SQL, found {}", find->describe()));
    } else if (select) {
      Result<std::string> sql = short_form(*select);
      if (!reader_.absorb(sql)) return;
      rule.sql = std::move(*sql);
    }
    const ConfigNode* at = find ? find : select;
    if (!at || rule.sql.empty()) return;
    if (const Status good = sql_.check(rule.sql); !good) {
      reader_.problem(*at, "in the SQL: " + good.error().message);
    }
  }

  void read_question(SqlRule& rule) {
    read_on(rule);
    read_reach(rule);
    read_allows(rule);
    const std::string find = reader_.string_or("find", "");
    const std::string where = reader_.string_or("where", "");
    const bool has_allows = reader_.has("allows");
    if (has_allows ? !find.empty() : find.empty() == where.empty()) {
      reader_.problem(
          node_,
          "a rule with 'on' needs either 'where' (a condition) or 'find' (SELECT … FROM this …), or 'allows' "
          "(a JSON Schema) with or without 'where'");
      return;
    }
    if (has_allows && where.empty()) {
      rule.question = "SELECT this.* FROM this";
    } else {
      rule.question = find.empty() ? "SELECT this.* FROM this WHERE (" + where + "\n)" : find;
    }
    if (rule.on.empty()) return;
    rule.sql = with_this(rule, kinds_);
    if (const Status good = sql_.check(rule.sql); !good) {
      reader_.problem(reader_.at(find.empty() ? "where" : "find"), "in the SQL: " + good.error().message);
    }
  }

  void read_allows(SqlRule& rule) {
    const ConfigNode* node = reader_.node("allows");
    rule.within = reader_.string_or("within", "");
    if (node == nullptr) {
      if (!rule.within.empty()) reader_.problem(reader_.at("within"), "'within' needs 'allows'");
      return;
    }
    rule.allows = node->to_json();
    if (!reader_.has("where") && !reader_.has("reach")) rule.reach = Reach::kSelf;
    if (const auto schema = schema::Schema::read(rule.allows); !schema) {
      reader_.problem(*node, "in the schema of 'allows': " + schema.error().message);
    }
    if (rule.within.empty()) return;
    for (const KindSpec& kind : kinds_) {
      const bool is_on = std::ranges::find(rule.on, kind.name) != rule.on.end();
      if (is_on && !kind.places.contains(rule.within)) {
        reader_.problem(reader_.at("within"), fmt::format("the kind {} has no place '{}'", kind.name, rule.within));
      }
    }
  }

  void read_reach(SqlRule& rule) {
    const ConfigNode* node = reader_.node("reach");
    if (node == nullptr) return;
    const auto read = [&](const ConfigNode& value, Reach& reach) {
      if (const auto parsed = parse_reach(value.scalar)) {
        reach = *parsed;
      } else {
        reader_.problem(value, fmt::format("'reach' must be 0, 1, 2, namespace or cluster, found '{}'", value.scalar));
      }
    };
    if (!node->is_map()) return read(*node, rule.reach);
    for (const ConfigMember& member : node->members) {
      const bool is_kind = std::ranges::find(kinds_, member.key.scalar, &KindSpec::name) != kinds_.end();
      if (member.key.scalar != "default" && !is_kind) {
        reader_.problem(member.key, fmt::format("'{}' is no kind, and not 'default'", member.key.scalar));
      }
      read(member.value, member.key.scalar == "default" ? rule.reach : rule.reach_of[member.key.scalar]);
    }
  }

  // A name of `on` is a kind, or a place that kinds have.
  void read_on(SqlRule& rule) {
    const std::vector<std::string> names = reader_.strings("on");
    const auto subset = names.size() == 1 ? subsets_.find(names[0]) : subsets_.end();
    if (subset != subsets_.end()) {
      rule.on = subset->second.on;
      rule.only = subset->second.where;
    } else {
      rule.on = read_kinds(reader_, "on", kinds_);
    }
  }

  MapReader reader_;
  const ConfigNode& node_;
  const SqlSource& sql_;
  std::span<const KindSpec> kinds_;
  const Subsets& subsets_;
};

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

Finding make_finding(const SqlRule& rule, const Table& table, const std::vector<SqlValue>& row, Labels labels) {
  Finding finding;
  finding.id = finding_id("sql:" + rule.name, labels);
  finding.rule = rule.name;
  finding.severity = rule.severity;
  finding.resource = labels.get("resource");
  finding.labels = std::move(labels);
  finding.says = fill_placeholders(rule.says, table.columns, row);
  finding.remedy = fill_placeholders(rule.remedy, table.columns, row);
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

std::string with_this(const SqlRule& rule, std::span<const KindSpec> kinds) {
  return about_this(rule, kinds, {}, rule.only);
}
std::string with_this_among(const SqlRule& rule, std::span<const KindSpec> kinds, std::string_view table) {
  return about_this(rule, kinds, {.table = table}, rule.only);
}
std::string with_this_known(const SqlRule& rule, std::span<const KindSpec> kinds, std::string_view table) {
  return about_this(rule, kinds, {.table = table, .is_large = true}, "");
}
std::string members_sql(const SqlRule& rule) { return rows_of_this(rule, "this.id", {}, rule.only); }

SqlRuleFile read_sql_rules(std::string_view text, std::string_view file, const SqlSource& sql,
                           std::span<const KindSpec> kinds) {
  SqlRuleFile out;
  const Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
  if (!documents) {
    out.problems.push_back(documents.error());
    return out;
  }
  std::vector<const ConfigNode*> nodes;
  for (const ConfigNode& document : *documents) {
    if (!document.is_sequence()) nodes.push_back(&document);
    for (const ConfigNode& item : document.items) nodes.push_back(&item);
  }
  Subsets subsets;
  for (const ConfigNode* node : nodes) {
    if (node->find("subset") != nullptr) read_subset(*node, sql, kinds, subsets, out.problems);
  }
  std::set<std::string> names;
  for (const ConfigNode* node : nodes) {
    if (node->find("subset") != nullptr) continue;
    SqlRule rule = RuleReader(*node, sql, kinds, subsets).read(out.problems);
    if (!rule.name.empty() && !names.insert(rule.name).second) {
      out.problems.push_back({ErrorCode::kInvalidArgument,
                              fmt::format("the rule '{}' appears twice in this file", rule.name), node->where});
    }
    out.rules.push_back(std::move(rule));
  }
  return out;
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
        if (i != id) labels.set(table.columns[i], to_text(row[i]));
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
