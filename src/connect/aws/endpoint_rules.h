// Where a service answers in a region, and for which region a request to it is signed: AWS' endpoints.json.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace capstan::aws {

struct EndpointVariant {
  bool fips = false;
  bool dualstack = false;
};

struct Endpoint {
  std::string host;            // "iam.amazonaws.com"
  std::string signing_region;  // "us-east-1"
  std::string signing_name;    // "" for the model's.
};

// Immutable.
class EndpointRules {
 public:
  static Result<std::shared_ptr<const EndpointRules>> read(Json document, std::string_view file);

  // Regions that the file does not name follow the pattern of their partition: new ones work before the file knows
  // them.
  Result<Endpoint> resolve(std::string_view endpoint_prefix, std::string_view region, EndpointVariant variant) const;

  // Whether the service is one for all regions, so that nobody need name one.
  bool is_global(std::string_view endpoint_prefix) const;

 private:
  explicit EndpointRules(Json document) : document_(std::move(document)) {}
  const Json& partition_of(std::string_view region) const;

  const Json document_;
};

}  // namespace capstan::aws
