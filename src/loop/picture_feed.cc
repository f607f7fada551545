#include "loop/picture_feed.h"

#include <utility>

namespace capstan::loop {

void PictureFeed::begin(std::vector<catalog::RelationSpec> relations, std::vector<detect::SqlRule> rules) {
  relations_ = std::move(relations);
  rules_ = std::move(rules);
  begin_wanted_ = true;
}

void PictureFeed::note(const Fact& fact) {
  if (fact.kind.starts_with("resource.")) {
    changed_resources_.insert(fact.subject);
  } else if (fact.kind.starts_with("relation.") && fact.body["scope"].string_or_empty() != kPictureScope) {
    changed_relations_.push_back({.relation = {.source = fact.subject,
                                               .kind = fact.body["kind"].string_or_empty(),
                                               .target = fact.body["target"].string_or_empty(),
                                               .origin = Origin::kDeclared},
                                  .is_new = fact.kind == fact_kind::kRelationAppeared});
  }
}

void PictureFeed::expect_clusters(const std::vector<std::string>& names) {
  unseen_clusters_ = {names.begin(), names.end()};
  all_seen_ = names.empty();
  if (!names.empty()) (void)foresight_.hold_findings_back(true);
}

void PictureFeed::cluster_seen(const std::string& name) {
  if (unseen_clusters_.erase(name) > 0 && unseen_clusters_.empty()) all_seen_ = true;
}

Status PictureFeed::update() {
  Status told;
  if (begin_wanted_) told = tell_all();
  if (!begin_wanted_) tell_changes();
  if (all_seen_ && !begin_wanted_) all_seen_ = !foresight_.hold_findings_back(false);
  return told;
}

void PictureFeed::retry() {
  if (findings_lost_) findings_lost_ = !foresight_.tell_anew();
}

Status PictureFeed::tell_all() {
  catalog::CatalogReader reader = TRY(catalog_.reader());
  changed_resources_.clear();  // The reader has seen them.
  changed_relations_.clear();
  Foresight::Knowledge knowledge{
      .resources = catalog_.all(), .kinds = catalog_.kinds(), .relations = relations_, .rules = rules_};
  begin_wanted_ = !foresight_.begin(std::move(knowledge), std::move(reader));
  return {};
}

void PictureFeed::tell_changes() {
  if (changed_resources_.empty() && changed_relations_.empty()) return;
  PictureUpdate update{.resources = {}, .gone = {}, .relations = std::exchange(changed_relations_, {})};
  for (const ResourceId& id : std::exchange(changed_resources_, {})) {
    if (std::optional<catalog::KeptResource> resource = catalog_.find(id)) {
      update.resources.push_back(*std::move(resource));
    } else {
      update.gone.push_back(id);
    }
  }
  begin_wanted_ = !foresight_.follow(std::move(update));
}

}  // namespace capstan::loop
