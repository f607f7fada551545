#include "loop/trial_knowledge.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "catalog/pack_kinds.h"
#include "decide/action_effect.h"
#include "decide/scratch_sql.h"
#include "loop/calendar_files.h"
#include "loop/config_tree.h"
#include "money/changes.h"
#include "service/verb_spec.h"

namespace capstan::loop {
namespace {

// Files below directories, and files themselves, with what each of their documents is.
Result<std::vector<ConfigFile>> read_files(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> all;
  for (const std::filesystem::path& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      all.push_back(path);
      continue;
    }
    for (std::string_view suffix : {".yaml", ".yml"}) {
      for (std::filesystem::path& found : TRY(list_files(path, suffix))) all.push_back(std::move(found));
    }
  }
  std::vector<ConfigFile> files;
  for (const std::filesystem::path& path : all) {
    ConfigFile file{.path = path, .text = TRY(read_file(path)), .documents = {}, .kinds = {}};
    file.documents = TRY(parse_yaml(file.text, path.string()));
    for (const ConfigNode& document : file.documents) file.kinds.push_back(TRY(classify(document)));
    files.push_back(std::move(file));
  }
  return files;
}

// A document of a test as a file of its own, in which lines keep their numbers.
money::PriceText text_of(const ConfigNode& document) {
  const auto line = static_cast<size_t>(std::max(1, document.where.line));
  return {document.where.file, std::string(line - 1, '\n') + document.to_json().dump(), false};
}

// Of kinds that only a test knows: what its resources have.
void add_kinds(const std::vector<Resource>& resources, std::vector<KindSpec>& kinds) {
  std::map<std::string, std::set<std::string>> columns;
  for (const Resource& each : resources) {
    if (std::ranges::find(kinds, each.kind, &KindSpec::name) != kinds.end()) continue;
    for (const auto& [name, value] : each.fields.members()) columns[each.kind].insert(name);
  }
  for (const auto& [kind, names] : columns) {
    KindSpec spec{.name = kind, .title = "", .help = "", .columns = {}};
    for (const std::string& name : names) spec.columns.push_back({.name = name, .help = ""});
    kinds.push_back(std::move(spec));
  }
}

// What belongs to a resource, directly or not.
std::vector<Resource> belongings_of(const ResourceId& id, const std::vector<Resource>& resources,
                                    const std::vector<Relation>& relations) {
  std::vector<Resource> all;
  std::set<ResourceId> seen = {id};
  std::vector<ResourceId> stack = {id};
  while (!stack.empty()) {
    const ResourceId at = std::move(stack.back());
    stack.pop_back();
    for (const Relation& each : relations) {
      if (each.kind != "belongs_to" || each.target != at || !seen.insert(each.source).second) continue;
      stack.push_back(each.source);
      const auto found = std::ranges::find(resources, each.source, &Resource::id);
      if (found != resources.end()) all.push_back(*found);
    }
  }
  return all;
}

}  // namespace

Result<TrialKnowledge> TrialKnowledge::read(const std::vector<std::filesystem::path>& paths,
                                            const std::filesystem::path& packs) {
  TrialKnowledge known;
  std::vector<ConfigFile> files = TRY(read_files(paths));
  const size_t own = files.size();
  std::ranges::move(TRY(read_files({packs})), std::back_inserter(files));
  std::vector<catalog::KindFile> kinds;
  for (const ConfigFile& file : files) {
    if (file.has(DocumentKind::kKind)) kinds.push_back({file.path.string(), file.text_of(DocumentKind::kKind)});
  }
  known.kinds_ = catalog::read_kinds(kinds).kinds;
  std::vector<ConfigNode> described;
  for (size_t i = 0; i < files.size(); ++i) {
    const ConfigFile& file = files[i];
    if (i < own) std::ranges::copy(file.documents, std::back_inserter(known.documents_));
    for (const DocumentKind kind : {DocumentKind::kDescription, DocumentKind::kEffect})
      std::ranges::move(file.of(kind), std::back_inserter(described));
    // Those of the user take the place of a pack's of the same name.
    if (file.has(DocumentKind::kPrice))
      known.prices_.push_back({file.path.string(), file.text_of(DocumentKind::kPrice), i >= own});
  }
  std::set<std::filesystem::path> beside;
  for (const std::filesystem::path& path : paths)
    beside.insert((std::filesystem::is_directory(path) ? path : path.parent_path()) / "calendar");
  for (const std::filesystem::path& directory : beside)
    known.calendars_.merge(read_calendars(directory, {}, known.problems_));
  // Those of packs come first, as money::read_prices wants them.
  std::ranges::stable_partition(known.prices_, &money::PriceText::from_pack);
  decide::ReadEffects effects = decide::read_effects(described, known.kinds_);
  known.effects_ = std::move(effects.effects);
  std::ranges::move(effects.problems, std::back_inserter(known.problems_));
  std::set<std::string> seen;
  for (const ConfigNode& document : described) {
    const ConfigNode* name = document.find("verb");
    if (!name || !seen.insert(name->scalar).second) continue;
    MapReader map(document, "a verb");
    VerbSpec spec = service::read_verb_spec(map, document, known.kinds_, known.problems_);
    spec.undoable = document.find("undo") != nullptr;
    known.verbs_.push_back(std::move(spec));
  }
  return known;
}

