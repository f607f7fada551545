// Where a request goes: the region's endpoint or one that the operator names, and S3's buckets in the host or the path.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "connect/aws/service_model.h"
#include "connect/aws/signer.h"

namespace capstan::aws {

// "http://127.0.0.1:5000/base" as an address. Refused are other schemes, credentials, queries and fragments.
Result<RequestAddress> parse_endpoint(std::string_view url);

// Gives the bucket its place, where the service is S3 and the input names one: before the host where its name may stand
// there and `path_style` is not wanted, else at the beginning of the path.
Status place_bucket(const Operation& operation, const Json& input, bool path_style, RequestAddress& address,
                    WireRequest& request);

}  // namespace capstan::aws
