#include "loop/policy_needs.h"

#include <algorithm>
#include <array>

#include "catalog/schema.h"
#include "catalog/sql_functions.h"
#include "catalog/sql_text.h"

namespace capstan::loop {
namespace {

// Words that a bracket may follow; what else one follows is a function.
constexpr std::array<std::string_view, 34> kNoFunctions = {
    "all",  "and",    "any",   "as",     "between", "by",    "case",  "cast",   "else",  "except",   "exists", "filter",
    "from", "having", "in",    "is",     "join",    "like",  "limit", "not",    "on",    "or",       "over",   "select",
    "then", "union",  "using", "values", "when",    "where", "glob",  "escape", "match", "intersect"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

class Reader {
 public:
  explicit Reader(std::span<const KindSpec> kinds) : kinds_(kinds) {
    for (const KindSpec& kind : kinds) {
      for (const KindSpec::Column& column : kind.columns) {
        if (column.is_volatile) unwritten_.insert(catalog::lower_case(column.name));
      }
    }
  }

  PolicyNeeds run(const decide::Policy& policy) {
    needs_.one_by_one = !policy.select.kind.empty() && !policy.deletes_all() && !policy.is_staged();
    needs_.anything = policy.budget.has_value();
    select(policy.select);
    for (const decide::Selection& never : policy.never) select(never);
    if (policy.ensure) keep(*policy.ensure);
    // What is asked of resources that come from elsewhere than a kind's table is asked of them as they are.
    if (policy.select.kind.empty()) needs_.all_resources = true;
    if (policy.when && policy.when->kind != decide::Trigger::Kind::kCron) needs_.findings = true;
    if (policy.deletes_all()) needs_.all_resources = needs_.relations = needs_.actions = true;
    if (policy.approval == "standing") needs_.relations = needs_.approvals = true;
    return std::move(needs_);
  }

 private:
  void select(const decide::Selection& selection) {
    if (!selection.kind.empty()) ask_kind(selection.kind);
    read(selection.where);
    read(selection.sql);
  }

  void keep(const decide::Ensure& ensure) {
    read(ensure.hours);
    read(ensure.holidays);
    // What was just done by anybody is let settle before conditions are believed.
    if (ensure.is_list()) needs_.actions = true;
    for (const std::vector<decide::Kept>* list : {&ensure.kept, &ensure.kept_outside}) {
      for (const decide::Kept& kept : *list) read(kept.so);
    }
    if (ensure.is_list()) return;
    name(catalog::lower_case(ensure.inside.column));
    if (ensure.outside) name(catalog::lower_case(ensure.outside->column));
  }

  void read(std::string_view sql) {
    const auto tokens = catalog::split_sql(sql);
    if (!tokens) {
      needs_.anything = true;
      return;
    }
    using Kind = catalog::SqlToken::Kind;
    const bool asks = std::ranges::any_of(*tokens, [](const auto& token) {
      return token.is_word("select") || token.is_word("values") || token.is_word("with");
    });
    if (asks) needs_.one_by_one = false;
    bool has_star = false;
    for (size_t i = 0; i < tokens->size(); ++i) {
      const catalog::SqlToken& token = (*tokens)[i];
      const std::string word = catalog::lower_case(token.content());
      const bool calls = token.kind == Kind::kWord && i + 1 < tokens->size() && (*tokens)[i + 1].is_sign('(');
      has_star = has_star || (token.is_sign('*') && i > 0 && !(*tokens)[i - 1].is_sign('('));
      if (calls && !catalog::is_pure_function(word) && !is_one_of(kNoFunctions, word)) needs_.anything = true;
      if (token.kind == Kind::kWord && word == "now") needs_.anything = true;
      // A whole table, with columns that nobody names.
      if (token.is_word("in") && i + 1 < tokens->size() && !(*tokens)[i + 1].is_sign('(')) needs_.anything = true;
      // SQLite takes a text for a name where only a name can stand.
      if (token.kind == Kind::kWord || token.kind == Kind::kQuotedName || (asks && token.kind == Kind::kString))
        name(word);
    }
    // Columns that nobody names may be compared all the same.
    if (asks && has_star && !unwritten_.empty()) needs_.anything = true;
  }

  // What a name in SQL may mean: a column, a table, or nothing that counts.
  void name(const std::string& word) {
    const bool is_hidden = word.starts_with("sqlite_") || word.starts_with("pragma_") || word.starts_with("capstan_");
    // What is forgotten of the past is not written down.
    const bool is_past = word.ends_with("_history") || word == "resource_version" || word == "fact" || word == "ledger";
    if (unwritten_.contains(word) || is_hidden || is_past || word == "natural") needs_.anything = true;
    if (word == "resource" || word == "label")
      needs_.all_resources = true;
    else if (word == "relation")
      needs_.relations = true;
    else if (word == "finding" || word == "incident" || word == "mute")
      needs_.findings = true;
    else if (catalog::is_fixed_table(word))
      needs_.every_fact = true;
    else
      ask_kind(word);
  }

  void ask_kind(const std::string& name) {
    const auto kind = std::ranges::find(kinds_, name, &KindSpec::name);
    if (kind == kinds_.end() || !needs_.kinds.insert(name).second) return;
    for (const KindSpec::PartOf& part_of : kind->part_of) ask_kind(part_of.kind);
  }

  std::span<const KindSpec> kinds_;
  std::set<std::string, std::less<>> unwritten_;  // Columns that change without a fact.
  PolicyNeeds needs_;
};

}  // namespace

PolicyNeeds needs_of(const decide::Policy& policy, std::span<const KindSpec> kinds) {
  return Reader(kinds).run(policy);
}

}  // namespace capstan::loop
