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

}  // namespace capstan::loop
