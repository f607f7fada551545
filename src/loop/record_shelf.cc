#include "loop/record_shelf.h"

#include <algorithm>

namespace capstan::loop {

std::vector<Error> RecordShelf::load(const ConfigTree& config, const std::vector<KindSpec>& kinds) {
  std::vector<ConfigNode> documents;
  for (const auto& [path, file] : config.files())
    std::ranges::move(file.of(DocumentKind::kRecordForm), std::back_inserter(documents));
  const RecordForms forms = read_record_forms(documents, kinds);
  std::vector<Error> problems = forms.problems;
  kinds_.clear();
  for (const auto& [kind, form] : forms.forms) kinds_.push_back(kind);
  removed_.set_forms(forms);
  whole_ = problems.empty();
  std::map<std::filesystem::path, std::vector<Resource>> good;
  TakenValues taken;
  const auto keep = [&](const std::filesystem::path& path) {
    if (const auto old = good_.find(path); old != good_.end())
      good[path] = old->second;
    else
      whole_ = false;
  };
  for (const auto& [path, file] : config.files()) {
    if (!file.has(DocumentKind::kRecords)) continue;
    Records read = read_records(file.of(DocumentKind::kRecords), forms, kinds);
    std::ranges::move(merge_taken(taken, read.taken), std::back_inserter(read.problems));
    if (read.problems.empty())
      good[path] = std::move(read.resources);
    else
      keep(path);
    std::ranges::move(read.problems, std::back_inserter(problems));
  }
  // A file that is no YAML at all any more is known only by its problem.
  for (const auto& [path, problem] : config.problems()) {
    if (!config.files().contains(path)) keep(path);
  }
  good_ = std::move(good);
  fresh_ = true;
  return problems;
}

Result<std::optional<Observation>> RecordShelf::look(const catalog::CatalogReader& catalog, Time now) {
  if (!fresh_ && !removed_.is_due(now)) return std::nullopt;
  Observation seen{
      .scope = std::string(kRecordScope), .at = now, .resources = {}, .relations = {}, .complete_kinds = {}};
  for (const auto& [path, records] : good_) seen.resources.insert(seen.resources.end(), records.begin(), records.end());
  if (whole_) {
    TRY(removed_.add_to(seen, catalog));
    seen.complete_kinds = kinds_;
  }
  fresh_ = false;
  return seen;
}

}  // namespace capstan::loop
