// What the loop tells the picture (loop/foresight.h): all that is known once, and after that what facts change.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog.h"
#include "loop/foresight.h"
#include "model/fact.h"

namespace capstan::loop {

// Of the loop's thread. Both outlive it.
class PictureFeed {
 public:
  PictureFeed(Foresight& foresight, const catalog::Catalog& catalog) : foresight_(foresight), catalog_(catalog) {}

  // The picture begins anew at the next update, with these.
  void begin(std::vector<catalog::RelationSpec> relations, std::vector<detect::SqlRule> rules);
  const std::vector<detect::SqlRule>& rules() const { return rules_; }
  // Takes a fact that is in the catalog.
  void note(const Fact& fact);

  // These clusters are looked at for the first time; each tells when all of it has been seen. Until then findings are
  // held back.
  void expect_clusters(const std::vector<std::string>& names);
  void cluster_seen(const std::string& name);

  // Tells the picture what it does not know yet.
  Status update();
  // What it said could not be written down: it says it again at the next `retry`.
  void findings_lost() { findings_lost_ = true; }
  void retry();

 private:
  Status tell_all();
  void tell_changes();

  Foresight& foresight_;
  const catalog::Catalog& catalog_;
  std::vector<catalog::RelationSpec> relations_;
  std::vector<detect::SqlRule> rules_;
  bool begin_wanted_ = false;
  std::set<ResourceId> changed_resources_;
  std::vector<catalog::RelationChange> changed_relations_;
  std::set<std::string> unseen_clusters_;
  bool findings_lost_ = false;
  bool all_seen_ = false;  // The picture is to be told so, after what was seen.
};

}  // namespace capstan::loop
