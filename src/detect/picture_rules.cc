#include "detect/picture_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "detect/allowed_values.h"
#include "detect/rule_this.h"

namespace capstan::detect {
namespace {

std::string kind_of(const ResourceId& id) { return id.substr(0, id.find('/')); }

Error about(const SqlRule& rule, const Error& error) {
  return {error.code, fmt::format("the rule '{}': {}", rule.name, error.message), rule.where};
}

// What decides which resources a change can reach.
std::string reach_text(const SqlRule& rule) {
  std::string text = fmt::format("{}:{}", fmt::join(rule.on, ","), to_string(rule.reach));
  for (const auto& [kind, reach] : rule.reach_of) text += fmt::format(" {}={}", kind, to_string(reach));
  return text;
}

}  // namespace

class PictureRules::Affected {
 public:
  Affected(catalog::Picture& picture, const catalog::PictureChanges& changes) : picture_(picture) {
    for (const ResourceId& id : changes.resources) changed_[kind_of(id)].push_back(id);
    std::set<ResourceId> ends;
    for (const catalog::RelationChange& change : changes.relations) {
      ends.insert({change.relation.source, change.relation.target});
    }
    ends_.assign(ends.begin(), ends.end());
  }

  // Those of the rule's kinds, sorted; nothing where all of them are. Valid while this is.
  Result<const std::optional<std::vector<ResourceId>>*> of(const Rule& rule) {
    std::optional<std::optional<std::vector<ResourceId>>>& known = by_table_[rule.ids];
    if (!known) {
      known = TRY(find(rule.rule));
      if (*known) TRY(picture_.fill_id_table(rule.ids, **known));
    }
    return &*known;
  }

 private:
  Result<std::optional<std::vector<ResourceId>>> find(const SqlRule& rule) {
    std::set<ResourceId> ids;
    for (const auto& [kind, changed] : changed_) {
      const auto own = rule.reach_of.find(kind);
      const Reach reach = own == rule.reach_of.end() ? rule.reach : own->second;
      if (reach == Reach::kCluster) return std::nullopt;
      TRY(reach_from(changed, kind, reach, rule, ids));
    }
    // A relation is seen from its two ends.
    const Reach reach = rule.reach > Reach::kTwoSteps ? Reach::kOneStep : rule.reach;
    TRY(reach_from(ends_, "", reach, rule, ids));
    return std::vector<ResourceId>(ids.begin(), ids.end());
  }

  Status reach_from(const std::vector<ResourceId>& from, const std::string& group, Reach reach, const SqlRule& rule,
                    std::set<ResourceId>& ids) {
    if (reach == Reach::kNamespace) {
      for (const std::string& kind : rule.on) {
        std::optional<std::vector<ResourceId>>& beside = beside_[{group, kind}];
        if (!beside) beside = TRY(picture_.beside(from, kind));
        ids.insert(beside->begin(), beside->end());
      }
      return {};
    }
    const int steps = reach == Reach::kSelf ? 0 : reach == Reach::kOneStep ? 1 : 2;
    std::optional<std::vector<ResourceId>>& around = around_[{group, steps}];
    if (!around) around = picture_.around(from, steps);
    for (const ResourceId& id : *around) {
      if (std::ranges::find(rule.on, kind_of(id)) != rule.on.end()) ids.insert(id);
    }
    return {};
  }

