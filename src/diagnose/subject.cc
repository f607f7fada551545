#include "diagnose/subject.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "diagnose/question.h"

namespace capstan::diagnose {
namespace {

constexpr size_t kMostNamed = 10;
constexpr std::string_view kDefaultSpace = "default";

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

const KindSpec* kind_named(const catalog::Picture& picture, std::string_view kind) {
  const auto found = std::ranges::find(picture.kinds(), kind, &KindSpec::name);
  return found == picture.kinds().end() ? nullptr : &*found;
}

bool has_column(const KindSpec& kind, std::string_view column) {
  return std::ranges::find(kind.columns, column, &KindSpec::Column::name) != kind.columns.end();
}

Status find_in(catalog::Picture& picture, const KindSpec& kind, std::string_view type, const SubjectName& wanted,
               std::string_view name, std::vector<ResourceId>& found) {
  std::string sql = fmt::format("SELECT id FROM {} WHERE name = ?1", kind.name);
  const bool in_space = has_column(kind, "namespace");
  sql += in_space ? " AND (?2 = '' OR namespace = ?2)" : " AND ?2 = ?2";
  sql += has_column(kind, "cluster") ? " AND (?3 = '' OR cluster = ?3)" : " AND ?3 = ?3";
  // Objects of all types that have no kind of their own.
  const bool any_type = kind.objects && kind.objects->type == "*";
  sql += any_type ? " AND lower(object_kind) = ?4" : " AND ?4 = ?4";
  sqlite::Statement rows = TRY(picture.database().prepare(sql + " ORDER BY id"));
  rows.with(name, wanted.space, wanted.cluster, type);
  while (TRY(rows.step())) found.emplace_back(rows.text(0));
  return {};
}

}  // namespace

Result<ResourceId> find_subject(catalog::Picture& picture, const SubjectName& wanted) {
  if (picture.find(wanted.text)) return wanted.text;
  const size_t slash = wanted.text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == wanted.text.size()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' names nothing: expected a kind and a name, such as pod/web-0", wanted.text));
  }
  const std::string whole_type = lower(std::string_view(wanted.text).substr(0, slash));
  const std::string type = whole_type.substr(0, whole_type.find('.'));  // "deployment.apps"
  const std::string name = wanted.text.substr(slash + 1);
  std::vector<ResourceId> found;
  std::vector<std::string> known_names;
  bool known_kind = false;
  for (const KindSpec& kind : picture.kinds()) {
    if (kind.is_part()) continue;
    known_names.push_back(kind.objects ? lower(kind.objects->type) : kind.name);
    const bool any_type = kind.objects && kind.objects->type == "*";
    if (!any_type && !is_called(kind, type)) continue;
    known_kind = known_kind || !any_type;
    TRY(find_in(picture, kind, type, wanted, name, found));
  }
  if (found.size() > 1 && wanted.space.empty()) {
    // As kubectl does where nobody names a namespace.
    std::vector<ResourceId> usual;
    std::ranges::copy_if(found, std::back_inserter(usual), [&](const ResourceId& id) {
      return id.ends_with(fmt::format("/{}/{}", kDefaultSpace, name));
    });
    if (usual.size() == 1) return usual[0];
  }
  if (found.size() == 1) return found[0];
  if (!found.empty()) {
    found.resize(std::min(found.size(), kMostNamed));
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("several things are called {}: {}; name the namespace (-n) or the id", wanted.text,
                            fmt::join(found, ", ")));
  }
  if (!known_kind) {
    std::vector<std::string_view> names(known_names.begin(), known_names.end());
    return fail(ErrorCode::kNotFound,
                fmt::format("nothing of the kind '{}' is known{}", type, did_you_mean(type, names)));
  }
  return fail(ErrorCode::kNotFound, fmt::format("there is no {}{}", wanted.text,
                                                wanted.space.empty() ? "" : " in namespace " + wanted.space));
}

std::string kubectl_name(const catalog::Picture& picture, const ResourceId& id) {
  const KindSpec* kind = kind_named(picture, kind_of(id));
  const std::string name = id.substr(id.rfind('/') + 1);
  if (kind == nullptr || !kind->objects) return id;
  if (kind->objects->type != "*") return lower(kind->objects->type) + "/" + name;
  const std::optional<Resource> resource = picture.find(id);
  return resource ? lower(resource->fields["object_kind"].string_or_empty()) + "/" + name : id;
}

std::string space_of(const catalog::Picture& picture, const ResourceId& id) {
  const KindSpec* kind = kind_named(picture, kind_of(id));
  if (kind == nullptr || !has_column(*kind, "namespace")) return "";
  const size_t end = id.rfind('/');
  const size_t begin = end == std::string::npos || end == 0 ? end : id.rfind('/', end - 1);
  return begin == std::string::npos ? "" : "-n " + id.substr(begin + 1, end - begin - 1);
}

}  // namespace capstan::diagnose
