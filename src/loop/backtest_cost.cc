#include "loop/backtest_cost.h"

#include <algorithm>
#include <map>
#include <set>

#include "money/changes.h"

namespace capstan::loop {
std::vector<catalog::ResourceVersion> laid_over(const catalog::ResourceVersion& version, const KindSpec& kind,
                                                const std::vector<const foresee::BacktestDifference*>& differences) {
  const Time end = version.to.value_or(Time::max());
  std::set<Time> edges = {version.from};
  for (const foresee::BacktestDifference* each : differences) {
    for (const Time edge : {each->from, each->to}) {
      if (version.from < edge && edge < end) edges.insert(edge);
    }
  }
  std::vector<catalog::ResourceVersion> parts;
  for (auto edge = edges.begin(); edge != edges.end(); ++edge) {
    const auto next = std::next(edge);
    catalog::ResourceVersion part = version;
    part.from = *edge;
    if (next != edges.end()) part.to = *next;
    bool removed = false;
    for (const foresee::BacktestDifference* each : differences) {
      if (each->from > *edge || each->to <= *edge) continue;
      removed = removed || each->removed;
      if (!each->removed) money::set_column(part.resource.fields, kind, each->column, each->value);
    }
    // Parts of one version are told apart by their order; histories sort by the number.
    if (!removed) parts.push_back(std::move(part));
  }
  return parts;
}

Result<std::vector<ComparedCost>> compare_costs(const foresee::BacktestResult& result, Time from, Time to,
                                                const catalog::Catalog& catalog, const MoneyDesk& money) {
  std::map<std::string, std::set<ResourceId>> by_kind;
  for (const auto& [id, kind] : result.resources) by_kind[kind].insert(id);
  std::map<ResourceId, std::vector<const foresee::BacktestDifference*>> differences;
  for (const foresee::BacktestDifference& each : result.differences) {
    differences[each.resource].push_back(&each);
    by_kind[each.kind].insert(each.resource);
  }
  const std::vector<const foresee::BacktestDifference*> kNone;
  const catalog::CatalogReader reader = TRY(catalog.reader());
  std::vector<ComparedCost> all;
  for (const auto& [name, ids] : by_kind) {
    const auto kind = std::ranges::find(reader.kinds(), name, &KindSpec::name);
    if (kind == reader.kinds().end()) continue;
    std::vector<catalog::ResourceVersion> real, would_be;
    TRY(reader.each_version(name, 0, Time(), [&](catalog::ResourceVersion version) {
      if (!ids.contains(version.resource.id) || (version.to && *version.to <= from) || version.from >= to) return;
      const auto mine = differences.find(version.resource.id);
      std::ranges::move(laid_over(version, *kind, mine == differences.end() ? kNone : mine->second),
                        std::back_inserter(would_be));
      real.push_back(std::move(version));
    }));
    // Parts of a version keep its number: where they are put in the order of time, they stay in it.
    const auto by_time = [](const auto& a, const auto& b) {
      return std::pair(a.seq, a.from) < std::pair(b.seq, b.from);
    };
    std::ranges::sort(would_be, by_time);
    std::ranges::move(TRY(money.compare(*kind, real, would_be, from, to)), std::back_inserter(all));
  }
  return all;
}

}  // namespace capstan::loop