decide::TrialWorld TrialKnowledge::world(std::vector<const VerbSpec*> built_in) const {
  decide::TrialWorld world{
      .words = {.verbs = std::move(built_in), .calendars = &calendars_}, .kinds = kinds_, .money_of = {}};
  for (const VerbSpec& verb : verbs_) world.words.verbs.push_back(&verb);
  world.money_of = [this](const decide::Policy& policy, const std::vector<ConfigNode>& prices,
                          const std::vector<Resource>& resources, const std::vector<Relation>& relations,
                          decide::Situation& situation) {
    return add_money(policy, prices, resources, relations, situation);
  };
  return world;
}

// Those of the test come first, and so count first; others of their names do not count at all.
Result<std::vector<money::Price>> TrialKnowledge::prices_of(const std::vector<ConfigNode>& own,
                                                            const std::vector<KindSpec>& kinds,
                                                            const SqlSource& sql) const {
  std::vector<money::PriceText> texts;
  for (const ConfigNode& price : own) texts.push_back(text_of(price));
  money::ReadPrices read = money::read_prices(texts, kinds, &sql);
  if (!read.problems.empty()) return fail(read.problems.front());
  money::ReadPrices others = money::read_prices(prices_, kinds, &sql);
  if (!others.problems.empty()) return fail(others.problems.front());
  std::set<std::string> names;
  for (const money::Price& price : read.prices) names.insert(price.name);
  for (money::Price& price : others.prices) {
    if (!names.contains(price.name)) read.prices.push_back(std::move(price));
  }
  return std::move(read.prices);
}

Status TrialKnowledge::add_money(const decide::Policy& policy, const std::vector<ConfigNode>& prices,
                                 const std::vector<Resource>& resources, const std::vector<Relation>& relations,
                                 decide::Situation& situation) const {
  std::vector<KindSpec> kinds = kinds_;
  add_kinds(resources, kinds);
  const std::unique_ptr<decide::ScratchSql> sql = TRY(decide::ScratchSql::make({}, {}, kinds));
  const std::vector<money::Price> all_prices = TRY(prices_of(prices, kinds, *sql));
  const money::PriceBook book{.kinds = kinds, .prices = all_prices, .sql = *sql, .at = situation.now};

  std::vector<money::ActedOn> targets;
  for (const decide::Candidate& candidate : situation.candidates) {
    if (!candidate.selected) continue;
    const auto target = std::ranges::find(resources, candidate.resource.id, &Resource::id);
    if (target != resources.end())
      targets.push_back({.target = *target, .belongings = belongings_of(target->id, resources, relations)});
  }
  std::vector<decide::ActionEffect> effects = decide::effects_of(policy, effects_);
  std::erase_if(effects, [](const decide::ActionEffect& each) { return !each.is_known(); });
  // What a target costs with all that belongs to it is what would be saved were it removed.
  effects.push_back({.verb = "", .leaves = VerbEffect::removal(), .column = "", .values = {}});
  const money::Changes changes = TRY(money::changes_of(targets, effects, book));
  for (size_t i = 0; i < targets.size(); ++i) {
    const ResourceId& id = targets[i].target.id;
    if (const std::optional<money::Change>& all = changes[i].back(); all && !all->currency.empty())
      situation.money[id] = {.currency = all->currency, .per_hour = -all->per_hour, .when_running = -all->per_hour};
    for (size_t j = 0; j + 1 < effects.size(); ++j) {
      const std::optional<money::Change>& change = changes[i][j];
      const bool counts = change && (change->currency.empty() || change->currency == policy.budget->currency);
      situation.changes[id][effects[j].key()] = counts ? std::optional(change->per_hour) : std::nullopt;
    }
  }
  return {};
}

}  // namespace capstan::loop
