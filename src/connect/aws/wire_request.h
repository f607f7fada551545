// A request as an operation's protocol writes it: without host, signature and credentials.
#pragma once

#include <string>

#include "base/http_client.h"
#include "base/json.h"
#include "base/result.h"
#include "base/url.h"
#include "connect/aws/service_model.h"

namespace capstan::aws {

struct WireRequest {
  std::string method;
  std::string path;  // Encoded, with a leading slash: "/clusters/a%20b".
  QueryParameters query;
  HttpHeaders headers;
  std::string body;
  std::string host_prefix;  // Goes before the endpoint's host: "123456789012."
};

// `input` has passed check_input. The checksum that an operation demands is among the headers.
Result<WireRequest> write_request(const ServiceModel& model, const Operation& operation, const Json& input);

// The parts of it, one a protocol.
void write_query_body(const ServiceModel& model, const Operation& operation, const Json& input, WireRequest& request);
Status write_rest_parts(const ServiceModel& model, const Operation& operation, const Json& input, WireRequest& request);
std::string write_xml_body(const Member& root, const Json& value, const XmlNamespace& name_space);
// Without what travels elsewhere than in the body.
Json write_json_body(const Shape& shape, const Json& value);

// A text, number, truth value or time as it stands in queries, headers and XML.
std::string scalar_text(const Member& member, const Json& value, TimestampFormat otherwise);

}  // namespace capstan::aws
