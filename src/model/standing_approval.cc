#include "model/standing_approval.h"

namespace capstan {

Json Grant::to_json() const {
  Json::Array versions;
  for (const PolicyVersion& each : policies)
    versions.push_back(Json::object({{"policy", each.policy}, {"version", each.version}}));
  return Json::object(
      {{"policies", std::move(versions)}, {"resources", Json::Array(resources.begin(), resources.end())}});
}

Grant Grant::from_json(const Json& json) {
  Grant grant;
  for (const Json& each : json["policies"].items())
    grant.policies.push_back({each["policy"].string_or_empty(), each["version"].string_or_empty()});
  for (const Json& each : json["resources"].items()) grant.resources.push_back(each.string_or_empty());
  return grant;
}

}  // namespace capstan
