// Reading rules in SQL, with the position of every mistake.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/suggest.h"
#include "base/trim.h"
#include "catalog/sql_fragment.h"
#include "detect/rule_this.h"
#include "detect/sql_rule.h"
#include "model/label_selector.h"
#include "schema/schema.h"

namespace capstan::detect {
namespace {

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

// A condition becomes a part of a larger question.
void check_condition(MapReader& reader, const std::string& where) {
  if (where.empty()) return;
  if (const Status whole = catalog::check_fragment(where); !whole)
    reader.problem(reader.at("where"), "in the SQL: " + whole.error().message);
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
  check_condition(reader, where);
  TRY(reader.finish());
  const std::string condition = selector->to_sql(kind + ".id");
  std::string sql = "SELECT * FROM " + kind;
  if (!condition.empty() || !where.empty()) sql += " WHERE ";
  sql += condition;
  if (!condition.empty() && !where.empty()) sql += " AND ";
  if (!where.empty()) sql += "(" + where + "\n)";  // A line break: a comment in it must not swallow the bracket.
  return sql;
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
  check_condition(reader, subset.where);
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
    rule.says_ko = reader_.string_or("says_ko", "");
    rule.remedy_ko = reader_.string_or("remedy_ko", "");
    rule.why_ko = reader_.string_or("why_ko", "");
    for (std::string_view key : {"says", "remedy", "says_ko", "remedy_ko", "explains"}) {
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
    check_condition(reader_, where);
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

}  // namespace

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

}  // namespace capstan::detect
