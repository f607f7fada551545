// Rules about configuration, asked of a picture: all of them once, and after a change only those that it can affect, of
// only the resources that can matter.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/picture.h"
#include "catalog/picture_question.h"
#include "detect/sql_rule.h"
#include "model/finding.h"
#include "schema/schema.h"

namespace capstan::detect {

// What a change does to the findings.
struct VerdictChange {
  std::vector<Finding> broken;        // New ones.
  std::vector<Finding> mended;        // Those that no longer hold.
  std::vector<Finding> changed = {};  // Those that hold as before, and of which other things are said.
  std::vector<Error> problems;        // Rules that could not be asked; their findings stay as they were.
};

// Not thread-safe; lives no longer than the picture. Nothing here depends on the time: `since` of findings is not set.
class PictureRules {
 public:
  explicit PictureRules(catalog::Picture& picture) : picture_(picture) {}

  // Takes the rules that say what they are `on`, others are left out; asks nothing yet. Gives those whose SQL is wrong,
  // which are left out, too.
  std::vector<Error> load(std::vector<SqlRule> rules);

  // Asks all rules of all resources.
  VerdictChange ask_all();
  // Asks what changes can affect.
  VerdictChange follow(const catalog::PictureChanges& changes);
  // The same without keeping the answers: for a change on trial.
  VerdictChange foresee(const catalog::PictureChanges& changes);
  // As `ask_all`, without keeping the answers: what `foresee` must give, the slow way.
  VerdictChange foresee_all();

  // What one rule says of these resources now, and the row it says it of; nothing is kept. kNotFound for a rule that is
  // not there.
  struct Saying {
    Finding finding;
    std::vector<std::string> columns;
    std::vector<SqlValue> row;
  };
  Result<std::vector<Saying>> ask_about(std::string_view rule, const std::vector<ResourceId>& ids);
  // The kinds that a rule is on; none for a rule that is not there.
  std::vector<std::string> kinds_of(std::string_view rule) const;

  // All that holds, in the order of rules and resources.
  std::vector<Finding> holding() const;
  size_t size() const { return rules_.size(); }

 private:
  using Verdicts = std::map<ResourceId, std::vector<Finding>>;
  struct Rule {
    SqlRule rule;
    catalog::PictureQuestion of_all;
    catalog::PictureQuestion of_affected;
    std::optional<schema::Schema> allows;
    std::set<std::string> tables;
    size_t ids = 0;  // The number of its table of ids; rules on the same kinds with the same reach share one.
    std::optional<size_t> subset;  // Of whose members it is asked when it is asked of all.
    Verdicts verdicts;
  };
  // The resources for which a condition holds that rules share: found once, asked about by each of them.
  struct Subset {
    catalog::PictureQuestion members;
    size_t ids = 0;  // The number of its table of ids.
  };
  // Whom a change can reach, worked out once a change and not once a rule.
  class Affected;

  VerdictChange ask_all(bool keep);
  VerdictChange ask(const catalog::PictureChanges& changes, bool keep);
  static Result<Verdicts> verdicts_of(const Rule& rule, Result<Table> table);
  static bool concerns(const Rule& rule, const catalog::PictureChanges& changes);
  Result<Rule> prepare(SqlRule rule);
  Result<size_t> subset_of(const SqlRule& rule);
  Status fill(Subset& subset);
  // What is to be asked of one rule.
  struct Question {
    Rule* rule = nullptr;
    catalog::PictureQuestion* question = nullptr;
  };
  // The answers in the order of the questions. Objects that several rules with `allows` look at are read once.
  std::vector<Result<Verdicts>> ask(const std::vector<Question>& questions);
  static void compare(const std::vector<Finding>& before, const std::vector<Finding>& after, VerdictChange& change);

  catalog::Picture& picture_;
  std::vector<Rule> rules_;
  std::vector<Subset> subsets_;
  std::map<std::string, size_t> tables_of_ids_;   // Their numbers, by what they are for.
  std::map<std::string, size_t> subset_numbers_;  // By their SQL.
};

}  // namespace capstan::detect
