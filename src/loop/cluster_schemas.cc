#include "loop/cluster_schemas.h"

#include <algorithm>

namespace capstan::loop {
namespace {

constexpr size_t kMostBytesKept = 48 << 20;  // Of text; what is read of it is about as large.
constexpr size_t kMostOthers = 5;            // Versions of a group that are looked at for a type that has moved.

std::string group_of(const std::string& api_version) {
  const size_t slash = api_version.find('/');
  return slash == std::string::npos ? "" : api_version.substr(0, slash);
}

}  // namespace

Result<std::shared_ptr<const schema::ObjectSchemas>> ClusterSchemas::of(const std::vector<std::string>& api_versions) {
  std::lock_guard lock(mutex_);
  const kubernetes::OpenApiIndex index = TRY(documents_.index());
  auto schemas = std::make_shared<schema::ObjectSchemas>();
  std::map<std::string, std::string> needed;
  for (const auto& [version, address] : index) schemas->add_served(version);
  for (const std::string& version : api_versions) {
    if (const auto found = index.find(version); found != index.end()) {
      needed.emplace(*found);
      continue;
    }
    // A server behind the API server may have no schemas.
    if (TRY(documents_.serves(version))) schemas->add_served(version);
    size_t others = 0;
    for (const auto& other : index) {
      if (group_of(other.first) == group_of(version) && others++ < kMostOthers) needed.emplace(other);
    }
  }
  for (const auto& [version, address] : needed) schemas->add(TRY(document_of(version, address)));
  forget_some();
  return schemas;
}

Result<std::shared_ptr<const schema::OpenApi>> ClusterSchemas::document_of(const std::string& version,
                                                                           const std::string& address) {
  Kept& kept = kept_[version];
  kept.last_use = ++uses_;
  if (kept.document && kept.address == address) return kept.document;
  const std::string text = TRY(documents_.document(address));
  kept.document = TRY(schema::OpenApi::parse(text, version));
  kept.address = address;
  kept.bytes = text.size();
  return kept.document;
}

void ClusterSchemas::forget_some() {
  size_t bytes = 0;
  for (const auto& [version, kept] : kept_) bytes += kept.bytes;
  while (bytes > kMostBytesKept) {
    const auto oldest = std::ranges::min_element(kept_, {}, [](const auto& entry) { return entry.second.last_use; });
    bytes -= oldest->second.bytes;
    kept_.erase(oldest);
  }
}

}  // namespace capstan::loop
