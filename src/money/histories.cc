#include "money/histories.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "catalog/kind_table.h"
#include "model/object_mapping.h"

namespace capstan::money {
namespace {

constexpr size_t kMostVersions = 5'000'000;
constexpr size_t kMostRows = 100'000;
constexpr size_t kMostProblems = 20;
// Facts are written a moment after what they tell; one that is late by more than this is found at the next start.
constexpr Duration kLatest{3'600'000};

bool is_true(const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer != 0;
  const auto* real = std::get_if<double>(&value);
  return real != nullptr && *real != 0;
}

std::optional<Rate> rate_in(const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return rate_of(static_cast<double>(*integer));
  if (const auto* real = std::get_if<double>(&value)) return rate_of(*real);
  return std::nullopt;
}

// What a price says of a row of a kind's table.
struct Verdict {
  const Price* price = nullptr;
  bool running = false;
  Rate run = 0;
  Rate stop = 0;
};

std::string sql_or(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

}  // namespace

// The histories of one kind. Versions with the same values in the columns that prices look at share a row.
class Histories::OfKind {
 public:
  OfKind(const KindSpec& kind, std::vector<const Price*> prices) : kind_(kind), prices_(std::move(prices)) {
    for (const Price* price : prices_) has_labels_ |= !price->labels.empty();
    const auto add = [&](const KindSpec::Column& column) {
      const bool used = std::ranges::any_of(prices_, [&](const Price* price) {
        return names_word(price->where, column.name) || names_word(price->running, column.name) ||
               names_word(price->per_hour, column.name) || names_word(price->stopped, column.name);
      });
      if (used) columns_.push_back(column);
    };
    // A volatile column has no history.
    for (const KindSpec::Column& column : kind_.columns) {
      if (!column.is_volatile) add(column);
    }
  }

  bool is_of(const KindSpec& kind, Seq catalog_seq) const {
    return seq_ <= catalog_seq && std::ranges::equal(kind.columns, kind_.columns, [](const auto& a, const auto& b) {
             return a.name == b.name && a.type == b.type && a.from.text() == b.from.text();
           });
  }

  Status refresh(const catalog::CatalogReader& catalog) {
    const Time from = newest_ > Time() + kLatest ? newest_ - kLatest : Time();
    Status status;
    if (seq_ != 0) TRY(take_ends(catalog, from));
    TRY(catalog.each_version(kind_.name, seq_, from, [&](ResourceVersion version) {
      if (versions_ < kMostVersions)
        take(std::move(version));
      else
        status = fail(ErrorCode::kResourceExhausted,
                      fmt::format("more than {} versions of {} are known", kMostVersions, kind_.name));
    }));
    seq_ = catalog.seq();
    return status;
  }

  // Asks the prices about the rows that are new.
  Status price(const SqlSource& sql, Time now) {
    if (priced_ == rows_.size()) return {};
    verdicts_.resize(rows_.size());
    Json fresh = Json::array();
    for (size_t i = priced_; i < rows_.size(); ++i) fresh.push_back(rows_[i]);
    const std::string text = fresh.dump();
    for (const Price* price : prices_) TRY(ask(*price, text, sql, now));
    priced_ = rows_.size();
    return {};
  }

  void add_to(PricedWorld& world, Time now) const {
    for (const auto& [id, known] : resources_) {
      PricedResource resource{.id = id, .kind = kind_.name, .name = known.name, .stretches = {}};
      add_stretches(known, resource, now, world);
      if (!resource.stretches.empty()) world.resources.push_back(std::move(resource));
    }
    for (const std::string& problem : problems_) add_problem(world, problem);
  }