  catalog::Picture& picture_;
  std::map<std::string, std::vector<ResourceId>> changed_;  // By kind.
  std::vector<ResourceId> ends_;                            // Of relations.
  std::map<std::pair<std::string, int>, std::optional<std::vector<ResourceId>>> around_;
  std::map<std::pair<std::string, std::string>, std::optional<std::vector<ResourceId>>> beside_;
  std::map<size_t, std::optional<std::optional<std::vector<ResourceId>>>> by_table_;
};

std::vector<Error> PictureRules::load(std::vector<SqlRule> rules) {
  std::vector<Error> problems;
  rules_.clear();
  subsets_.clear();
  subset_numbers_.clear();
  tables_of_ids_.clear();
  for (SqlRule& rule : rules) {
    if (rule.on.empty()) continue;
    Result<Rule> prepared = prepare(rule);
    if (prepared) {
      rules_.push_back(*std::move(prepared));
    } else {
      problems.push_back(about(rule, prepared.error()));
    }
  }
  return problems;
}

Result<PictureRules::Rule> PictureRules::prepare(SqlRule rule) {
  const std::vector<KindSpec>& kinds = picture_.kinds();
  const size_t ids = tables_of_ids_.try_emplace(reach_text(rule), tables_of_ids_.size()).first->second;
  const std::string among = with_this_among(rule, kinds, TRY(picture_.id_table(ids)));
  std::optional<size_t> subset;
  std::string all = with_this(rule, kinds);
  if (!rule.only.empty()) {
    subset = TRY(subset_of(rule));
    all = with_this_known(rule, kinds, TRY(picture_.id_table(subsets_[*subset].ids)));
  }
  catalog::PictureQuestion of_all = TRY(catalog::PictureQuestion::prepare(picture_, all));
  catalog::PictureQuestion of_affected = TRY(catalog::PictureQuestion::prepare(picture_, among));
  std::optional<schema::Schema> allows;
  if (!rule.allows.is_null()) allows = TRY(schema::Schema::read(rule.allows));
  std::set<std::string> tables = of_affected.tables();
  for (const std::string& kind : rule.on) {
    // Schemas look at places that are in no table.
    if (allows) tables.insert(catalog::PictureChanges::objects_of(kind));
  }
  return Rule{.rule = std::move(rule),
              .of_all = std::move(of_all),
              .of_affected = std::move(of_affected),
              .allows = std::move(allows),
              .tables = std::move(tables),
              .ids = ids,
              .subset = subset,
              .verdicts = {}};
}

Result<size_t> PictureRules::subset_of(const SqlRule& rule) {
  const std::string sql = members_sql(rule);
  if (const auto known = subset_numbers_.find(sql); known != subset_numbers_.end()) return known->second;
  catalog::PictureQuestion members = TRY(catalog::PictureQuestion::prepare(picture_, sql));
  const size_t ids = tables_of_ids_.try_emplace(sql, tables_of_ids_.size()).first->second;
  subsets_.push_back({.members = std::move(members), .ids = ids});
  return subset_numbers_[sql] = subsets_.size() - 1;
}

Status PictureRules::fill(Subset& subset) {
  constexpr size_t kMostMembers = 1'000'000;
  const Table members = TRY(subset.members.ask(kMostMembers));
  std::vector<ResourceId> ids;
  ids.reserve(members.rows.size());
  for (const std::vector<SqlValue>& row : members.rows) ids.push_back(to_text(row[0]));
  return picture_.fill_id_table(subset.ids, ids);
}

// A change that no table shows that a rule reads, or no relation that it looks at, leaves what it says as it was.
bool PictureRules::concerns(const Rule& rule, const catalog::PictureChanges& changes) {
  const catalog::RelationTable::Reads& reads = rule.of_affected.relations();
  return std::ranges::any_of(rule.tables, [&](const std::string& table) { return changes.tables.contains(table); }) ||
         std::ranges::any_of(changes.relations, [&](const catalog::RelationChange& change) {
           return reads.are_all || reads.kinds.contains(change.relation.kind);
         });
}

std::vector<Result<PictureRules::Verdicts>> PictureRules::ask(const std::vector<Question>& questions) {
  std::vector<Result<Table>> tables;
  tables.reserve(questions.size());
  std::vector<AllowedQuestion> allowed;
  std::map<size_t, Status> filled;  // Subsets, for this time.
  for (const auto& [rule, question] : questions) {
    const bool is_of_members = rule->subset && question == &rule->of_all;
    if (is_of_members && !filled.contains(*rule->subset)) filled[*rule->subset] = fill(subsets_[*rule->subset]);
    const Status ready = is_of_members ? filled[*rule->subset] : Status();
    Result<Table>& table = tables.emplace_back(ready ? question->ask() : fail(ready.error()));
    if (table && rule->allows) allowed.push_back({.rule = &rule->rule, .allows = &*rule->allows, .table = &table});
  }
  find_faults(picture_, allowed);
  std::vector<Result<Verdicts>> answers;
  for (size_t i = 0; i < questions.size(); ++i) {
    answers.push_back(verdicts_of(*questions[i].rule, std::move(tables[i])));
  }
  return answers;
}

Result<PictureRules::Verdicts> PictureRules::verdicts_of(const Rule& rule, Result<Table> table) {
  Verdicts verdicts;
  for (Finding& finding : TRY(findings_of(rule.rule, TRY(std::move(table)), rule.allows ? kPlaceColumn : ""))) {
    std::vector<Finding>& findings = verdicts[finding.resource];
    findings.push_back(std::move(finding));
  }
  return verdicts;
}

// A finding that says something else is still the same one.
void PictureRules::compare(const std::vector<Finding>& before, const std::vector<Finding>& after,
                           VerdictChange& change) {
  const auto has = [](const std::vector<Finding>& findings, const std::string& id) {
    return std::ranges::find(findings, id, &Finding::id) != findings.end();
  };
  for (const Finding& finding : before) {
    if (!has(after, finding.id)) change.mended.push_back(finding);
  }
  for (const Finding& finding : after) {
    const auto known = std::ranges::find(before, finding.id, &Finding::id);
    if (known == before.end()) {
      change.broken.push_back(finding);
    } else if (known->says != finding.says || known->remedy != finding.remedy || known->explains != finding.explains) {
      change.changed.push_back(finding);
    }
  }
}

VerdictChange PictureRules::ask_all() { return ask_all(true); }
VerdictChange PictureRules::foresee_all() { return ask_all(false); }

VerdictChange PictureRules::ask_all(bool keep) {
  VerdictChange change;
  std::vector<Question> questions;
  for (Rule& rule : rules_) questions.push_back({&rule, &rule.of_all});
  std::vector<Result<Verdicts>> answers = ask(questions);
  for (size_t i = 0; i < questions.size(); ++i) {
    Rule& rule = *questions[i].rule;
    Result<Verdicts>& now = answers[i];
    if (!now) {
      change.problems.push_back(about(rule.rule, now.error()));
      continue;
    }
    for (const auto& [id, findings] : rule.verdicts) {
      if (!now->contains(id)) compare(findings, {}, change);
    }
    for (const auto& [id, findings] : *now) {
      const auto before = rule.verdicts.find(id);
      compare(before == rule.verdicts.end() ? std::vector<Finding>() : before->second, findings, change);
    }
    if (keep) rule.verdicts = *std::move(now);
  }
  return change;
}

VerdictChange PictureRules::follow(const catalog::PictureChanges& changes) { return ask(changes, true); }
VerdictChange PictureRules::foresee(const catalog::PictureChanges& changes) { return ask(changes, false); }

VerdictChange PictureRules::ask(const catalog::PictureChanges& changes, bool keep) {
  VerdictChange change;
  Affected affected(picture_, changes);
  std::vector<Question> questions;
  std::vector<const std::optional<std::vector<ResourceId>>*> asked_of;
  for (Rule& rule : rules_) {
    if (!concerns(rule, changes)) continue;
    const auto ids = affected.of(rule);
    if (!ids) change.problems.push_back(about(rule.rule, ids.error()));
    if (!ids || (**ids && (**ids)->empty())) continue;
    questions.push_back({&rule, **ids ? &rule.of_affected : &rule.of_all});
    asked_of.push_back(*ids);
  }
  std::vector<Result<Verdicts>> answers = ask(questions);
  for (size_t i = 0; i < questions.size(); ++i) {
    Rule& rule = *questions[i].rule;
    Result<Verdicts>& now = answers[i];
    if (!now) {
      change.problems.push_back(about(rule.rule, now.error()));
      continue;
    }
    std::vector<ResourceId> everyone;
    if (!*asked_of[i]) {  // Whoever had a verdict is asked again, too.
      for (const auto& [id, findings] : rule.verdicts) everyone.push_back(id);
      for (const auto& [id, findings] : *now) {
        if (!rule.verdicts.contains(id)) everyone.push_back(id);
      }
    }
    for (const ResourceId& id : *asked_of[i] ? **asked_of[i] : everyone) {
      const auto before = rule.verdicts.find(id);
      const auto after = now->find(id);
      compare(before == rule.verdicts.end() ? std::vector<Finding>() : before->second,
              after == now->end() ? std::vector<Finding>() : after->second, change);
      if (!keep) continue;
      if (before != rule.verdicts.end()) rule.verdicts.erase(before);
      if (after != now->end()) rule.verdicts.emplace(id, std::move(after->second));
    }
  }
  return change;
}

Result<std::vector<PictureRules::Saying>> PictureRules::ask_about(std::string_view name,
                                                                  const std::vector<ResourceId>& ids) {
  const auto rule = std::ranges::find(rules_, name, [](const Rule& one) { return std::string_view(one.rule.name); });
  if (rule == rules_.end()) return fail(ErrorCode::kNotFound, fmt::format("there is no rule '{}'", name));
  TRY(picture_.fill_id_table(rule->ids, ids));
  const auto asked = rule->of_affected.ask();
  if (!asked) return fail(about(rule->rule, asked.error()));
  std::vector<Saying> sayings;
  for (const std::vector<SqlValue>& row : asked->rows) {
    for (Finding& finding : TRY(findings_of(rule->rule, Table{.columns = asked->columns, .rows = {row}}))) {
      sayings.push_back({std::move(finding), asked->columns, row});
    }
  }
  return sayings;
}

std::vector<std::string> PictureRules::kinds_of(std::string_view name) const {
  const auto rule = std::ranges::find(rules_, name, [](const Rule& one) { return std::string_view(one.rule.name); });
  return rule == rules_.end() ? std::vector<std::string>() : rule->rule.on;
}

std::vector<Finding> PictureRules::holding() const {
  std::vector<Finding> all;
  for (const Rule& rule : rules_) {
    for (const auto& [id, findings] : rule.verdicts) all.insert(all.end(), findings.begin(), findings.end());
  }
  return all;
}

}  // namespace capstan::detect
