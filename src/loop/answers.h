// The JSON shapes of the API, made from what the catalog and the ledger say: docs/reference/api.md.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "catalog/catalog_reader.h"
#include "ledger/ledger.h"
#include "model/fact.h"
#include "model/verb.h"

namespace capstan::loop {

Json fact_json(const Fact& fact);
Json labels_json(const Labels& labels);
Json resource_json(const catalog::KnownResource& known);
Json verb_json(const VerbSpec& spec);

Json verification_json(const ledger::Verification& found);

// One resource with relations, history and findings. kNotFound for an id never seen.
Result<Json> resource_answer(const catalog::CatalogReader& catalog, std::string_view id, std::optional<Time> at);
// What is within `depth` steps of a resource; everything for "".
Result<Json> graph_answer(const catalog::CatalogReader& catalog, const std::vector<KindSpec>& kinds,
                          std::string_view id, int depth);

// A fact as a sentence with its time: "18:00:04 action … succeeded: …".
std::string say_fact(const Fact& fact);

// Where a chain begins: the first samples and lines that a finding's evidence holds.
std::vector<std::string> say_first_samples(const Finding& finding);

}  // namespace capstan::loop
