#include "loop/resource_finder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/suggest.h"
#include "loop/belongings.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostNamed = 50;         // More of one name are not told apart by what they belong to.
constexpr size_t kMostSuggested = 5'000;  // Names looked at for a slip of the finger.

Result<std::vector<std::string>> first_column(const SqlSource& sql, std::string_view query, std::string_view text,
                                              size_t limit, Time now) {
  SqlSource::Options options;
  options.row_limit = limit;
  options.bind.emplace_back(":text", std::string(text));
  std::vector<std::string> values;
  for (const auto& row : TRY(sql.query(query, now, options)).rows) values.push_back(to_text(row[0]));
  return values;
}

std::unexpected<Error> unknown(std::string_view text, const SqlSource& sql, Time now) {
  const std::string start = std::string(text.substr(0, std::min<size_t>(text.size(), 1)));
  const auto names = first_column(sql,
                                  "SELECT name FROM resource WHERE substr(name, 1, length(:text)) = :text "
                                  "UNION SELECT id FROM resource WHERE substr(id, 1, length(:text)) = :text",
                                  start, kMostSuggested, now);
  std::vector<std::string_view> candidates;
  if (names) candidates.assign(names->begin(), names->end());
  return fail(ErrorCode::kNotFound, fmt::format("there is no resource '{}'{}", text, did_you_mean(text, candidates)));
}

// Whether it belongs to the root, or is only what is written down about it.
Result<bool> is_of(const std::string& id, const std::string& root, const catalog::CatalogReader& catalog) {
  const std::vector<ResourceId> owners = TRY(owners_of(id, catalog));
  if (std::ranges::find(owners, root) != owners.end()) return true;
  return std::ranges::any_of(TRY(catalog.relations_of(id)), [&](const catalog::KnownRelation& one) {
    return one.relation.kind == "describes" && one.relation.source == id && one.relation.target == root;
  });
}

// The one that all others are of, if there is one.
Result<std::string> root_of(const std::vector<std::string>& ids, const catalog::CatalogReader& catalog) {
  for (const std::string& root : ids) {
    bool has_all = true;
    for (const std::string& other : ids) has_all = has_all && (other == root || TRY(is_of(other, root, catalog)));
    if (has_all) return root;
  }
  return std::string();
}

}  // namespace

Result<Resource> find_resource(std::string_view text, const catalog::CatalogReader& catalog, const SqlSource& sql,
                               Time now) {
  if (const auto known = TRY(catalog.resource(text))) return known->resource;
  const auto ids =
      TRY(first_column(sql, "SELECT id FROM resource WHERE name = :text ORDER BY id", text, kMostNamed, now));
  if (ids.empty()) return unknown(text, sql, now);
  const std::string id = ids.size() == 1 ? ids.front() : TRY(root_of(ids, catalog));
  if (id.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("several resources are named '{}'; say which: {}", text, fmt::join(ids, ", ")));
  }
  if (const auto known = TRY(catalog.resource(id))) return known->resource;
  return unknown(text, sql, now);  // Gone since the question.
}

}  // namespace capstan::loop
