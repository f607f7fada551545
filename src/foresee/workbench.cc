#include "foresee/workbench.h"

#include <algorithm>

#include "catalog/pack_kinds.h"
#include "catalog/relation_spec.h"
#include "detect/detector.h"

namespace capstan::foresee {
namespace {

// The rules here are asked of the picture, which says itself what is wrong with their SQL.
class NoCatalog final : public SqlSource {
 public:
  Result<Table> query(std::string_view, Time, const Options&) const override {
    return fail(ErrorCode::kFailedPrecondition, "there is no catalog here");
  }
  Status check(std::string_view) const override { return {}; }
};

}  // namespace

Result<Workbench> open_workbench(const std::vector<std::filesystem::path>& directories) {
  Workbench bench;
  const auto add = [&](std::vector<Error> problems) {
    std::ranges::move(problems, std::back_inserter(bench.problems));
  };
  catalog::LoadedKinds kinds = catalog::load_kinds(directories);
  catalog::LoadedRelations relations = catalog::load_relations(directories);
  add(std::move(kinds.problems));
  add(std::move(relations.problems));

  std::vector<detect::SqlRule> rules;
  for (const detect::DetectFile& file : detect::read_detect_files(directories, bench.problems)) {
    if (file.kind != detect::DetectFile::Kind::kSqlRules) continue;
    detect::SqlRuleFile read = detect::read_sql_rules(file.text, file.path, NoCatalog(), kinds.kinds);
    std::ranges::move(read.rules, std::back_inserter(rules));
    add(std::move(read.problems));
  }
  bench.picture = TRY(catalog::Picture::create(std::move(kinds.kinds), std::move(relations.relations)));
  bench.rules = std::make_unique<detect::PictureRules>(*bench.picture);
  add(bench.rules->load(std::move(rules)));
  bench.checker = std::make_unique<Checker>(*bench.picture, *bench.rules);
  return bench;
}

}  // namespace capstan::foresee
