#include "catalog/pack_kinds.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/config.h"
#include "base/file.h"
#include "base/suggest.h"
#include "catalog/schema.h"

namespace capstan::catalog {
namespace {

constexpr size_t kLongestName = 60;
constexpr size_t kMostColumns = 200;
constexpr std::array<std::string_view, 2> kEveryKindHas = {"id", "name"};
constexpr std::array<std::string_view, 6> kTypes = {"text", "integer", "real", "boolean", "time", "json"};

Status check_name(std::string_view what, std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  const bool good = !name.empty() && name.size() <= kLongestName && name[0] >= 'a' && name[0] <= 'z' &&
                    std::ranges::all_of(name, fits);
  if (!good) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} '{}' must be lower-case letters, digits and _, begin with a letter and have at most {} "
                            "characters",
                            what, name, kLongestName));
  }
  if (sqlite3_keyword_check(name.data(), static_cast<int>(name.size())) != 0 || name == "now") {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} '{}' is a word of SQL; choose another", what, name));
  }
  return {};
}

// Every kind has these; a pack may name them to describe them.
bool is_given(const KindSpec::Column& column) {
  return std::ranges::find(kEveryKindHas, column.name) != kEveryKindHas.end() && column.type == ColumnType::kText &&
         !column.is_volatile;
}

Result<KindSpec::Column> read_column(const ConfigMember& member) {
  KindSpec::Column column{.name = member.key.scalar, .type = ColumnType::kText, .help = "", .is_volatile = false};
  if (member.value.is_null()) return column;
  if (!member.value.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the column '{}' is {}; expected a map such as {{ type: integer }}", column.name,
                            member.value.describe()),
                member.value.where);
  }
  MapReader reader(member.value, "a column");
  const std::string type = reader.string_or("type", "text");
  if (const auto known = parse_column_type(type)) {
    column.type = *known;
  } else {
    reader.problem(reader.at("type"),
                   fmt::format("unknown type '{}'{}; known: text, integer, real, boolean, time, json", type,
                               did_you_mean(type, kTypes)));
  }
  column.help = reader.string_or("help", "");
  column.is_volatile = reader.bool_or("volatile", false);
  TRY(reader.finish());
  if (Status good = check_name("the column", column.name); !good) {
    return fail(good.error().code, good.error().message, member.key.where);
  }
  if (std::ranges::find(kEveryKindHas, column.name) != kEveryKindHas.end() && !is_given(column)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("every kind has the column '{}', a text that is not volatile", column.name),
                member.key.where);
  }
  return column;
}

Result<KindSpec> read_kind(const ConfigNode& document) {
  if (!document.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}; expected a map that begins with 'kind:'", document.describe()), document.where);
  }
  MapReader reader(document, "a kind");
  KindSpec kind;
  kind.name = reader.required_string("kind");
  kind.title = reader.string_or("title", kind.name);
  kind.help = reader.string_or("help", "");
  if (const ConfigNode* columns = reader.node("columns"); columns != nullptr && !columns->is_null()) {
    if (columns->is_map()) {
      for (const ConfigMember& member : columns->members) {
        Result<KindSpec::Column> column = read_column(member);
        if (reader.absorb(column) && !is_given(*column)) kind.columns.push_back(*std::move(column));
      }
    } else {
      reader.problem(*columns, fmt::format("'columns' is {}; expected a map of names", columns->describe()));
    }
  }
  TRY(reader.finish());
  if (Status good = check_kind(kind); !good) return fail(good.error().code, good.error().message, document.where);
  return kind;
}

}  // namespace

Status check_kind(const KindSpec& kind) {
  TRY(check_name("the kind", kind.name));
  if (is_fixed_table(kind.name) || kind.name.ends_with("_at") || kind.name.starts_with("sqlite_") ||
      kind.name.starts_with("capstan_")) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the kind '{}' would hide a table of the catalog; choose another name", kind.name));
  }
  if (kind.columns.size() > kMostColumns) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the kind '{}' has {} columns, the limit is {}", kind.name,
                                                         kind.columns.size(), kMostColumns));
  }
  std::set<std::string_view> seen(kEveryKindHas.begin(), kEveryKindHas.end());
  for (const KindSpec::Column& column : kind.columns) {
    TRY(check_name("the column", column.name));
    if (!seen.insert(column.name).second) {
      const bool given = std::ranges::find(kEveryKindHas, column.name) != kEveryKindHas.end();
      return fail(ErrorCode::kInvalidArgument,
                  given ? fmt::format("every kind has the column '{}'; it need not be declared", column.name)
                        : fmt::format("the column '{}' is declared twice", column.name));
    }
  }
  return {};
}

LoadedKinds read_kinds(std::string_view text, std::string_view file) {
  LoadedKinds loaded;
  Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
  if (!documents) {
    loaded.problems.push_back(documents.error());
    return loaded;
  }
  std::map<std::string, KindSpec> by_name;
  for (const ConfigNode& document : *documents) {
    if (document.is_null()) continue;
    Result<KindSpec> kind = read_kind(document);
    if (!kind) {
      loaded.problems.push_back(std::move(kind).error());
    } else if (const std::string name = kind->name; !by_name.try_emplace(name, *std::move(kind)).second) {
      loaded.problems.push_back(
          {ErrorCode::kInvalidArgument, fmt::format("the kind '{}' is declared twice", name), document.where});
    }
  }
  for (auto& [name, kind] : by_name) loaded.kinds.push_back(std::move(kind));
  return loaded;
}

LoadedKinds load_kinds(std::span<const std::filesystem::path> pack_directories) {
  LoadedKinds all;
  std::map<std::string, std::pair<KindSpec, std::string>> by_name;  // With the file that declares it.
  for (const std::filesystem::path& directory : pack_directories) {
    std::error_code none;
    if (!std::filesystem::is_directory(directory, none)) continue;
    std::vector<std::filesystem::path> files;
    for (const auto& pack : std::filesystem::directory_iterator(directory, none)) {
      const std::filesystem::path file = pack.path() / "kinds.yaml";
      if (std::filesystem::is_regular_file(file, none)) files.push_back(file);
    }
    std::ranges::sort(files);
    for (const std::filesystem::path& file : files) {
      const Result<std::string> text = read_file(file);
      if (!text) {
        all.problems.push_back(text.error());
        continue;
      }
      LoadedKinds some = read_kinds(*text, file.string());
      all.problems.insert(all.problems.end(), some.problems.begin(), some.problems.end());
      for (KindSpec& kind : some.kinds) {
        const std::string name = kind.name;
        const auto [known, fresh] = by_name.try_emplace(name, std::move(kind), file.string());
        if (fresh) continue;
        all.problems.push_back({ErrorCode::kInvalidArgument,
                                fmt::format("the kind '{}' is declared already in {}", name, known->second.second),
                                {file.string(), 0, 0}});
      }
    }
  }
  for (auto& [name, entry] : by_name) all.kinds.push_back(std::move(entry.first));
  return all;
}

}  // namespace capstan::catalog
