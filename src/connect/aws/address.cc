#include "connect/aws/address.h"

#include <algorithm>
#include <cctype>

namespace capstan::aws {
namespace {

bool may_be_in_host(std::string_view bucket) {
  if (bucket.size() < 3 || bucket.size() > 63 || bucket.front() == '-' || bucket.back() == '-') return false;
  // A dot would be one label more than the certificate is for.
  return std::ranges::all_of(bucket, [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '-'; });
}

}  // namespace

Result<RequestAddress> parse_endpoint(std::string_view url) {
  RequestAddress address;
  const size_t colon = url.find("://");
  address.scheme = url.substr(0, colon);
  const bool known = address.scheme == "http" || address.scheme == "https";
  if (colon == std::string_view::npos || !known || url.find_first_of("@?# ") != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument,
                "an endpoint is http(s)://HOST[:PORT][/PATH] without credentials or query");
  }
  url.remove_prefix(colon + 3);
  const size_t slash = url.find('/');
  address.host = url.substr(0, slash);
  if (address.host.empty()) return fail(ErrorCode::kInvalidArgument, "an endpoint needs a host");
  // Clients leave out of the Host header what goes without saying, and it is signed.
  const std::string_view usual = address.scheme == "https" ? ":443" : ":80";
  if (address.host.ends_with(usual)) address.host.resize(address.host.size() - usual.size());
  if (slash != std::string_view::npos) address.base_path = url.substr(slash);
  while (address.base_path.ends_with('/')) address.base_path.pop_back();
  return address;
}

Status place_bucket(const Operation& operation, const Json& input, bool path_style, RequestAddress& address,
                    WireRequest& request) {
  const std::string& bucket = input["Bucket"].string_or_empty();
  if (bucket.empty()) return {};
  if (bucket.starts_with("arn:")) {
    return fail(ErrorCode::kUnimplemented,
                "input.Bucket: access points by their ARN are not known here; name a bucket");
  }
  const std::string in_path = "/" + percent_encode(bucket);
  // Older models have the bucket in the path, newer ones leave it to the endpoint.
  const bool is_there = operation.uri.starts_with("/{Bucket}");
  if (path_style || !may_be_in_host(bucket)) {
    if (!is_there) request.path = in_path + (request.path == "/" ? "" : request.path);
    return {};
  }
  if (is_there) request.path.erase(0, in_path.size());
  if (!request.path.starts_with('/')) request.path.insert(0, "/");
  address.host = bucket + "." + address.host;
  return {};
}

}  // namespace capstan::aws
