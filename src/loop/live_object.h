// An object as a manifest would have it and as it is, from the best source that can be asked.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "catalog/catalog_reader.h"
#include "connect/kubernetes/cluster_contact.h"
#include "drift/drift_report.h"
#include "model/object_mapping.h"

namespace capstan::loop {

struct LiveObject {
  drift::Source source = drift::Source::kCatalog;
  Json object;  // Null: there is none. With metadata.managedFields where the API server gave it.
  Json wanted;  // What the API server would make of the manifest; null where it was not asked.
  std::string refusal;
};

// Looks at the objects of one cluster, one after the other; an API server that does not answer is not asked again.
class LiveObjects {
 public:
  // `contact` may be nullptr; both outlive this.
  LiveObjects(const kubernetes::ClusterContact* contact, const catalog::CatalogReader& catalog, std::stop_token stop)
      : contact_(contact), catalog_(catalog), stop_(std::move(stop)) {}

  // The type as the server has it, at the manifest's version; nothing where it cannot be told.
  std::optional<kubernetes::ResourceType> type_of(const Json& manifest) const;
  Result<LiveObject> look(const Json& manifest, const std::string& name_space, const ResourceId& id);

 private:
  // Nothing where the server cannot be asked, for the reason in `silence_`.
  std::optional<LiveObject> ask(const Json& manifest, const kubernetes::ResourceType& type,
                                const kubernetes::ObjectName& name);
  Result<LiveObject> remember(const Json& manifest, const ResourceId& id) const;

  const kubernetes::ClusterContact* contact_;
  const catalog::CatalogReader& catalog_;
  const std::stop_token stop_;
  bool answers_ = true;
  std::optional<Error> silence_;
};

// Whether the catalog cannot tell a value: it keeps no secrets, and cuts what is large.
bool is_not_kept(const Json& value);

}  // namespace capstan::loop
