#include "detect/resource_finder.h"

namespace capstan::detect {
namespace {

constexpr std::string_view kById = "SELECT id FROM resource WHERE id = :value";
constexpr std::string_view kHostByName =
    "SELECT id FROM resource WHERE kind = 'host' AND name = :value ORDER BY id LIMIT 1";

std::string host_of(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || address.find(']', colon) != std::string_view::npos)
    return std::string(address);
  return std::string(address.substr(0, colon));
}

}  // namespace

ResourceId ResourceFinder::first_id(std::string_view sql, std::string_view value) {
  const auto key = std::pair(std::string(sql), std::string(value));
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  SqlSource::Options options;
  options.row_limit = 1;
  options.bind = {{"value", key.second}};
  // A catalog that cannot answer now must not hold up an alert: it is told without a resource.
  const Result<Table> table = sql_.query(sql, at_, options);
  ResourceId id;
  if (table && !table->rows.empty() && !table->rows[0].empty()) id = to_text(table->rows[0][0]);
  known_.emplace(key, id);
  return id;
}

ResourceId ResourceFinder::find(const Labels& labels) {
  for (std::string_view name : {"resource", "process"}) {
    if (!labels.has(name)) continue;
    if (ResourceId id = first_id(kById, labels.get(name)); !id.empty()) return id;
  }
  if (labels.has("job") && labels.has("instance")) {
    const std::string target =
        "prometheus_target/" + std::string(labels.get("job")) + "/" + std::string(labels.get("instance"));
    if (ResourceId id = first_id(kById, target); !id.empty()) return id;
  }
  for (std::string_view name : {"instance", "host", "node", "nodename"}) {
    if (!labels.has(name)) continue;
    if (ResourceId id = first_id(kHostByName, host_of(labels.get(name))); !id.empty()) return id;
  }
  return {};
}

}  // namespace capstan::detect
