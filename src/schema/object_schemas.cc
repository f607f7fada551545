#include "schema/object_schemas.h"

#include <algorithm>

namespace capstan::schema {

void ObjectSchemas::add(std::shared_ptr<const OpenApi> document) {
  if (document->is_whole()) {
    for (const auto& [name, schema] : document->kinds()) add_served(name.first);
  }
  documents_.push_back(std::move(document));
}

void ObjectSchemas::define(const Json& definition) {
  for (auto& [name, schema] : schemas_of_definition(definition)) defined_.insert_or_assign(name, std::move(schema));
}

void ObjectSchemas::add_served(std::string api_version) { served_.insert(std::move(api_version)); }

const Schema* ObjectSchemas::find(const KindName& name) const {
  if (const auto own = defined_.find(name); own != defined_.end()) return &own->second;
  for (const auto& document : documents_) {
    if (const Schema* schema = document->find(name)) return schema;
  }
  return nullptr;
}

bool ObjectSchemas::may_serve(std::string_view api_version) const {
  if (served_.empty() || served_.contains(api_version)) return true;
  const auto is_of = [&](const auto& entry) { return entry.first.first == api_version; };
  return std::ranges::any_of(defined_, is_of);
}

bool ObjectSchemas::knows_all_of(std::string_view api_version) const {
  return std::ranges::any_of(documents_, [&](const auto& document) {
    return std::ranges::any_of(document->kinds(), [&](const auto& entry) { return entry.first.first == api_version; });
  });
}

std::set<KindName> ObjectSchemas::all() const {
  std::set<KindName> names;
  for (const auto& [name, schema] : defined_) names.insert(name);
  for (const auto& document : documents_) {
    for (const auto& [name, schema] : document->kinds()) names.insert(name);
  }
  return names;
}

std::vector<std::string> ObjectSchemas::versions_of(std::string_view kind) const {
  std::vector<std::string> versions;
  for (const auto& [version, name] : all()) {
    if (name == kind) versions.push_back(version);
  }
  return versions;
}

std::vector<std::string> ObjectSchemas::kinds_of(std::string_view api_version) const {
  std::vector<std::string> kinds;
  for (const auto& [version, name] : all()) {
    if (version == api_version) kinds.push_back(name);
  }
  return kinds;
}

}  // namespace capstan::schema
