#include "connect/aws/endpoint_rules.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace capstan::aws {
namespace {

// The variant with exactly the wanted tags, or null.
const Json& variant_of(const Json& level, EndpointVariant wanted) {
  static const Json none;
  for (const Json& variant : level["variants"].items()) {
    bool fips = false, dualstack = false;
    for (const Json& tag : variant["tags"].items()) {
      fips |= tag.string_or_empty() == "fips";
      dualstack |= tag.string_or_empty() == "dualstack";
    }
    if (fips == wanted.fips && dualstack == wanted.dualstack) return variant;
  }
  return none;
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

// Regions become part of a host name.
bool is_region_name(std::string_view region) {
  return !region.empty() && region.size() <= 63 &&
         region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace

Result<std::shared_ptr<const EndpointRules>> EndpointRules::read(Json document, std::string_view file) {
  if (document["partitions"].items().empty()) {
    return fail(ErrorCode::kCorrupt, "partitions: expected a list of partitions", {std::string(file)});
  }
  return std::shared_ptr<const EndpointRules>(new EndpointRules(std::move(document)));
}

const Json& EndpointRules::partition_of(std::string_view region) const {
  const Json::Array& partitions = document_["partitions"].items();
  for (const Json& partition : partitions) {
    if (partition["regions"].contains(region)) return partition;
  }
  for (const Json& partition : partitions) {
    if (RE2::FullMatch(region, RE2(partition["regionRegex"].string_or_empty(), RE2::Quiet))) return partition;
  }
  return partitions.front();
}

bool EndpointRules::is_global(std::string_view endpoint_prefix) const {
  const Json& service = document_["partitions"].items().front()["services"][endpoint_prefix];
  return !service["isRegionalized"].bool_or(true) && service.contains("partitionEndpoint");
}

Result<Endpoint> EndpointRules::resolve(std::string_view endpoint_prefix, std::string_view region,
                                        EndpointVariant variant) const {
  if (!is_region_name(region)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no name of a region", region));
  }
  const Json& partition = partition_of(region);
  const Json& service = partition["services"][endpoint_prefix];
  std::string name(region);
  // A service that is one for all regions answers at its partition's endpoint, where it has one.
  const std::string& global = service["partitionEndpoint"].string_or_empty();
  const bool regional = service["isRegionalized"].bool_or(true) || service["endpoints"].contains(region);
  if (!regional && !global.empty()) name = global;
  const Json& endpoint = service["endpoints"][name];

  const bool plain = !variant.fips && !variant.dualstack;
  std::string host, suffix;
  for (const Json* level : {&endpoint, &service["defaults"], &partition["defaults"]}) {
    const Json& said = plain ? *level : variant_of(*level, variant);
    if (host.empty()) host = said["hostname"].string_or_empty();
    if (suffix.empty()) suffix = said["dnsSuffix"].string_or_empty();
  }
  if (host.empty()) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} has no {}{}{} endpoint in {}", endpoint_prefix, variant.fips ? "FIPS" : "",
                    variant.fips && variant.dualstack ? " and " : "", variant.dualstack ? "dual-stack" : "", region));
  }
  if (suffix.empty()) suffix = partition["dnsSuffix"].string_or_empty();
  replace(host, "{service}", endpoint_prefix);
  replace(host, "{region}", name);
  replace(host, "{dnsSuffix}", suffix);
  const Json& scope = endpoint["credentialScope"];
  const std::string& scope_region = scope["region"].string_or_empty();
  return Endpoint{host, scope_region.empty() ? std::string(region) : scope_region, scope["service"].string_or_empty()};
}

}  // namespace capstan::aws
