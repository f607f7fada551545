// What an API server says of the forms of its objects: an OpenAPI document for each version of a group, those of custom
// definitions too. Source: kubernetes.io, "The Kubernetes API": OpenAPI V3.
#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "connect/kubernetes/api_transport.h"

namespace capstan::kubernetes {

// By API version ("v1", "apps/v1") where the document is. The address has a hash of the document in it.
using OpenApiIndex = std::map<std::string, std::string, std::less<>>;

// Of "/openapi/v3"; what is no API version is left out.
OpenApiIndex read_open_api_index(const Json& body);

// Thread-safe.
class OpenApiDocuments {
 public:
  explicit OpenApiDocuments(ApiTransport& transport) : transport_(transport) {}

  Result<OpenApiIndex> index(const std::stop_token& stop = {});
  // The text of one, by its address in the index. No larger than 32 MiB.
  Result<std::string> document(const std::string& address, const std::stop_token& stop = {});
  // Whether a version is served, with a document or without.
  Result<bool> serves(const std::string& api_version, const std::stop_token& stop = {});

 private:
  ApiTransport& transport_;
};

}  // namespace capstan::kubernetes
