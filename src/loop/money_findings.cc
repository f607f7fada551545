// What findings and incidents are about has cost since they began.
#include <algorithm>
#include <set>

#include "loop/money_desk.h"
#include "loop/money_parts.h"

namespace capstan::loop {

Result<std::vector<std::optional<CostSince>>> MoneyDesk::costs_since(const std::vector<Since>& asked, Time now) const {
  std::vector<std::optional<CostSince>> costs(asked.size());
  std::vector<bool> mixed(asked.size());
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  const money::PricedWorld world = TRY(this->world(catalog, now));
  const Accounts accounts(TRY(catalog.last_targets(kBelongsTo)));
  const money::Past past = parts_.book.past();
  Watched watched(past, world, now);
  std::map<ResourceId, std::vector<size_t>> places;
  for (size_t i = 0; i < asked.size(); ++i) {
    for (const ResourceId& id : asked[i].resources) places[id].push_back(i);
  }
  for (const money::PricedResource& resource : world.resources) {
    std::set<size_t> counts;  // Once for each question, however many of its resources it belongs to.
    for (const ResourceId& id : accounts.chain(resource.id)) {
      if (const auto found = places.find(id); found != places.end())
        counts.insert(found->second.begin(), found->second.end());
    }
    for (const size_t i : counts) {
      const Time to = std::min(asked[i].to.value_or(now), now);
      const money::Price* price = price_in(resource, asked[i].from, to + Duration(1));
      if (price == nullptr || asked[i].from >= to) continue;
      if (!costs[i]) costs[i] = CostSince{.currency = price->currency};
      mixed[i] = mixed[i] || costs[i]->currency != price->currency;
      const money::Period period{.bounds = {asked[i].from, to}, .observed = watched.of(resource)};
      money::Usage usage;
      money::meter(resource, period, {&usage, 1});
      costs[i]->so_far += usage.cost().units();
      const money::Stretch& last = resource.stretches.back();
      if (!asked[i].to && last.to >= now && last.price != nullptr) costs[i]->per_hour += money::per_hour(last.cost);
    }
  }
  for (size_t i = 0; i < asked.size(); ++i) {
    if (mixed[i]) costs[i].reset();
  }
  return costs;
}

Json cost_json(const std::optional<CostSince>& cost) {
  if (!cost) return {};
  return Json::object({{"currency", cost->currency}, {"per_hour", cost->per_hour}, {"so_far", cost->so_far}});
}

}  // namespace capstan::loop
