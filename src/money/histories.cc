#include "money/histories.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "money/row_prices.h"

namespace capstan::money {
namespace {

constexpr size_t kMostVersions = 5'000'000;
constexpr size_t kMostProblems = 20;
// Facts are written a moment after what they tell; one that is late by more than this is found at the next start.
constexpr Duration kLatest{3'600'000};

}  // namespace

// The histories of one kind. Versions with the same values in the columns that prices look at share a row.
class Histories::OfKind {
 public:
  OfKind(const KindSpec& kind, std::vector<const Price*> prices) : rows_(kind, std::move(prices)) {}

  bool is_of(const KindSpec& kind, Seq catalog_seq) const {
    return seq_ <= catalog_seq &&
           std::ranges::equal(kind.columns, rows_.kind().columns, [](const auto& a, const auto& b) {
             return a.name == b.name && a.type == b.type && a.from.text() == b.from.text();
           });
  }

  Status refresh(const catalog::CatalogReader& catalog) {
    const Time from = newest_ > Time() + kLatest ? newest_ - kLatest : Time();
    Status status;
    if (seq_ != 0) TRY(take_ends(catalog, from));
    TRY(catalog.each_version(rows_.kind().name, seq_, from, [&](ResourceVersion version) {
      if (versions_ < kMostVersions)
        take(std::move(version));
      else
        status = fail(ErrorCode::kResourceExhausted,
                      fmt::format("more than {} versions of {} are known", kMostVersions, rows_.kind().name));
    }));
    seq_ = catalog.seq();
    return status;
  }

  Status price(const SqlSource& sql, Time now) { return rows_.ask(sql, now); }

  void add_to(PricedWorld& world, Time now) const {
    for (const auto& [id, known] : resources_) {
      PricedResource resource{.id = id, .kind = rows_.kind().name, .name = known.name, .stretches = {}};
      add_stretches(known, resource, now, world);
      if (!resource.stretches.empty()) world.resources.push_back(std::move(resource));
    }
    for (const std::string& problem : rows_.problems()) add_problem(world, problem);
  }

  using ResourceVersion = catalog::ResourceVersion;
  void take(ResourceVersion version) {
    Known& known = resources_[version.resource.id];
    known.name = version.resource.name;
    const Version added{version.from, version.to, version.seq, rows_.row_of(version.resource)};
    const auto at = std::ranges::upper_bound(known.versions, added.seq, {}, &Version::seq);
    known.versions.insert(at, added);
    ++versions_;
    newest_ = std::max(newest_, version.from);
  }

 private:
  struct Version {
    Time from;
    std::optional<Time> to;
    Seq seq = 0;
    size_t row = 0;
  };
  struct Known {
    std::string name;
    std::vector<Version> versions;  // Rising.
  };

  static void add_problem(PricedWorld& world, const std::string& problem) {
    if (world.problems.size() < kMostProblems && std::ranges::find(world.problems, problem) == world.problems.end())
      world.problems.push_back(problem);
  }

  Status take_ends(const catalog::CatalogReader& catalog, Time from) {
    return catalog.each_end(from, [&](std::string_view id, Seq seq, Time end) {
      const auto known = resources_.find(id);
      if (known == resources_.end()) return;
      const auto version = std::ranges::find(known->second.versions, seq, &Version::seq);
      if (version != known->second.versions.end()) version->to = end;
    });
  }

  const RowPrices::Verdict* verdict_at(const Known& known, size_t row, Time time, PricedWorld& world) const {
    std::vector<const RowPrices::Verdict*> others;
    const RowPrices::Verdict* found = rows_.at(row, time, &others);
    for (const RowPrices::Verdict* each : others) {
      add_problem(world, fmt::format("{}:{}: '{}' and '{}' ({}:{}) both price {}; the first counts",
                                     each->price->at.file, each->price->at.line, found->price->name, each->price->name,
                                     found->price->at.file, found->price->at.line, known.name));
    }
    return found;
  }

  void add_stretches(const Known& known, PricedResource& resource, Time now, PricedWorld& world) const {
    std::optional<Rate> last_ran_at;
    std::vector<Time> edges;
    for (const Version& version : known.versions) {
      const Time end = std::min(version.to.value_or(now), now);
      edges.clear();
      for (const Price* price : rows_.prices()) {
        if (price->from && version.from < *price->from && *price->from < end) edges.push_back(*price->from);
      }
      std::ranges::sort(edges);
      edges.push_back(end);
      Time begin = version.from;
      for (const Time edge : edges) {
        if (edge <= begin) continue;
        Stretch stretch{.from = begin, .to = edge};
        if (const RowPrices::Verdict* verdict = verdict_at(known, version.row, begin, world)) {
          stretch.price = verdict->price;
          stretch.running = verdict->running;
          stretch.cost = verdict->cost();
          stretch.base = verdict->running ? verdict->run : last_ran_at.value_or(verdict->run);
          stretch.stopped = verdict->stop;
          if (verdict->running) last_ran_at = verdict->run;
        }
        begin = edge;
        push(resource.stretches, stretch);
      }
    }
  }

  // A change of something that no price looks at makes no new stretch.
  static void push(std::vector<Stretch>& stretches, const Stretch& next) {
    if (!stretches.empty()) {
      Stretch& last = stretches.back();
      if (last.to == next.from && last.price == next.price && last.running == next.running && last.cost == next.cost &&
          last.base == next.base && last.stopped == next.stopped) {
        last.to = next.to;
        return;
      }
    }
    stretches.push_back(next);
  }

  RowPrices rows_;
  std::map<ResourceId, Known, std::less<>> resources_;
  size_t versions_ = 0;
  Seq seq_ = 0;
  Time newest_;
};

Histories::Histories() = default;
Histories::~Histories() = default;

Result<PricedWorld> Histories::read(const catalog::CatalogReader& catalog, const SqlSource& sql,
                                    std::shared_ptr<const std::vector<Price>> prices, Time now) {
  if (prices != prices_) kinds_.clear();
  prices_ = std::move(prices);
  std::map<std::string, std::vector<const Price*>> by_kind;
  for (const Price& price : *prices_) by_kind[price.kind].push_back(&price);
  PricedWorld world{.prices = prices_, .resources = {}, .scopes = {}, .problems = {}};
  for (auto& [name, of_kind] : by_kind) {
    const auto spec = std::ranges::find(catalog.kinds(), name, &KindSpec::name);
    if (spec == catalog.kinds().end()) continue;
    std::unique_ptr<OfKind>& known = kinds_[name];
    if (!known || !known->is_of(*spec, catalog.seq())) known = std::make_unique<OfKind>(*spec, of_kind);
    TRY(known->refresh(catalog));
    TRY(known->price(sql, now));
    known->add_to(world, now);
    world.scopes.merge(TRY(catalog.scopes(name)));
  }
  return world;
}

Result<PricedWorld> price_versions(const KindSpec& kind, const std::vector<catalog::ResourceVersion>& versions,
                                   const SqlSource& sql, std::shared_ptr<const std::vector<Price>> prices, Time now) {
  std::vector<const Price*> of_kind;
  for (const Price& price : *prices) {
    if (price.kind == kind.name) of_kind.push_back(&price);
  }
  PricedWorld world{.prices = prices, .resources = {}, .scopes = {}, .problems = {}};
  if (of_kind.empty()) return world;
  Histories::OfKind history(kind, std::move(of_kind));
  for (const catalog::ResourceVersion& version : versions) history.take(version);
  TRY(history.price(sql, now));
  history.add_to(world, now);
  return world;
}

}  // namespace capstan::money
