#include "loop/removed_records.h"

#include <algorithm>
#include <unordered_set>

namespace capstan::loop {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(10);
// What was being made for a record when it was taken out is seen by then.
constexpr Duration kAtLeast = std::chrono::minutes(3);

Result<bool> is_held(const ResourceId& id, std::string_view relation, const catalog::CatalogReader& catalog) {
  return std::ranges::any_of(TRY(catalog.relations_of(id)), [&](const catalog::KnownRelation& each) {
    return each.relation.target == id && each.relation.kind == relation;
  });
}

}  // namespace

void RemovedRecords::set_forms(const RecordForms& forms) {
  removals_.clear();
  for (const auto& [kind, form] : forms.forms) {
    if (form.removal) removals_.emplace(kind, *form.removal);
  }
}

bool RemovedRecords::is_due(Time now) const { return any_ && (now < looked_ || now - looked_ >= kLookEvery); }

Status RemovedRecords::add_to(Observation& seen, const catalog::CatalogReader& catalog) {
  std::unordered_set<std::string_view> written;
  for (const Resource& record : seen.resources) written.insert(record.id);
  std::vector<Resource> kept;
  for (const auto& [kind, removal] : removals_) {
    for (catalog::KnownResource& known : TRY(catalog.resources(kind))) {
      Resource& record = known.resource;
      if (known.scope != kRecordScope || written.contains(record.id)) continue;
      const auto since = parse_time(record.fields[removal.column].string_or_empty());
      if (!since) record.fields.set(removal.column, format_time(seen.at));
      const bool stays = !since || seen.at - *since < kAtLeast || TRY(is_held(record.id, removal.relation, catalog));
      if (stays) kept.push_back(std::move(record));
    }
  }
  any_ = !kept.empty();
  looked_ = seen.at;
  std::ranges::move(kept, std::back_inserter(seen.resources));
  return {};
}

}  // namespace capstan::loop
