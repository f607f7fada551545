// The recorded past, as far as a policy asks for it: which resource was what from when to when, what was found, what
// people decided, and what was done.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog_reader.h"
#include "decide/freeze.h"
#include "decide/override.h"
#include "foresee/policy_reads.h"
#include "model/resource.h"
#include "model/table.h"
#include "model/verb.h"

namespace capstan::foresee {

// A resource as it was, in the columns that are asked for.
struct PastRow {
  std::string name;
  ResourceLabels labels;
  Json::Array values;  // Of the kind's columns, in their order.
};
using SharedRow = std::shared_ptr<const PastRow>;

struct PastVersion {
  Time from;
  std::optional<Time> to;  // Nothing: still so.
  Seq seq = 0;
  SharedRow row;
};

// The histories of a kind. Versions that are the same in what is asked for are one.
class PastKind {
 public:
  // Takes the columns that `reads` names; those without a history are empty.
  PastKind(KindSpec kind, const PolicyReads& reads);

  // In any order; then `settle` once.
  void add(const catalog::ResourceVersion& version);
  void settle();

  const std::string& name() const { return kind_.name; }
  const std::vector<KindSpec::Column>& columns() const { return columns_; }
  // The place of a column among `columns`; nothing where nobody asks for it.
  std::optional<size_t> place_of(std::string_view column) const;
  bool has_column(std::string_view column) const;
  const std::map<ResourceId, std::vector<PastVersion>>& resources() const { return resources_; }
  // Of several values that a column may have, the one that it had most often; the first where it had none of them.
  std::string usual(std::string_view column, const std::vector<std::string>& values) const;
  // Columns that are asked for and have no history.
  const std::vector<std::string>& volatile_columns() const { return volatile_; }

 private:
  KindSpec kind_;
  std::vector<KindSpec::Column> columns_;
  std::vector<std::string> volatile_;
  std::unordered_map<std::string, SharedRow> rows_;  // By their text: few differ.
  std::map<ResourceId, std::vector<PastVersion>> resources_;
  std::vector<std::map<std::string, size_t>> values_;  // Of each column, with how often it had them.
};

// How a finding or an incident stood from a moment on.
struct PastFinding {
  Time at;
  catalog::KnownFinding known;
};
struct PastIncident {
  Time at;
  catalog::KnownIncident known;
};

// A person let a plan through a freeze.
struct PastLift {
  std::string plan;
  std::string freeze;
  Time at;
};

// An action that was performed.
struct PastDeed {
  std::string origin;  // "policy:core-time"
  ResourceId target;
  Time from;
  Time to;  // Time::max() while it goes on.
};

struct Past {
  std::vector<PastKind> kinds;
  std::vector<catalog::RelationVersion> relations;
  std::vector<PastFinding> findings;    // Rising.
  std::vector<PastIncident> incidents;  // Rising.
  std::vector<decide::Override> overrides;
  std::vector<PastDeed> deeds;
  std::vector<const TableFunction*> functions;  // Asked as of then.
  std::vector<decide::Freeze> freezes;          // Those of now; what was declared then is not recorded.
  std::vector<PastLift> lifts;
  std::map<std::string, VerbSpec, std::less<>> verbs;  // As they are now,
  decide::VerbEffects effects;                         // and what they leave behind.
  std::set<std::string> also_reads;                    // What prices look at: kinds and columns, in lower case.
};

}  // namespace capstan::foresee
