#include "detect/picture_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::detect {
namespace {

std::string kind_of(const ResourceId& id) { return id.substr(0, id.find('/')); }

Error about(const SqlRule& rule, const Error& error) {
  return {error.code, fmt::format("the rule '{}': {}", rule.name, error.message), rule.where};
}

// The tables in which a change can be seen.
std::set<std::string> tables_of(const catalog::PictureChanges& changes, const std::vector<KindSpec>& kinds) {
  std::set<std::string> tables;
  if (!changes.relations.empty()) tables.insert("relation");
  for (const ResourceId& id : changes.resources) tables.insert(kind_of(id));
  if (changes.resources.empty()) return tables;
  for (const KindSpec& kind : kinds) {
    for (const KindSpec::PartOf& part_of : kind.part_of) {
      if (tables.contains(part_of.kind)) tables.insert(kind.name);
    }
  }
  tables.insert({"resource", "label"});
  return tables;
}

}  // namespace

class PictureRules::Affected {
 public:
  Affected(catalog::Picture& picture, const catalog::PictureChanges& changes) : picture_(picture) {
    std::set<ResourceId> ids(changes.resources.begin(), changes.resources.end());
    for (const catalog::RelationChange& change : changes.relations) {
      ids.insert({change.relation.source, change.relation.target});
    }
    changed_.assign(ids.begin(), ids.end());
  }

  // Those of the rule's kinds; nothing where all of them are.
  Result<std::optional<std::vector<ResourceId>>> of(const SqlRule& rule) {
    if (rule.reach == Reach::kCluster) return std::nullopt;
    std::vector<ResourceId> ids;
    if (rule.reach == Reach::kNamespace) {
      for (const std::string& kind : rule.on) {
        std::vector<ResourceId> beside = TRY(picture_.beside(changed_, kind));
        ids.insert(ids.end(), beside.begin(), beside.end());
      }
      return ids;
    }
    const int steps = rule.reach == Reach::kSelf ? 0 : rule.reach == Reach::kOneStep ? 1 : 2;
    std::optional<std::vector<ResourceId>>& around = around_[steps];
    if (!around) around = TRY(picture_.around(changed_, steps));
    for (const ResourceId& id : *around) {
      if (std::ranges::find(rule.on, kind_of(id)) != rule.on.end()) ids.push_back(id);
    }
    return ids;
  }

 private:
  catalog::Picture& picture_;
  std::vector<ResourceId> changed_;
  std::map<int, std::optional<std::vector<ResourceId>>> around_;
};

std::vector<Error> PictureRules::load(std::vector<SqlRule> rules) {
  std::vector<Error> problems;
  rules_.clear();
  for (SqlRule& rule : rules) {
    if (rule.on.empty()) continue;
    auto of_all = catalog::PictureQuestion::prepare(picture_, rule.sql);
    if (!of_all) {
      problems.push_back(about(rule, of_all.error()));
      continue;
    }
    const std::string some = with_this(rule, picture_.kinds(), "SELECT id FROM temp.affected");
    auto of_affected = catalog::PictureQuestion::prepare(picture_, some);
    if (!of_affected) {
      problems.push_back(about(rule, of_affected.error()));
      continue;
    }
    std::set<std::string> tables = of_all->tables();
    tables.insert(rule.on.begin(), rule.on.end());
    rules_.push_back({std::move(rule), *std::move(of_all), *std::move(of_affected), std::move(tables), {}});
  }
  return problems;
}

bool PictureRules::concerns(const Rule& rule, const std::set<std::string>& changed_tables) {
  return std::ranges::any_of(rule.tables, [&](const std::string& table) { return changed_tables.contains(table); });
}

Result<PictureRules::Verdicts> PictureRules::ask(Rule& rule, catalog::PictureQuestion& question) {
  Verdicts verdicts;
  for (Finding& finding : TRY(findings_of(rule.rule, TRY(question.ask())))) {
    verdicts[finding.resource].push_back(std::move(finding));
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
    if (!has(before, finding.id)) change.broken.push_back(finding);
  }
}

VerdictChange PictureRules::ask_all() { return ask_all(true); }
VerdictChange PictureRules::foresee_all() { return ask_all(false); }

VerdictChange PictureRules::ask_all(bool keep) {
  VerdictChange change;
  for (Rule& rule : rules_) {
    Result<Verdicts> now = ask(rule, rule.of_all);
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
  const std::set<std::string> changed_tables = tables_of(changes, picture_.kinds());
  Affected affected(picture_, changes);
  for (Rule& rule : rules_) {
    if (!concerns(rule, changed_tables)) continue;
    auto ids = affected.of(rule.rule);
    if (ids && *ids && (*ids)->empty()) continue;
    Status ready = ids && *ids ? picture_.set_affected(**ids) : Status();
    Result<Verdicts> now = !ids     ? fail(ids.error())
                           : !ready ? fail(ready.error())
                                    : ask(rule, *ids ? rule.of_affected : rule.of_all);
    if (!now) {
      change.problems.push_back(about(rule.rule, now.error()));
      continue;
    }
    if (!*ids) {  // Whoever had a verdict is asked again, too.
      ids->emplace();
      for (const auto& [id, findings] : rule.verdicts) (*ids)->push_back(id);
      for (const auto& [id, findings] : *now) {
        if (!rule.verdicts.contains(id)) (*ids)->push_back(id);
      }
    }
    for (const ResourceId& id : **ids) {
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

std::vector<Finding> PictureRules::holding() const {
  std::vector<Finding> all;
  for (const Rule& rule : rules_) {
    for (const auto& [id, findings] : rule.verdicts) all.insert(all.end(), findings.begin(), findings.end());
  }
  return all;
}

}  // namespace capstan::detect
