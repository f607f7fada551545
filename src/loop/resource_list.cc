#include "loop/resource_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "loop/answers.h"
#include "loop/mute_list.h"
#include "model/label_selector.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostFound = 1'000'000;

std::string in_quotes(std::string_view name) { return fmt::format("\"{}\"", name); }  // Of a kind or column: no quotes.

Json kind_json(const KindSpec& kind, uint64_t count) {
  Json columns = Json::array();
  for (const KindSpec::Column& column : kind.columns) {
    columns.push_back(Json::object({{"name", column.name},
                                    {"type", to_string(column.type)},
                                    {"help", column.help},
                                    {"volatile", column.is_volatile}}));
  }
  return Json::object({{"name", kind.name},
                       {"title", kind.title},
                       {"help", kind.help},
                       {"count", count},
                       {"columns", std::move(columns)}});
}

// What is asked is SQL that gives the ids in their order; where they lie is read from the ids themselves.
class Listing {
 public:
  Listing(const ResourceQuery& query, const KindSpec* kind) : query_(query), kind_(kind) {}

  Result<std::string> sql() {
    std::string order = "r.kind, r.id";
    if (!query_.sort.empty()) order = TRY(sorted_by(query_.sort)) + ", r.id";
    std::string conditions = "1";
    if (kind_ != nullptr) {
      conditions += " AND r.kind = :kind";
      options_.bind.emplace_back(":kind", kind_->name);
    }
    if (!query_.search.empty()) {
      conditions +=
          " AND (instr(lower(r.id), lower(:search)) OR instr(lower(r.name), lower(:search)) OR EXISTS (SELECT 1 FROM "
          "label l WHERE l.resource = r.id AND instr(lower(l.name || '=' || l.value), lower(:search))))";
      options_.bind.emplace_back(":search", query_.search);
    }
    if (!query_.labels.empty()) conditions += " AND " + TRY(LabelSelector::parse(query_.labels)).to_sql("r.id");
    return fmt::format("SELECT r.id FROM resource r {} WHERE {} ORDER BY {}", join_, conditions, order);
  }
  const SqlSource::Options& options() const { return options_; }

 private:
  Result<std::string> sorted_by(std::string_view wanted) {
    const bool falling = wanted.starts_with('-');
    if (falling) wanted.remove_prefix(1);
    const char* way = falling ? "DESC" : "ASC";
    if (wanted == "name" || wanted == "since" || wanted == "kind") return fmt::format("r.{} {}", wanted, way);
    const bool known = kind_ != nullptr && !kind_->is_part() &&
                       std::ranges::find(kind_->columns, wanted, &KindSpec::Column::name) != kind_->columns.end();
    if (!known) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'sort' is '{}': expected name, since, kind or a column of the kind", wanted));
    }
    join_ = fmt::format("JOIN {} t ON t.id = r.id", in_quotes(kind_->name));
    const std::string column = "t." + in_quotes(wanted);
    return fmt::format("{0} IS NULL, {0} {1}", column, way);  // What is missing comes last, whichever way.
  }

  const ResourceQuery& query_;
  const KindSpec* kind_;
  std::string join_;
  SqlSource::Options options_{.row_limit = kMostFound, .bind = {}};
};

bool lies_there(const ResourceQuery& query, const std::vector<KindSpec>& kinds, std::string_view id) {
  if (query.cluster.empty() && query.space.empty()) return true;
  const ObjectPlace place = place_of(kinds, id);
  return (query.cluster.empty() || query.cluster == place.cluster) &&
         (query.space.empty() || query.space == place.space);
}

}  // namespace

Result<Json> resource_list(const catalog::CatalogReader& catalog, const SqlSource& sql, const ResourceQuery& query,
                           Time now) {
  Json kinds = Json::array();
  std::map<std::string, uint64_t> counts = TRY(catalog.counts());
  const KindSpec* kind = nullptr;
  for (const KindSpec& one : catalog.kinds()) {
    kinds.push_back(kind_json(one, counts[one.name]));
    if (one.name == query.kind) kind = &one;
  }
  Json list = Json::array();
  size_t total = 0;
  if (query.kind.empty() || kind != nullptr) {
    Listing listing(query, kind);
    const std::string text = TRY(listing.sql());
    for (const auto& row : TRY(sql.query(text, now, listing.options())).rows) {
      const std::string id = to_text(row[0]);
      if (!lies_there(query, catalog.kinds(), id)) continue;
      if (total >= query.offset && total - query.offset < query.limit) {
        if (const auto known = TRY(catalog.resource(id))) list.push_back(resource_json(*known));
      }
      ++total;
    }
  }
  return Json::object({{"kinds", std::move(kinds)}, {"total", total}, {"resources", std::move(list)}});
}

}  // namespace capstan::loop
