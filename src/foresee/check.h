// What a change would break and mend, said before it is made: the change is put into a picture of the running system on
// trial, the rules that it can affect are asked of what it can affect, and all is taken back.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/picture.h"
#include "detect/picture_rules.h"
#include "foresee/object_documents.h"
#include "model/finding.h"
#include "model/object_mapping.h"
#include "schema/object_schemas.h"

namespace capstan::foresee {

struct CheckOptions {
  std::string cluster = "check";       // Which cluster the objects are for; "" is the only one there is.
  std::string space = "default";       // The namespace of objects that name none.
  bool ask_everything = false;         // Also what the change cannot affect: slow, and the same.
  bool documents_are_patches = false;  // JSON merge patches (RFC 7386), lists merged by name; else whole objects.
  // Whole objects that are taken as there already: what they break and mend is not the change's doing.
  std::vector<ObjectDocument> assumed;
  // What the API server that the objects are for says of itself; nothing: it is not known.
  std::shared_ptr<const schema::ObjectSchemas> schemas = nullptr;
};

// Where in the change a finding lies.
struct Spot {
  size_t document = 0;  // Which of the change's documents.
  std::string place;    // spec.replicas; "" for all of it.
  Where where;          // As far as the document's text is known.
};

// Something that would no longer hold, or newly: who loses it and who still counts on it.
struct Consequence {
  catalog::RelationChange change;
  std::vector<Relation> counted_on_by;  // Relations that lead to the source: who calls, routes to or scales it.
};

struct CheckReport {
  size_t objects = 0;  // How many objects the change would touch.
  size_t rules = 0;    // How many rules there are.
  std::vector<Finding> broken;
  std::vector<Finding> mended;
  std::vector<Consequence> consequences;  // Of relations that already existed before.
  std::vector<Error> problems;            // What could not be checked: objects of no known kind, rules that failed.
  std::vector<ResourceId> changed;
  std::map<std::string, Spot> spots = {};  // By the ids of findings about objects of the change.
  std::vector<std::string> notes = {};     // What was not looked at because nobody can know it here.
};

// Where the spots are in these documents: for who got the report from elsewhere.
void locate(CheckReport& report, std::span<const ObjectDocument> documents);

// Not thread-safe. Checks leave picture and rules as they were.
class Checker {
 public:
  Checker(catalog::Picture& picture, detect::PictureRules& rules);

  // Takes objects for good: the state against which changes are checked, where there is no running system.
  std::vector<Error> assume(std::span<const ObjectDocument> documents, const CheckOptions& options);
  CheckReport check(std::span<const ObjectDocument> documents, const CheckOptions& options);
  // Whether the system is already as a document says, status aside.
  bool is_so(const ObjectDocument& document, const CheckOptions& options);
  // The clusters of which objects are known.
  std::vector<std::string> clusters();

 private:
  // Nothing: the object is deleted.
  struct Target {
    ResourceId id;
    std::optional<Resource> after;
  };

  // Which object a document speaks of, and what it says of it.
  struct Stated {
    const KindSpec* kind = nullptr;
    Json given;  // What the object itself does not say: the cluster.
    Json object;
    Resource resource;
    bool is_gone = false;
  };

  Result<Stated> stated(const ObjectDocument& document, const CheckOptions& options);
  Result<Json> named_object(std::string_view text, const Where& where) const;
  Result<Target> target_of(const ObjectDocument& document, const CheckOptions& options);
  Status apply(Target target);
  void apply(std::span<const ObjectDocument> documents, const CheckOptions& options, CheckReport& report);
  // What follows from the documents beyond what follows from those that are assumed. On a trial.
  void judge(std::span<const ObjectDocument> documents, const CheckOptions& options, CheckReport& report);
  // Those that a maker made give way to one as it would make it now.
  Status remake(const KindSpec& kind, const Resource* before, const Resource* after);
  Result<std::vector<ResourceId>> made_by(const KindSpec& kind, const ResourceId& maker);
  Status make(const KindSpec& kind, const Resource& maker);
  void check_forms(std::span<const ObjectDocument> documents, const CheckOptions& options, CheckReport& report);
  std::vector<Consequence> consequences(const std::vector<catalog::RelationChange>& changes);

  catalog::Picture& picture_;
  detect::PictureRules& rules_;
  ObjectMapping mapping_;
  schema::ObjectSchemas definitions_;  // Of what was assumed.
};

}  // namespace capstan::foresee
