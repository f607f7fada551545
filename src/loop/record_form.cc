#include "loop/record_form.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "loop/record_checker.h"
#include "loop/record_format.h"

namespace capstan::loop {
namespace {

std::string unknown_kind(std::span<const KindSpec> kinds, std::string_view name) {
  std::vector<std::string_view> names;
  for (const KindSpec& kind : kinds) names.push_back(kind.name);
  return fmt::format("no pack declares the kind '{}'{}", name, did_you_mean(name, names));
}

RecordForm read_form(const ConfigNode& document, std::span<const KindSpec> kinds, std::vector<Error>& problems) {
  RecordForm form;
  MapReader map(document, "a record form");
  form.at = document.where;
  form.kind = map.required_string("record_form");
  const KindSpec* kind = kind_of_records(kinds, form.kind);
  if (!kind) map.problem(map.at("record_form"), unknown_kind(kinds, form.kind));
  const auto check_column = [&](std::string_view column, const ConfigNode& at) {
    if (kind && !has_column(*kind, column))
      map.problem(at, fmt::format("the kind '{}' has no column '{}'", form.kind, column));
  };
  form.required = map.strings("required");
  form.unique = map.strings("unique");
  for (const std::string& column : form.required) check_column(column, map.at("required"));
  for (const std::string& column : form.unique) check_column(column, map.at("unique"));
  if (const ConfigNode* defaults = map.node("defaults")) form.defaults = defaults->to_json();
  for (const auto& [column, format] : map.string_map("formats")) {
    check_column(column, map.at("formats"));
    if (std::ranges::find(kRecordFormats, format) == kRecordFormats.end())
      map.problem(map.at("formats"), fmt::format("'{}' is no format: {}", format, fmt::join(kRecordFormats, ", ")));
    form.formats[column] = format;
  }
  const auto edges = [&](std::string_view key, std::string_view what) {
    std::vector<RecordForm::Edge> all;
    const ConfigNode* node = map.node(key);
    if (!node) return all;
    for (const ConfigMember& member : node->members) {
      check_column(member.key.scalar, member.key);
      MapReader reader(member.value, what);
      const bool end = reader.has("end_of");
      all.push_back({member.key.scalar, reader.required_string(end ? "end_of" : "start_of"), end});
      for (Error& error : reader.problems()) problems.push_back(std::move(error));
      if (!all.back().of.empty()) check_column(all.back().of, member.value);
    }
    return all;
  };
  form.instants = edges("instants", "an instant");
  form.clocks = edges("clocks", "a clock");
  if (const ConfigNode* removal = map.node("removal")) {
    MapReader reader(*removal, "a removal");
    form.removal = RecordForm::Removal{reader.required_string("at"), reader.required_string("while")};
    check_column(form.removal->column, *removal);
    for (Error& error : reader.problems()) problems.push_back(std::move(error));
  }
  if (const ConfigNode* checks = map.node("check")) {
    for (const ConfigNode& item : checks->items) {
      MapReader reader(item, "a check");
      form.checks.push_back({reader.required_string("that"), reader.required_string("says")});
      for (Error& error : reader.problems()) problems.push_back(std::move(error));
    }
  }
  for (Error& error : map.problems()) problems.push_back(std::move(error));
  if (kind && problems.empty()) {
    if (const auto checker = RecordChecker::open(form, *kind); !checker) problems.push_back(checker.error());
  }
  return form;
}

}  // namespace

const KindSpec* kind_of_records(std::span<const KindSpec> kinds, std::string_view name) {
  const auto found = std::ranges::find(kinds, name, &KindSpec::name);
  return found == kinds.end() ? nullptr : &*found;
}

bool has_column(const KindSpec& kind, std::string_view name) {
  return name == "name" || std::ranges::find(kind.columns, name, &KindSpec::Column::name) != kind.columns.end();
}

RecordForms read_record_forms(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds) {
  RecordForms all;
  for (const ConfigNode& document : documents) {
    std::vector<Error> problems;
    RecordForm form = read_form(document, kinds, problems);
    if (problems.empty()) all.forms.emplace(form.kind, std::move(form));
    std::ranges::move(problems, std::back_inserter(all.problems));
  }
  return all;
}

}  // namespace capstan::loop
