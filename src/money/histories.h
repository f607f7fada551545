// The histories of resources that have a price, from the catalog: what each cost from when to when. What has ended
// never changes, so it is read and priced once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog_reader.h"
#include "model/table.h"
#include "money/price.h"
#include "money/stretch.h"

namespace capstan::money {

// What was found of resources at one moment. The prices that stretches point to live as long as `prices`.
struct PricedWorld {
  std::shared_ptr<const std::vector<Price>> prices;
  std::vector<PricedResource> resources;                   // By kind, then id.
  std::map<std::string, std::string, std::less<>> scopes;  // Who sees each that is there now.
  std::vector<std::string> problems;  // Two prices for one thing, a price that gives no number: as sentences.
};

// Not thread-safe.
class Histories {
 public:
  Histories();
  ~Histories();

  // All that was ever known of the kinds that `prices` name; stretches end at `now`.
  Result<PricedWorld> read(const catalog::CatalogReader& catalog, const SqlSource& sql,
                           std::shared_ptr<const std::vector<Price>> prices, Time now);

  class OfKind;

 private:
  std::shared_ptr<const std::vector<Price>> prices_;
  std::map<std::string, std::unique_ptr<OfKind>> kinds_;
};

// The same of versions that are given, in any order: of a past that was not.
Result<PricedWorld> price_versions(const KindSpec& kind, const std::vector<catalog::ResourceVersion>& versions,
                                   const SqlSource& sql, std::shared_ptr<const std::vector<Price>> prices, Time now);

}  // namespace capstan::money
