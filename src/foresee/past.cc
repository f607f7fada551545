#include "foresee/past.h"

#include <algorithm>

#include "catalog/kind_table.h"
#include "catalog/sql_text.h"
#include "model/object_mapping.h"

namespace capstan::foresee {

PastKind::PastKind(KindSpec kind, const PolicyReads& reads) : kind_(std::move(kind)) {
  for (const KindSpec::Column& column : kind_.columns) {
    if (!reads.has(catalog::lower_case(column.name))) continue;
    columns_.push_back(column);
    if (column.is_volatile) volatile_.push_back(column.name);
  }
}

std::optional<size_t> PastKind::place_of(std::string_view column) const {
  const auto found = std::ranges::find(columns_, column, &KindSpec::Column::name);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<size_t>(found - columns_.begin());
}

bool PastKind::has_column(std::string_view column) const {
  return std::ranges::find(kind_.columns, column, &KindSpec::Column::name) != kind_.columns.end();
}

void PastKind::add(const catalog::ResourceVersion& version) {
  PastRow row{.name = version.resource.name, .labels = version.resource.labels, .values = {}};
  for (const KindSpec::Column& column : columns_) {
    row.values.push_back(
        column.is_volatile ? Json() : catalog::normalized(column, column_value(column, version.resource.fields)));
  }
  SharedRow& shared = rows_[Json::array({row.name, to_json(row.labels), row.values}).dump()];
  if (!shared) shared = std::make_shared<const PastRow>(std::move(row));
  resources_[version.resource.id].push_back({version.from, version.to, version.seq, shared});
}

void PastKind::settle() {
  for (auto& [id, versions] : resources_) {
    std::ranges::sort(versions, {}, &PastVersion::seq);
    std::vector<PastVersion> whole;
    for (PastVersion& next : versions) {
      const bool goes_on = !whole.empty() && whole.back().to == next.from && whole.back().row == next.row;
      if (goes_on)
        whole.back().to = next.to;
      else
        whole.push_back(std::move(next));
    }
    versions = std::move(whole);
  }
  values_.assign(columns_.size(), {});
  for (const auto& [id, versions] : resources_) {
    for (const PastVersion& version : versions) {
      for (size_t i = 0; i < columns_.size(); ++i) ++values_[i][version.row->values[i].string_or_empty()];
    }
  }
  rows_.clear();
}

std::string PastKind::usual(std::string_view column, const std::vector<std::string>& values) const {
  const std::optional<size_t> place = place_of(column);
  static const std::map<std::string, size_t> kNone;
  const std::map<std::string, size_t>& count = place ? values_[*place] : kNone;
  std::string best = values.empty() ? "" : values.front();
  size_t most = 0;
  for (const std::string& value : values) {
    const auto found = count.find(value);
    if (found == count.end() || found->second <= most) continue;
    best = value;
    most = found->second;
  }
  return best;
}

}  // namespace capstan::foresee
