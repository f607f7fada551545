// Reads what verbs say that they leave behind: in the documents that describe them, and in documents of their own for
// verbs that are built in.
//
//   verb: modeler.stop
//   on: modeler_item
//   leaves: { status: STOPPED }                # columns of its target; `nothing`: it is no more; `same`: no column
//   changes
//   ---
//   effect: kubernetes.scale
//   leaves: { replicas: "{{replicas}}" }       # the value of a parameter
//   scales: replicas                           # what belongs to the target grows with this column
//   with_it: { vm: { state: stopped } }        # what belongs to the target, by kind
//   makes: { mcm_cluster: { status: RUNNING } }  # one more of a kind, with these columns
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "model/resource.h"
#include "model/verb_effect.h"

namespace capstan::decide {

// By the verb's full name.
using VerbEffects = std::map<std::string, VerbEffect, std::less<>>;

struct ReadEffects {
  VerbEffects effects;
  std::vector<Error> problems;  // A document with one is left out.
};

// Of documents with the key `verb` or `effect`; the first of a name counts. Columns are checked against `kinds`.
ReadEffects read_effects(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds);

// nullptr for a verb that says nothing.
const VerbEffect* find_effect(const VerbEffects& effects, std::string_view verb);

}  // namespace capstan::decide
