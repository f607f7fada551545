#include "catalog/references.h"

#include <algorithm>
#include <set>

namespace capstan::catalog {
namespace {

constexpr std::string_view kServiceSuffixes[] = {".svc.cluster.local", ".svc"};

// The service that a DNS name within the cluster means. A name with other dots is of the world outside.
void read_host(std::string host, std::string& name, std::string& space) {
  if (host.ends_with('.')) host.pop_back();
  if (host.find('.') == std::string::npos) {
    name = host;
    return;
  }
  for (std::string_view suffix : kServiceSuffixes) {
    if (!host.ends_with(suffix)) continue;
    host.resize(host.size() - suffix.size());
    const size_t dot = host.rfind('.');
    if (dot == std::string::npos || dot == 0) return;
    space = host.substr(dot + 1);
    name = host.substr(0, dot);
    return;
  }
}

const KindSpec* kind_named(const std::vector<KindSpec>& kinds, std::string_view name) {
  const auto found = std::ranges::find(kinds, name, &KindSpec::name);
  return found == kinds.end() ? nullptr : &*found;
}

std::string text_of(const KindSpec& kind, std::string_view column_name, const Json& fields) {
  const auto column = std::ranges::find(kind.columns, column_name, &KindSpec::Column::name);
  return column == kind.columns.end() ? "" : column_value(*column, fields).string_or_empty();
}

}  // namespace

std::vector<KindPath> kind_paths(const std::vector<KindSpec>& kinds, std::span<const std::string> from) {
  std::vector<KindPath> found;
  for (const KindSpec& kind : kinds) {
    if (from.empty() && kind.objects) found.push_back({&kind, {}});
    for (const std::string& name : from) {
      if (kind.name == name) found.push_back({&kind, {}});
      if (const auto place = kind.places.find(name); place != kind.places.end()) {
        found.push_back({&kind, place->second});
      }
    }
  }
  return found;
}

References::References(std::span<const RelationSpec> specs, const std::vector<KindSpec>& kinds) : kinds_(kinds) {
  for (const RelationSpec& spec : specs) {
    if (spec.refers) specs_.push_back(spec);
  }
  for (const KindSpec& kind : kinds) {
    if (kind.objects) mappings_.try_emplace(kind.objects->system, kinds, kind.objects->system);
  }
  for (const RelationSpec& spec : specs_) {
    for (const KindPath& place : kind_paths(kinds, spec.refers->from)) {
      Reader reader{.spec = &*spec.refers, .kind = spec.kind, .paths = {}};
      for (const JsonPath& path : spec.refers->paths) reader.paths.push_back(place.path.then(path));
      readers_[place.kind->name].push_back(std::move(reader));
    }
  }
}

References::Named References::read(const ReferenceSpec& spec, const Json& value) {
  Named named;
  named.name = spec.name.empty() ? value.string_or_empty() : value[spec.name].string_or_empty();
  if (!spec.type.empty()) named.type = value[spec.type].string_or_empty();
  if (!spec.group.empty()) {
    named.group = value[spec.group].string_or_empty();
    // "apps/v1" names a version, too, and "v1" the core group.
    if (const size_t slash = named.group.find('/'); slash != std::string::npos) {
      named.group.resize(slash);
    } else if (named.group.find('.') == std::string::npos && named.group.starts_with('v')) {
      named.group.clear();
    }
  }
  if (!spec.space.empty()) named.space = value[spec.space].string_or_empty();
  if (spec.is_host) read_host(std::exchange(named.name, ""), named.name, named.space);
  return named;
}

const KindSpec* References::target_kind(const ReferenceSpec& spec, const Named& named) const {
  if (!spec.to.empty()) return kind_named(kinds_, spec.to);
  for (const auto& [system, mapping] : mappings_) {
    if (const KindSpec* kind = mapping.by_type(named.group, named.type)) return kind_named(kinds_, kind->name);
  }
  return nullptr;
}

// As ObjectMapping makes it of the object itself. "" where the reference does not say enough.
ResourceId References::target_id(const KindSpec& target, const KindSpec& source_kind, const Resource& source,
                                 const Named& named) {
  ResourceId id = target.name;
  if (!target.objects || named.name.empty()) return "";
  for (const std::string& part : target.objects->identity) {
    std::string text;
    if (part == "name") {
      text = named.name;
    } else if (part == "namespace") {
      text = named.space.empty() ? text_of(source_kind, part, source.fields) : named.space;
    } else if (part == "api_group") {
      text = named.group;
    } else if (part == "object_kind") {
      text = named.type;
    } else {
      text = text_of(source_kind, part, source.fields);
    }
    if (!text.empty()) id += "/" + text;
  }
  return id;
}

std::vector<Relation> References::of(const Resource& resource) const {
  const auto readers = readers_.find(resource.kind);
  if (readers == readers_.end()) return {};
  const KindSpec* own_kind = kind_named(kinds_, resource.kind);
  std::set<Relation> relations;
  for (const Reader& reader : readers->second) {
    for (const JsonPath& path : reader.paths) {
      for (const Json* value : path.find(resource.fields)) {
        const Named named = read(*reader.spec, *value);
        const KindSpec* target = target_kind(*reader.spec, named);
        ResourceId other = target == nullptr ? "" : target_id(*target, *own_kind, resource, named);
        if (other.empty()) continue;
        Relation relation{
            .source = resource.id, .kind = reader.kind, .target = std::move(other), .origin = Origin::kDerived};
        if (reader.spec->is_reversed) std::swap(relation.source, relation.target);
        relations.insert(std::move(relation));
      }
    }
  }
  return {relations.begin(), relations.end()};
}

}  // namespace capstan::catalog