  using ResourceVersion = catalog::ResourceVersion;
  void take(ResourceVersion version) {
    Known& known = resources_[version.resource.id];
    known.name = version.resource.name;
    const Version added{version.from, version.to, version.seq, row_of(version.resource)};
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

  size_t row_of(const Resource& resource) {
    Json row = Json::array();
    for (const KindSpec::Column& column : columns_)
      row.push_back(catalog::normalized(column, column_value(column, resource.fields)));
    if (has_labels_) row.push_back(to_json(resource.labels));
    const auto [found, is_new] = numbers_.emplace(row.dump(), rows_.size());
    if (is_new) rows_.push_back(std::move(row));
    return found->second;
  }

  // The rows stand for the kind's table, under its name.
  Status ask(const Price& price, const std::string& rows, const SqlSource& sql, Time now) {
    std::string columns;
    for (size_t i = 0; i < columns_.size(); ++i)
      columns += fmt::format(", json_extract(r.value, '$[{}]') AS {}", i, catalog::sql_name(columns_[i].name));
    const std::string text = fmt::format(
        "SELECT row_number_, (\n{}\n), (\n{}\n), (\n{}\n), (\n{}\n) FROM (SELECT r.key AS row_number_{} FROM "
        "json_each(:rows) r) AS {}",
        sql_or(price.where, "1"), sql_or(price.running, "1"), price.per_hour, price.stopped, columns,
        catalog::sql_name(kind_.name));
    const Table table = TRY(during(fmt::format("the price '{}'", price.name),
                                   sql.query(text, now, {.row_limit = kMostRows, .bind = {{":rows", rows}}})));
    if (table.truncated)
      return fail(ErrorCode::kResourceExhausted, fmt::format("{} has more than {} forms", kind_.name, kMostRows));
    for (const auto& row : table.rows) {
      const size_t number = priced_ + static_cast<size_t>(std::get<int64_t>(row[0]));
      if (!is_true(row[1]) || (has_labels_ && !price.labels.matches(resource_labels(rows_[number].items().back()))))
        continue;
      const std::optional<Rate> run = rate_in(row[3]), stop = rate_in(row[4]);
      if (!run || !stop) {
        problems_.insert(fmt::format("{}:{}: the price '{}' gives no amount for {} with {}", price.at.file,
                                     price.at.line, price.name, kind_.name, describe(number)));
        continue;
      }
      verdicts_[number].push_back({&price, is_true(row[2]), *run, *stop});
    }
    return {};
  }

  std::string describe(size_t number) const {
    std::string text;
    for (size_t i = 0; i < columns_.size(); ++i)
      text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", columns_[i].name, rows_[number].items()[i].dump());
    return text;
  }

  const Verdict* verdict_at(const Known& known, size_t row, Time time, PricedWorld& world) const {
    const Verdict* found = nullptr;
    for (const Verdict& each : verdicts_[row]) {
      if (!each.price->holds(time)) continue;
      if (found == nullptr) {
        found = &each;
        continue;
      }
      add_problem(world, fmt::format("{}:{}: '{}' and '{}' ({}:{}) both price {}; the first counts",
                                     each.price->at.file, each.price->at.line, found->price->name, each.price->name,
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
      for (const Price* price : prices_) {
        if (price->from && version.from < *price->from && *price->from < end) edges.push_back(*price->from);
      }
      std::ranges::sort(edges);
      edges.push_back(end);
      Time begin = version.from;
      for (const Time edge : edges) {
        if (edge <= begin) continue;
        Stretch stretch{.from = begin, .to = edge};
        if (const Verdict* verdict = verdict_at(known, version.row, begin, world)) {
          stretch.price = verdict->price;
          stretch.running = verdict->running;
          stretch.cost = verdict->running ? verdict->run : verdict->stop;
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

  const KindSpec kind_;
  const std::vector<const Price*> prices_;
  std::vector<KindSpec::Column> columns_;
  bool has_labels_ = false;
  std::map<ResourceId, Known, std::less<>> resources_;
  size_t versions_ = 0;
  std::vector<Json> rows_;
  std::map<std::string, size_t> numbers_;       // Of rows, by their text.
  std::vector<std::vector<Verdict>> verdicts_;  // Of each row.
  size_t priced_ = 0;                           // Rows that have been asked about.
  std::set<std::string> problems_;
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
